//! Neighbourhoods that somebody else has found, some rows at a time.

use super::Links;
use crate::{Context, Error};

/// Rows handed on by one thread at a time.
const BLOCK_ROWS: usize = 64;

/// Hands on the pairs of the rows from `first`: row `first + i` has the neighbours `columns[offsets[i]..offsets[i + 1]]`.
///
/// Of each two rows the lower one's neighbourhood decides, so a distance that is not quite symmetric still gives each
/// pair once. Every row of the links comes in one call of a pass.
///
/// # Errors
/// [`Error::BadSparse`] and [`Error::OutOfRange`] where the parts do not fit, [`Error::Cancelled`].
pub fn feed(
    links: &Links,
    first: usize,
    offsets: &[i64],
    columns: &[i64],
    context: &Context<'_>,
) -> Result<(), Error> {
    let end = links.n_rows();
    let rising = offsets.first() == Some(&0) && offsets.windows(2).all(|pair| pair[0] <= pair[1]);
    if !rising || offsets.last().map(|last| usize::try_from(*last)) != Some(Ok(columns.len())) {
        return Err(Error::BadSparse { reason: "offsets must rise from 0 to the entries" });
    }
    let n_rows = offsets.len() - 1;
    let after = first.saturating_add(n_rows);
    if after > end {
        return Err(Error::OutOfRange { name: "rows", found: after - 1, end });
    }
    if let Some(wrong) = columns.iter().find(|column| !(0..end as i64).contains(*column)) {
        return Err(Error::OutOfRange { name: "columns", found: *wrong as usize, end });
    }
    context.pool.map_tasks(
        context.observer,
        n_rows.div_ceil(BLOCK_ROWS),
        || (),
        |(), block| {
            for at in block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(n_rows) {
                let row = (first + at) as u32;
                let near = &columns[offsets[at] as usize..offsets[at + 1] as usize];
                for other in near.iter().map(|column| *column as u32).filter(|other| *other > row) {
                    links.pair(row, other);
                }
            }
            Ok(())
        },
    )?;
    Ok(())
}
