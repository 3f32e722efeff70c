//! Saving a bundle so that it is there whole or not at all.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::dtype::DType;
use super::error::{self, Error};
use super::lock::{LOCK, WriterLock};
use super::manifest::{self, Record, Records};
use super::{MANIFEST, files, names, npy, sweep};

/// How often the place of a bundle may change under a writer before it gives up.
const ATTEMPTS: u32 = 16;

/// One array to store.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Letters, digits, `_`, `-` and `.`; unique in the bundle, also where case does not count.
    pub name: &'a str,
    /// The type of the elements.
    pub dtype: DType,
    /// Up to eight dimensions.
    pub shape: &'a [u64],
    /// The elements, little-endian, in C order.
    pub data: &'a [u8],
}

/// Writes a bundle at `path`, or replaces the one that is there.
///
/// `description` is a JSON object with at least `format` (it starts with `fastcluster-`) and
/// `version` ([major, minor]); its text goes into the manifest as it is. Readers that have the old
/// bundle open keep what they have. A writer that is stopped at any moment leaves the old bundle or
/// the new one. A second writer waits for the first while `keep_waiting`, called every few
/// milliseconds, says so; after ten minutes it gives up.
///
/// # Errors
/// [`Error::Unstorable`] before anything is touched, [`Error::Occupied`] and [`Error::Format`]
/// where something is in the way that is not a bundle of this kind, [`Error::Io`] where the system
/// refuses; then what was written is removed.
pub fn write(
    path: &Path,
    description: &str,
    segments: &[Segment<'_>],
    keep_waiting: &dyn Fn() -> bool,
) -> Result<(), Error> {
    let save = Save::checked(description, segments)?;
    let place = Place::resolve(path)?;
    sweep::siblings(&place.parent, &place.name);
    for _ in 0..ATTEMPTS {
        let done = match place.occupant(&save.format)? {
            Occupant::Nothing => save.create(&place)?,
            Occupant::Ours => save.replace(&place, keep_waiting)?,
        };
        if done {
            return Ok(());
        }
    }
    Err(error::io("write", path)(io::Error::other(
        "its directory is created and removed all the time",
    )))
}

/// A save whose parts keep the rules of the format.
struct Save<'a> {
    format: String,
    description: &'a str,
    segments: &'a [Segment<'a>],
    token: String,
}

impl<'a> Save<'a> {
    fn checked(description: &'a str, segments: &'a [Segment<'a>]) -> Result<Self, Error> {
        let format = manifest::heading(description)?.format;
        let mut seen = BTreeSet::new();
        for segment in segments {
            let unstorable = |problem: &str| Error::Unstorable {
                problem: format!("segment {:?} {problem}", segment.name),
            };
            if !names::is_segment_name(segment.name) {
                return Err(unstorable("must be named in letters, digits, '_', '-' and '.'"));
            }
            if !seen.insert(segment.name.to_ascii_lowercase()) {
                return Err(unstorable("occurs twice"));
            }
            match npy::data_bytes(segment.dtype, segment.shape) {
                Some(bytes) if bytes == segment.data.len() as u64 => (),
                _ => {
                    return Err(unstorable(
                        "has data of another length than its shape takes, or over 8 dimensions",
                    ));
                }
            }
        }
        Ok(Self { format, description, segments, token: names::token() })
    }

    /// Builds the bundle beside its place and moves it there; says false where another writer was
    /// faster.
    fn create(&self, place: &Place) -> Result<bool, Error> {
        let building = place.sibling(&self.token)?;
        let Some(_lock) = lock_new(&building.0)? else { return Ok(false) };
        self.fill(&building.0, 1)?;
        match fs::rename(&building.0, place.path()) {
            Err(refusal) if is_taken(&refusal) => return Ok(false),
            result => result.map_err(error::io("write", &place.path()))?,
        }
        files::sync_directory(&place.parent)?;
        Ok(true)
    }

    /// Adds a generation to the bundle that is there; says false where it went away.
    fn replace(&self, place: &Place, keep_waiting: &dyn Fn() -> bool) -> Result<bool, Error> {
        let directory = place.path();
        let lock = match WriterLock::wait(&directory, keep_waiting) {
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(false);
            }
            lock => lock?,
        };
        let files: Vec<String> = sweep::entries(&directory).map(|(file, _)| file).collect();
        let newest = files.iter().filter_map(|file| names::segment_generation(file)).max();
        self.fill(&directory, newest.unwrap_or(0).saturating_add(1))?;
        // Without a lock another writer's files may be among the strays; those that were there
        // before are not new.
        let is_stray = |file: &str| lock.is_exclusive() || files.iter().any(|old| old == file);
        sweep::strays(&directory, |file| file.contains(&self.token) || !is_stray(file));
        Ok(true)
    }

