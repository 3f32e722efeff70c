//! The text of `manifest.json`: composed once at a save, checked completely at an open.
//!
//! The caller's members are kept as the text they came in, because a parser that rounds the last
//! digit of a float would change a model. The last line carries the checksum of all bytes before
//! it. Format, version and that line stay where they are in every version to come, so that an old
//! reader can tell a newer bundle from a damaged one.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::dtype::DType;
use super::error::Error;
use super::{json, names, npy};

/// What every bundle states about itself.
#[derive(Debug, Deserialize)]
pub(super) struct Heading {
    pub(super) format: String,
    pub(super) version: [u32; 2],
}

/// What the manifest says of one segment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Record {
    pub(super) file: String,
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    /// Bytes of the data, without the header.
    pub(super) bytes: u64,
    /// Checksum of the whole file, header included.
    pub(super) xxh3_128: String,
}

/// The segments of a bundle by their names.
pub(super) type Records = BTreeMap<String, Record>;

/// A manifest whose bytes are those that were written.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) text: String,
    pub(super) heading: Heading,
}

/// Spells a checksum.
pub(super) fn hexadecimal(checksum: u128) -> String {
    format!("{checksum:032x}")
}

/// Checks a caller's description and returns its heading.
pub(super) fn heading(description: &str) -> Result<Heading, Error> {
    json::check(description).map_err(unstorable)?;
    let heading: Heading = serde_json::from_str(description).map_err(|error| {
        unstorable(format!("its description states no format and version: {error}"))
    })?;
    if heading.format.starts_with("fastcluster-") {
        Ok(heading)
    } else {
        Err(unstorable(format!(
            "format must start with \"fastcluster-\", got {:?}",
            heading.format
        )))
    }
}

/// Makes the manifest's text from a checked description and the segments that were written.
pub(super) fn compose(description: &str, records: &Records) -> Result<String, Error> {
    let records =
        serde_json::to_string_pretty(records).map_err(|error| unstorable(error.to_string()))?;
    // Strings in JSON hold no line breaks, so this moves nothing but the margin.
    let records = records.replace('\n', "\n  ");
    let members = description.trim_end();
    let members = members.strip_suffix('}').unwrap_or(members).trim_end();
    let opening = format!("{members},\n  \"segments\": {records}");
    let text = format!("{opening}{}", closing(&opening));
    // Members that clash with ours, or too much text, show here and not at the next load.
    json::check(&text).map_err(unstorable)?;
    Ok(text)
}

/// Checks that a manifest's bytes are those that were written.
pub(super) fn parse(path: &Path, text: String) -> Result<Manifest, Error> {
    check_closing(path, &text)?;
    json::check(&text).map_err(|problem| broken(path, problem))?;
    let heading = serde_json::from_str(&text).map_err(|error| broken(path, error.to_string()))?;
    Ok(Manifest { text, heading })
}

impl Manifest {
    /// Returns the segments, each of which keeps every rule of the format.
    pub(super) fn records(&self, path: &Path) -> Result<Records, Error> {
        #[derive(Deserialize)]
        struct Body {
            segments: Records,
        }
        let body: Body =
            serde_json::from_str(&self.text).map_err(|error| broken(path, error.to_string()))?;
        for (name, record) in &body.segments {
            check_record(name, record)
                .map_err(|problem| broken(path, format!("segment {name:?}: {problem}")))?;
        }
        Ok(body.segments)
    }
}

fn unstorable(problem: String) -> Error {
    Error::Unstorable { problem }
}

fn broken(path: &Path, problem: String) -> Error {
    Error::Manifest { path: path.to_owned(), problem }
}

/// Returns what follows the text that it seals. All of it is fixed by that text.
fn closing(opening: &str) -> String {
    let checksum = hexadecimal(xxh3_128(opening.as_bytes()));
    format!(",\n  \"manifest_xxh3_128\": \"{checksum}\"\n}}\n")
}

fn check_closing(path: &Path, text: &str) -> Result<(), Error> {
    let split = text.len().checked_sub(closing("").len()).and_then(|at| text.split_at_checked(at));
    let (opening, found) = split.unwrap_or(("", text));
    let expected = closing(opening);
    if found == expected {
        return Ok(());
    }
    let checksum = |closing: &str| closing.split('"').nth(3).map(str::to_owned);
    match (checksum(found), checksum(&expected)) {
        (Some(stated), Some(found)) if stated != found => {
            Err(Error::Checksum { path: path.to_owned(), expected: stated, found })
        }
        _ => Err(broken(path, "it does not end in its own checksum, as if cut short".to_owned())),
    }
}

fn check_record(name: &str, record: &Record) -> Result<(), String> {
    if !names::is_segment_name(name) {
        return Err("its name must be letters, digits, '_', '-' and '.'".to_owned());
    }
    if names::segment_generation(&record.file).is_none() {
        return Err(format!("{:?} is no name of a segment's file", record.file));
    }
    match npy::data_bytes(record.dtype, &record.shape) {
        Some(bytes) if bytes == record.bytes => Ok(()),
        Some(bytes) => Err(format!(
            "shape {} of {} takes {bytes} bytes, not {}",
            npy::tuple(&record.shape),
            record.dtype.name(),
            record.bytes
        )),
        None => Err(format!(
            "its shape must have at most {} dimensions and 2^63 bytes, got {}",
            npy::DIMENSIONS_MAX,
            npy::tuple(&record.shape)
        )),
    }
}
