//! The one pass through given distances: checked, copied and squared while each row is in cache.

use crate::Error;
use crate::observer::Observer;

/// Fills the condensed distances of `n` rows from `given`, or takes them as they stand where there are none; squares
/// them if asked. Shows each row to `see` afterwards.
///
/// # Errors
/// [`Error::NanDistance`], [`Error::Cancelled`]; some rows are squared by then.
pub(super) fn rows(
    given: Option<&[f64]>,
    (values, n): (&mut [f64], usize),
    is_squared: bool,
    mut see: impl FnMut(&[f64]),
    observer: &Observer,
) -> Result<(), Error> {
    let mut start = 0;
    for one in 0..n - 1 {
        observer.check()?;
        let end = start + n - 1 - one;
        let row = &mut values[start..end];
        if let Some(given) = given {
            row.copy_from_slice(&given[start..end]);
        }
        if is_squared {
            for value in row.iter_mut() {
                *value *= *value;
            }
        }
        // Without an early exit, so that several are looked at at once.
        if row.iter().fold(false, |found, value| found | value.is_nan()) {
            let after = row.iter().take_while(|value| !value.is_nan()).count();
            return Err(Error::NanDistance { one, other: one + 1 + after });
        }
        see(row);
        start = end;
    }
    Ok(())
}
