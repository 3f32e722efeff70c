//! The header of a `.npy` file.
//!
//! A writer has some freedom in how a header is spelled. We spell it one way, so a reader needs no
//! parser: it makes the header that the manifest calls for and compares bytes.
//!
//! # Source
//! NumPy enhancement proposal 1, "A Simple File Format for NumPy Arrays", version 1.0 of the
//! format.

use super::dtype::DType;

/// Segments have at most this many dimensions, which keeps every header within version 1.0's
/// two-byte length.
pub(super) const DIMENSIONS_MAX: usize = 8;

/// The data starts at a multiple of this many bytes: a cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// Returns the header of a C-ordered array, padded so that the data that follows is aligned.
pub(super) fn header(dtype: DType, shape: &[u64]) -> Vec<u8> {
    debug_assert!(shape.len() <= DIMENSIONS_MAX);
    let dictionary = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
        dtype.descr(),
        tuple(shape)
    );
    let unpadded = MAGIC.len() + 2 + dictionary.len() + 1;
    let total = unpadded.next_multiple_of(ALIGNMENT);
    // Eight dimensions of twenty digits make a dictionary of less than 300 bytes.
    let length = (total - MAGIC.len() - 2) as u16;

    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(dictionary.as_bytes());
    bytes.resize(total - 1, b' ');
    bytes.push(b'\n');
    bytes
}

/// Returns the bytes of an array's data, or `None` where a shape has too many dimensions or is too
/// large for any array.
///
/// A dimension of zero does not excuse the others: NumPy refuses a shape whose other dimensions
/// overflow.
pub(super) fn data_bytes(dtype: DType, shape: &[u64]) -> Option<u64> {
    if shape.len() > DIMENSIONS_MAX {
        return None;
    }
    let full = shape
        .iter()
        .try_fold(dtype.item_bytes(), |bytes, &length| bytes.checked_mul(length.max(1)))
        .filter(|&bytes| i64::try_from(bytes).is_ok())?;
    Some(if shape.contains(&0) { 0 } else { full })
}

/// Spells a shape as a Python tuple.
pub(super) fn tuple(shape: &[u64]) -> String {
    match shape {
        [length] => format!("({length},)"),
        _ => format!("({})", shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    }
}
