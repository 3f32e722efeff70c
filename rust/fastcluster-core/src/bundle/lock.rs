//! One writer at a time: an advisory lock on a file in the bundle.
//!
//! The system lets go of the lock when its holder ends, however it ends, so a killed writer blocks
//! nobody, and whoever holds the lock knows that every stray file beside it belongs to a writer
//! that is gone.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::error::{self, Error};

/// The file that carries the lock. It stays in the bundle: removing it would let two writers lock
/// two files.
pub(super) const LOCK: &str = "writer.lock";

/// A save takes milliseconds to minutes; a writer that waits this long has met one that hangs.
const WAIT: Duration = Duration::from_mins(10);

const PAUSE: Duration = Duration::from_millis(5);

/// The lock of a bundle's writer, given back when dropped.
#[derive(Debug)]
pub(super) struct WriterLock {
    file: File,
    exclusive: bool,
}

impl WriterLock {
    /// Waits for the lock of the bundle in `directory`, while `keep_waiting` says so.
    pub(super) fn wait(directory: &Path, keep_waiting: &dyn Fn() -> bool) -> Result<Self, Error> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lock) = Self::try_now(directory)? {
                return Ok(lock);
            }
            if waited >= WAIT || !keep_waiting() {
                let path = directory.to_owned();
                return Err(Error::Locked { path, seconds: waited.as_secs() });
            }
            thread::sleep(PAUSE);
            waited += PAUSE;
        }
    }

    /// Takes the lock, or returns `None` where another writer has it, or has removed its file.
    pub(super) fn try_now(directory: &Path) -> Result<Option<Self>, Error> {
        let path = directory.join(LOCK);
        let open = || File::options().create(true).write(true).truncate(false).open(&path);
        open().map_err(error::io("open", &path)).map(|file| Self::take(file, &path))
    }

    /// Takes the lock of an open file.
    pub(super) fn take(file: File, path: &Path) -> Option<Self> {
        let exclusive = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return None,
            // A file system without locks: names are unique per save, so two writers still do each
            // other no harm.
            Err(TryLockError::Error(_)) => false,
        };
        let lock = Self { file, exclusive };
        // Between our opening and locking, a sweep may have locked the file, removed it and let go:
        // then the lock is that of a file which nobody else will ever open.
        path.is_file().then_some(lock)
    }

    /// Says whether no other writer can be at work.
    pub(super) fn is_exclusive(&self) -> bool {
        self.exclusive
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // Closing is not enough: a child that was forked meanwhile shares the open file, and would
        // keep the lock. A failure leaves what closing does.
        drop(self.file.unlock());
    }
}
