//! What the bundle promises, tried on small bundles: everything that was written comes back, and
//! nothing else does.
//!
//! Killing a writer and filling a disk need processes and limits, so those tests are in
//! `tests/test_bundle_processes.py`.

mod damage;
mod hostile;
mod round_trip;
mod saving;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Bundle, DType, Error, Expected, Segment, Verify, open};

const EXPECTED: Expected<'static> = Expected { format: "fastcluster-model", version: [1, 0] };
const DESCRIPTION: &str =
    r#"{"format": "fastcluster-model", "version": [1, 0], "note": "ä", "tol": 0.1}"#;

/// A directory for one test, and the path of a bundle in it.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model");
    (directory, path)
}

fn write(path: &Path, description: &str, segments: &[Segment<'_>]) -> Result<(), Error> {
    super::write(path, description, segments, &|| true)
}

/// Writes a bundle of two segments whose bytes are `seed` and its successors.
fn save(path: &Path, seed: u8) -> Result<(), Error> {
    let bytes: Vec<u8> = (0..48).map(|at: u8| seed.wrapping_add(at)).collect();
    let centers = Segment { name: "centers", dtype: DType::F32, shape: &[4, 3], data: &bytes };
    let flags = Segment { name: "flags", dtype: DType::Bool, shape: &[3], data: &[1, 0, 1] };
    write(path, DESCRIPTION, &[centers, flags])
}

fn load(path: &Path) -> Result<Bundle, Error> {
    open(path, EXPECTED, Verify::Everything)
}

/// The first byte of the centers, which tells the saves of a test apart.
fn seed_of(path: &Path) -> u8 {
    load(path).unwrap().read("centers").unwrap().unwrap()[0]
}

/// The names of the files in a directory, sorted.
fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
