//! Removing what saves that ended early, and generations that were replaced, have left.
//!
//! All of it is done as well as it goes: what cannot be removed now (a file that another system
//! keeps open) is removed by a later save. Only files with names that this module makes are
//! touched.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::lock::{LOCK, WriterLock};
use super::{MANIFEST, names};

/// The end of the name of a temporary sibling directory.
const SIBLING_END: &str = ".tmp";

/// Makes the name of the directory in which the bundle called `name` is built.
pub(super) fn sibling_name(name: &OsStr, token: &str) -> String {
    format!("{}{token}{SIBLING_END}", sibling_start(name))
}

/// A hash, because the bundle's own name may be as long as the file system allows.
fn sibling_start(name: &OsStr) -> String {
    format!(".fastcluster-{:016x}-", xxh3_64(name.as_encoded_bytes()))
}

/// Removes the temporary siblings of the bundle called `name` whose writers are gone.
pub(super) fn siblings(parent: &Path, name: &OsStr) {
    let start = sibling_start(name);
    for (file, path) in entries(parent) {
        if file.starts_with(&start) && file.ends_with(SIBLING_END) {
            remove_if_abandoned(&path);
        }
    }
}

/// Removes every file of ours in a bundle that `keep` does not name. The caller holds the writer's
/// lock.
pub(super) fn strays(directory: &Path, keep: impl Fn(&str) -> bool) {
    for (file, path) in entries(directory) {
        let ours = names::segment_generation(&file).is_some() || names::is_manifest_draft(&file);
        if ours && !keep(&file) {
            ignore(fs::remove_file(path));
        }
    }
}

/// Lists the files of a directory whose names are text.
pub(super) fn entries(directory: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    fs::read_dir(directory).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some((name, entry.path()))
    })
}

fn remove_if_abandoned(directory: &Path) {
    // Without its lock file it is empty, or of a writer that is about to lock it and will find it
    // gone.
    if fs::remove_dir(directory).is_ok() || !directory.join(LOCK).is_file() {
        return;
    }
    let Ok(Some(lock)) = WriterLock::try_now(directory) else { return };
    if lock.is_exclusive() {
        strays(directory, |_| false);
        ignore(fs::remove_file(directory.join(MANIFEST)));
        ignore(fs::remove_file(directory.join(LOCK)));
        drop(lock);
        ignore(fs::remove_dir(directory));
    }
}

fn ignore(_: std::io::Result<()>) {}
