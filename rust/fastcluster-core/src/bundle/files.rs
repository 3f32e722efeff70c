//! One segment's file, and the manifest's: written whole and synced, or read and compared in
//! blocks.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use super::dtype::DType;
use super::error::{self, Error};
use super::manifest::{self, Record};
use super::{BLOCK_BYTES, json, npy};

/// Writes a new file, syncs it and returns the checksum of its bytes.
///
/// Each block is copied before it is hashed and written: the bytes may belong to an array that
/// another thread of the caller changes meanwhile, and the checksum must be that of what was
/// written.
pub(super) fn write_new(path: &Path, parts: &[&[u8]]) -> Result<u128, Error> {
    let create = || File::options().write(true).create_new(true).open(path);
    let mut file = create().map_err(error::io("create", path))?;
    let mut hash = Xxh3::new();
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    for source in parts.iter().flat_map(|part| part.chunks(BLOCK_BYTES)) {
        block.clear();
        block.extend_from_slice(source);
        hash.update(&block);
        file.write_all(&block).map_err(error::io("write", path))?;
    }
    file.sync_all().map_err(error::io("sync", path))?;
    Ok(hash.digest128())
}

/// Makes the names in a directory as durable as the files themselves.
#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> Result<(), Error> {
    match File::open(path).and_then(|directory| directory.sync_all()) {
        // A directory that may be written but not read cannot be opened, and some file systems sync
        // no directories.
        Err(refusal)
            if matches!(
                refusal.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result.map_err(error::io("sync", path)),
    }
}

/// Does nothing: other systems have no way to sync a directory.
#[cfg(not(unix))]
pub(super) fn sync_directory(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// Reads a manifest, or returns `None` where there is none.
pub(super) fn read_manifest(path: &Path) -> Result<Option<String>, Error> {
    let Some(file) = open_plain(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    let limit = json::BYTES_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(error::io("read", path))?;
    let broken = |problem: String| Error::Manifest { path: path.to_owned(), problem };
    if bytes.len() > json::BYTES_MAX {
        return Err(broken(format!("it is longer than {} bytes", json::BYTES_MAX)));
    }
    String::from_utf8(bytes).map(Some).map_err(|error| broken(error.to_string()))
}

/// Compares a segment's length and header with its record, and all its bytes with its checksum
/// where `every_byte` says so.
///
/// `on_data` receives the data after the header, block by block, when every byte is read.
pub(super) fn check_segment(
    path: &Path,
    record: &Record,
    every_byte: bool,
    mut on_data: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let Some(mut file) = open_plain(path)? else {
        return Err(Error::Missing { path: path.to_owned() });
    };
    let header = npy::header(record.dtype, &record.shape);
    let expected = header.len() as u64 + record.bytes;
    let found = file.metadata().map_err(error::io("inspect", path))?.len();
    if found != expected {
        return Err(Error::Length { path: path.to_owned(), expected, found });
    }
    let mut start = vec![0; header.len()];
    file.read_exact(&mut start).map_err(error::io("read", path))?;
    if start != header {
        let shape = npy::tuple(&record.shape);
        let expected = format!("dtype {} and shape {shape}", record.dtype.descr());
        return Err(Error::Header { path: path.to_owned(), expected });
    }
    if !every_byte {
        return Ok(());
    }

    let mut hash = Xxh3::new();
    hash.update(&header);
    let mut odd_boolean = None;
    let mut block = vec![0; BLOCK_BYTES];
    let mut left = file.take(record.bytes);
    loop {
        let n_bytes = match left.read(&mut block) {
            Ok(0) => break,
            Ok(n_bytes) => n_bytes,
            Err(refusal) if refusal.kind() == io::ErrorKind::Interrupted => continue,
            Err(refusal) => return Err(error::io("read", path)(refusal)),
        };
        let data = &block[..n_bytes];
        hash.update(data);
        if record.dtype == DType::Bool && odd_boolean.is_none() {
            odd_boolean = data.iter().copied().find(|&byte| byte > 1);
        }
        on_data(data);
    }
    let found = manifest::hexadecimal(hash.digest128());
    if found != record.xxh3_128 {
        let expected = record.xxh3_128.clone();
        return Err(Error::Checksum { path: path.to_owned(), expected, found });
    }
    // Last, because damage is the likelier cause of an odd byte than a writer that stored one.
    odd_boolean.map_or(Ok(()), |found| Err(Error::Boolean { path: path.to_owned(), found }))
}

/// Opens a plain file for reading; a link, a directory or a pipe is refused, and `None` says that
/// nothing is there.
fn open_plain(path: &Path) -> Result<Option<File>, Error> {
    let opened = fs::symlink_metadata(path)
        .and_then(|found| found.is_file().then(|| File::open(path)).transpose());
    match opened {
        Ok(Some(file)) => Ok(Some(file)),
        Ok(None) => Err(Error::NotAFile { path: path.to_owned() }),
        Err(refusal) if refusal.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(refusal) => Err(error::io("open", path)(refusal)),
    }
}
