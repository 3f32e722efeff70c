//! What can be wrong with a bundle, as data; the sentence is made once, here.

use std::io;
use std::path::{Path, PathBuf};

/// Why a bundle could not be written or opened.
///
/// [`Error::Io`] is the system's refusal; every other variant says that the bundle, or what was
/// asked to be stored, breaks a rule of the format.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The path to read holds something else.
    #[error(
        "{} is not a bundle: it is {found}\nhint: pass the directory that save() wrote",
        .path.display()
    )]
    NotABundle {
        /// The path that was given.
        path: PathBuf,
        /// What is there instead.
        found: &'static str,
    },
    /// The path to write holds something that is not ours to replace.
    #[error(
        "{} is {found}, and a save replaces only bundles\n\
         hint: choose another path, or move what is there away",
        .path.display()
    )]
    Occupied {
        /// The path that was given.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// The path ends in no name, as `/` does.
    #[error(
        "{} names no directory that could be written\nhint: pass a path that ends in a name",
        .path.display()
    )]
    Unnamed {
        /// The path that was given.
        path: PathBuf,
    },
    /// Another writer holds the bundle.
    #[error(
        "{} has been locked by another writer for {seconds} seconds\n\
         hint: try again when it is done, or save to another path",
        .path.display()
    )]
    Locked {
        /// The bundle.
        path: PathBuf,
        /// How long this writer waited.
        seconds: u64,
    },
    /// It is a bundle of another kind.
    #[error(
        "{} is a bundle of format {found:?}, expected {expected:?}\n\
         hint: use the class that wrote it",
        .path.display()
    )]
    Format {
        /// The bundle.
        path: PathBuf,
        /// The kind that was asked for.
        expected: String,
        /// The kind that is there.
        found: String,
    },
    /// Its major version is not the one this library reads.
    #[error(
        "{} has version {}.{} of its format, and this library reads version {supported}.x\n\
         hint: {}",
        .path.display(), .found[0], .found[1], version_hint(.found[0], *.supported)
    )]
    Version {
        /// The bundle.
        path: PathBuf,
        /// The version that is there, major and minor.
        found: [u32; 2],
        /// The major version that this library reads.
        supported: u32,
    },
    /// The manifest breaks a rule of the format.
    #[error("{} breaks the format: {problem}\nhint: {RESTORE}", .path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The rule and the value.
        problem: String,
    },
    /// What the caller asked to store breaks a rule of the format.
    #[error("cannot store this bundle: {problem}")]
    Unstorable {
        /// The rule and the value.
        problem: String,
    },
    /// A segment that the manifest names is not there.
    #[error("{} is missing, and the manifest names it\nhint: {RESTORE}", .path.display())]
    Missing {
        /// The segment.
        path: PathBuf,
    },
    /// A segment is not a plain file.
    #[error(
        "{} is not a plain file\nhint: copy the bundle with its files in place of links",
        .path.display()
    )]
    NotAFile {
        /// The segment or the manifest.
        path: PathBuf,
    },
    /// A segment is shorter or longer than its manifest says.
    #[error("{} is {} bytes long, expected {expected}: it was {}\nhint: {RESTORE}",
        .path.display(), .found, if found < expected { "cut short" } else { "added to" })]
    Length {
        /// The segment.
        path: PathBuf,
        /// Bytes according to the manifest.
        expected: u64,
        /// Bytes on the disk.
        found: u64,
    },
    /// A segment's header states another dtype, shape or order than the manifest.
    #[error("{} has a header that does not say {expected}\nhint: {RESTORE}", .path.display())]
    Header {
        /// The segment.
        path: PathBuf,
        /// The dtype and shape according to the manifest.
        expected: String,
    },
    /// A boolean segment holds a byte other than 0 and 1.
    #[error(
        "{} holds the byte {found} as a boolean, expected 0 or 1\nhint: {RESTORE}",
        .path.display()
    )]
    Boolean {
        /// The segment.
        path: PathBuf,
        /// The byte.
        found: u8,
    },
    /// The bytes are not those that were written.
    #[error(
        "{} is damaged: its checksum is {found}, expected {expected}\nhint: {RESTORE}",
        .path.display()
    )]
    Checksum {
        /// The segment or the manifest.
        path: PathBuf,
        /// The checksum that was written, in hexadecimal.
        expected: String,
        /// The checksum of the bytes that are there.
        found: String,
    },
}

const RESTORE: &str = "restore the bundle from a copy, or save it again";

fn version_hint(found: u32, supported: u32) -> &'static str {
    if found > supported {
        "a newer fastcluster wrote it: upgrade with pip install -U fastcluster-rs"
    } else {
        "no release of fastcluster wrote this version: the bundle was made by something else"
    }
}

/// Returns a function that turns the system's error into ours, for `map_err`.
pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { action, path: path.to_owned(), source }
}
