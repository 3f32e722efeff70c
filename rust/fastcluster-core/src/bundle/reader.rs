//! Opening a bundle: nothing in it is believed before it was compared.

use std::fs;
use std::path::{Path, PathBuf};

use super::dtype::DType;
use super::error::{self, Error};
use super::manifest::{self, Manifest, Records};
use super::{MANIFEST, files};

/// How often a bundle may be replaced under a reader before the reader gives up.
const REPLACEMENTS_MAX: u32 = 100;

/// What the caller can read.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The bundle's kind, `fastcluster-model` for instance.
    pub format: &'a str,
    /// The highest version that is known, major and minor. A higher minor version only adds, so it
    /// is read too.
    pub version: [u32; 2],
}

/// How much is compared when a bundle is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verify {
    /// Each byte of each segment, by its checksum.
    Everything,
    /// The manifest's checksum, and each segment's length and header: fast for bundles that are
    /// larger than memory.
    Headers,
}

/// A bundle that was checked.
#[derive(Debug)]
pub struct Bundle {
    directory: PathBuf,
    manifest: Manifest,
    records: Records,
}

/// Opens the bundle at `path` and checks it.
///
/// A bundle that is replaced meanwhile is opened as the old one or the new one, never as a mixture.
///
/// # Errors
/// [`Error::Io`] where the system refuses (a path that does not exist, for instance), any other
/// variant where the bundle breaks a rule; see [`Error`].
pub fn open(path: &Path, expected: Expected<'_>, verify: Verify) -> Result<Bundle, Error> {
    let mut bundle = read(path, expected)?;
    for _ in 0..REPLACEMENTS_MAX {
        match bundle.check(verify) {
            Err(Error::Missing { path: missing }) => {
                let newer = read(path, expected)?;
                if newer.manifest.text == bundle.manifest.text {
                    return Err(Error::Missing { path: missing });
                }
                bundle = newer;
            }
            result => return result.map(|()| bundle),
        }
    }
    bundle.check(verify).map(|()| bundle)
}

/// Reads and checks the manifest alone.
fn read(path: &Path, expected: Expected<'_>) -> Result<Bundle, Error> {
    let found = fs::metadata(path).map_err(error::io("open", path))?;
    let not_a_bundle = |found| Error::NotABundle { path: path.to_owned(), found };
    if !found.is_dir() {
        return Err(not_a_bundle("a file"));
    }
    let file = path.join(MANIFEST);
    let text = files::read_manifest(&file)?
        .ok_or_else(|| not_a_bundle("a directory without manifest.json"))?;
    let manifest = manifest::parse(&file, text)?;
    check_heading(path, &manifest, expected)?;
    let records = manifest.records(&file)?;
    Ok(Bundle { directory: path.to_owned(), manifest, records })
}

fn check_heading(path: &Path, manifest: &Manifest, expected: Expected<'_>) -> Result<(), Error> {
    let heading = &manifest.heading;
    if heading.format != expected.format {
        return Err(Error::Format {
            path: path.to_owned(),
            expected: expected.format.to_owned(),
            found: heading.format.clone(),
        });
    }
    if heading.version[0] != expected.version[0] {
        return Err(Error::Version {
            path: path.to_owned(),
            found: heading.version,
            supported: expected.version[0],
        });
    }
    Ok(())
}

impl Bundle {
    /// The manifest's JSON, as it is on the disk.
    pub fn manifest(&self) -> &str {
        &self.manifest.text
    }

    /// The segments in the order of their names: name, dtype, shape.
    pub fn segments(&self) -> impl Iterator<Item = (&str, DType, &[u64])> {
        self.records.iter().map(|(name, record)| (name.as_str(), record.dtype, &record.shape[..]))
    }

    /// The file of a segment, if the bundle has one of that name.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.records.get(name).map(|record| self.directory.join(&record.file))
    }

    /// Reads a segment's data and compares its checksum: little-endian elements in C order.
    ///
    /// Returns `None` where the bundle has no segment of that name.
    ///
    /// # Errors
    /// As [`open`]; [`Error::Missing`] too where the bundle was replaced since.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(record) = self.records.get(name) else { return Ok(None) };
        let path = self.directory.join(&record.file);
        // Grown as bytes arrive: the record may promise more than there is.
        let mut data = Vec::new();
        files::check_segment(&path, record, true, |block| data.extend_from_slice(block))?;
        Ok(Some(data))
    }

    fn check(&self, verify: Verify) -> Result<(), Error> {
        self.records.values().try_for_each(|record| {
            let path = self.directory.join(&record.file);
            files::check_segment(&path, record, verify == Verify::Everything, |_| ())
        })
    }
}