    /// Writes the segments and the manifest into a directory; the manifest's rename is the commit.
    fn fill(&self, directory: &Path, generation: u64) -> Result<(), Error> {
        let mut unfinished = Unfinished(Vec::new());
        let mut create = |file: &str, parts: &[&[u8]]| {
            let path = directory.join(file);
            unfinished.0.push(path.clone());
            files::write_new(&path, parts)
        };
        let mut records = Records::new();
        for segment in self.segments {
            let file = names::segment_file(generation, &self.token, segment.name);
            let header = npy::header(segment.dtype, segment.shape);
            let checksum = create(&file, &[&header, segment.data])?;
            let record = Record {
                file,
                dtype: segment.dtype,
                shape: segment.shape.to_vec(),
                bytes: segment.data.len() as u64,
                xxh3_128: manifest::hexadecimal(checksum),
            };
            records.insert(segment.name.to_owned(), record);
        }
        let draft = names::manifest_draft(&self.token);
        create(&draft, &[manifest::compose(self.description, &records)?.as_bytes()])?;
        files::sync_directory(directory)?;
        let path = directory.join(MANIFEST);
        fs::rename(directory.join(draft), &path).map_err(error::io("write", &path))?;
        unfinished.0.clear();
        files::sync_directory(directory)
    }
}

/// The files of a save that is not committed; removed when dropped.
struct Unfinished(Vec<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        for path in &self.0 {
            // What cannot be removed now is a stray that the next save removes.
            drop(fs::remove_file(path));
        }
    }
}

/// A bundle that is being built. Dropping removes it, unless it was moved to its place.
struct Sibling(PathBuf);

impl Drop for Sibling {
    fn drop(&mut self) {
        // After the move there is nothing of this name. What cannot be removed now, the next save
        // removes.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Where a bundle is to be.
struct Place {
    parent: PathBuf,
    name: OsString,
}

/// What is at a bundle's place, if a bundle may go there.
enum Occupant {
    Nothing,
    /// A bundle of the same format, damaged or not, or a directory with nothing in it but what an
    /// unfinished save left.
    Ours,
}

impl Place {
    fn resolve(path: &Path) -> Result<Self, Error> {
        // A link to a bundle stays, and the bundle it leads to is replaced.
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(refusal) if refusal.kind() == io::ErrorKind::NotFound => {
                std::path::absolute(path).map_err(error::io("write", path))?
            }
            Err(refusal) => return Err(error::io("write", path)(refusal)),
        };
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => {
                Ok(Self { parent: parent.to_owned(), name: name.to_owned() })
            }
            _ => Err(Error::Unnamed { path }),
        }
    }

    fn path(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// Creates a temporary directory beside the place, on the same file system.
    fn sibling(&self, token: &str) -> Result<Sibling, Error> {
        let path = self.parent.join(sweep::sibling_name(&self.name, token));
        fs::create_dir(&path).map_err(error::io("write", &self.path()))?;
        Ok(Sibling(path))
    }

    fn occupant(&self, format: &str) -> Result<Occupant, Error> {
        let path = self.path();
        match fs::metadata(&path) {
            Err(refusal) if refusal.kind() == io::ErrorKind::NotFound => {
                return Ok(Occupant::Nothing);
            }
            Err(refusal) => return Err(error::io("open", &path)(refusal)),
            Ok(found) if !found.is_dir() => return Err(Error::Occupied { path, found: "a file" }),
            Ok(_) => (),
        }
        let file = path.join(MANIFEST);
        let found = match files::read_manifest(&file) {
            Ok(Some(text)) => text,
            Ok(None) if is_unfinished(&path)? => return Ok(Occupant::Ours),
            Ok(None) => {
                return Err(Error::Occupied { path, found: "a directory with other files" });
            }
            Err(Error::Io { action, path, source }) => {
                return Err(Error::Io { action, path, source });
            }
            Err(_) => String::new(),
        };
        match manifest::parse(&file, found.clone()).map(|manifest| manifest.heading.format) {
            Ok(found) if found == format => Ok(Occupant::Ours),
            Ok(found) => Err(Error::Format { path, expected: format.to_owned(), found }),
            // Saving anew is the way out of a damaged bundle, so enough of a manifest to know it by
            // is enough.
            Err(_) if found.contains(&format!("\"{format}\"")) => Ok(Occupant::Ours),
            Err(_) => {
                Err(Error::Occupied { path, found: "a directory whose manifest.json is not ours" })
            }
        }
    }
}

/// Says whether a directory holds nothing but what a save into it can have left behind.
fn is_unfinished(directory: &Path) -> Result<bool, Error> {
    let refused = |refusal| error::io("list", directory)(refusal);
    for entry in fs::read_dir(directory).map_err(refused)? {
        let name = entry.map_err(error::io("list", directory))?.file_name();
        let ours = name.to_str().is_some_and(|file| {
            file == LOCK
                || names::segment_generation(file).is_some()
                || names::is_manifest_draft(file)
        });
        if !ours {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Locks a directory that was just created; `None` where a sweep of another writer took it for
/// abandoned.
fn lock_new(directory: &Path) -> Result<Option<WriterLock>, Error> {
    match WriterLock::try_now(directory) {
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result,
    }
}

fn is_taken(refusal: &io::Error) -> bool {
    matches!(
        refusal.kind(),
        io::ErrorKind::AlreadyExists
            | io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::NotADirectory
    )
}
