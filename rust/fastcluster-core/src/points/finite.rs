//! NaN and infinity, found before anything else runs.

use fastcluster_kernels::{Level, reduce};

use super::{SUMMARY_ROWS, Values, block_rows};
use crate::{Context, Error};

/// Returns the row and column of the first value that is NaN or infinite.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn first_not_finite(
    values: Values<'_>,
    context: &Context<'_>,
) -> Result<Option<(usize, usize)>, Error> {
    if matches!(values, Values::I8(_) | Values::U8(_)) {
        return Ok(None);
    }
    let (n, d) = values.shape();
    let level = Level::current();
    let found = context.pool.map_tasks(
        context.observer,
        n.div_ceil(SUMMARY_ROWS),
        || (vec![0.0_f32; d], vec![0.0_f64; d]),
        |(single, double), block| {
            Ok(block_rows(block, SUMMARY_ROWS, n).find_map(|row| {
                let finite = if let Values::F32(view) = &values {
                    let view = view.row(row);
                    if let Some(whole) = view.as_slice() {
                        reduce::all_finite(level, whole)
                    } else {
                        values.read_32(row, single);
                        reduce::all_finite(level, single)
                    }
                } else {
                    values.read_64(row, double);
                    reduce::all_finite_64(level, double)
                };
                if finite {
                    return None;
                }
                values.read_64(row, double);
                double.iter().position(|value| !value.is_finite()).map(|column| (row, column))
            }))
        },
    )?;
    Ok(found.into_iter().flatten().next())
}
