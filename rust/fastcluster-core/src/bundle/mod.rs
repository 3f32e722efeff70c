//! The bundle: the one on-disk format of models, indexes and run stores.
//!
//! # Layout
//! A bundle is a directory. Each array is one `.npy` file, a *segment*, whose data starts at a
//! multiple of 64 bytes, so that any NumPy can map it. `manifest.json` names the format, its
//! version, whatever the caller describes, and each segment's file, dtype, shape, bytes and
//! checksum. Its last line is the checksum of everything before it.
//!
//! ```text
//! model/
//!     manifest.json
//!     writer.lock                                     locked by the writer at work
//!     000002-6b1f0c3a9e52d874-cluster_centers_.npy    generation, token of the save, name
//! ```
//!
//! # Writing
//! A new bundle is built in a temporary sibling directory that is renamed into place. A later save
//! writes its segments beside the old ones under a new generation, and the rename of the manifest
//! is the commit. Everything is synced to the disk before the rename that makes it visible, so a
//! reader finds the old bundle or the new one, wherever the writer stopped. After the commit, what
//! no manifest names any more is removed: only files whose names this module made, and only under
//! the writer's lock.
//!
//! # Reading
//! Nothing in a bundle is trusted: names, sizes, headers and checksums are compared before a caller
//! sees a path. The checksums find accidents; the strict reader is what meets malice. Neither side
//! ever reads or writes a pickle.
//!
//! # Cost
//! A save copies every byte once and hashes it; opening with [`Verify::Everything`] reads every
//! byte once, in blocks of 256 KiB. Memory stays below a few MiB either way.

mod dtype;
mod error;
mod files;
mod json;
mod lock;
mod manifest;
mod names;
mod npy;
mod reader;
mod sweep;
#[cfg(test)]
mod tests;
mod writer;

pub use dtype::DType;
pub use error::Error;
pub use reader::{Bundle, Expected, Verify, open};
pub use writer::{Segment, write};

/// The file that makes a directory a bundle.
const MANIFEST: &str = "manifest.json";

/// Bytes per block that is read or written: it stays in a 1 MiB L2 cache beside its source.
const BLOCK_BYTES: usize = 256 * 1024;
