//! The names of the files in a bundle, made and recognised in one place.
//!
//! Only names that this module can make are ever read or removed, so a manifest cannot lead a
//! reader out of its directory, and a sweep cannot touch a user's file.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process;

/// A segment's name has at most this many bytes, which leaves room for the rest of its file's name.
const NAME_BYTES_MAX: usize = 128;

/// Hexadecimal digits of a save's token.
const TOKEN_DIGITS: usize = 16;

/// Returns sixteen hexadecimal digits that no other save has, be it of another thread, process or
/// machine.
pub(super) fn token() -> String {
    let mut hasher = RandomState::new().build_hasher();
    // A forked child inherits the random state's keys, but not the process's number.
    hasher.write_u32(process::id());
    format!("{:016x}", hasher.finish())
}

/// Says whether a segment may be called so: letters, digits, `_`, `-` and `.`, and no `.` in front.
pub(super) fn is_segment_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(allowed)
}

/// Makes the file name of a segment.
pub(super) fn segment_file(generation: u64, token: &str, name: &str) -> String {
    format!("{generation:06}-{token}-{name}.npy")
}

/// Returns the generation of a segment's file, or `None` where the name is not one of ours.
pub(super) fn segment_generation(file: &str) -> Option<u64> {
    let (generation, rest) = file.split_once('-')?;
    let (token, rest) = rest.split_once('-')?;
    let name = rest.strip_suffix(".npy")?;
    let ours = generation.len() >= 6
        && generation.bytes().all(|byte| byte.is_ascii_digit())
        && is_token(token)
        && is_segment_name(name);
    if ours { generation.parse().ok() } else { None }
}

/// Makes the name under which a manifest is written before its rename.
pub(super) fn manifest_draft(token: &str) -> String {
    format!("manifest-{token}.tmp")
}

/// Says whether a file is a manifest that was not renamed.
pub(super) fn is_manifest_draft(file: &str) -> bool {
    file.strip_prefix("manifest-").and_then(|rest| rest.strip_suffix(".tmp")).is_some_and(is_token)
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
