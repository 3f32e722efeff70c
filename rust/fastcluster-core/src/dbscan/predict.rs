//! Labels for new rows.

use super::block::{Block, Form};
use super::predict_tiles;
use super::{NOISE, Near, check_eps};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// The smallest label among those of the core rows within `eps` of each row, [`NOISE`] where there is none: for the rows
/// of the fit their labels (but for rows of zeros under cosine, which are not near themselves here).
///
/// `cores` are the core rows of a fit and `labels` theirs, none of them [`NOISE`]; the metric is that of `points`.
///
/// # Cost
/// At most m·c distances for m rows and c core rows, in 8 bits where that pays: core rows come in the order of their
/// labels, and a row is done with the first label that is near.
///
/// # Errors
/// [`Error::BadEps`], [`Error::LengthMismatch`], [`Error::WidthMismatch`], [`Error::Cancelled`].
pub fn predict(
    points: &Points<'_>,
    cores: &Points<'_>,
    labels: &[i64],
    eps: f64,
    context: &Context<'_>,
) -> Result<Vec<i64>, Error> {
    check_eps(eps)?;
    let (found, expected) = (labels.len(), cores.n_rows());
    if found != expected {
        return Err(Error::LengthMismatch { name: "the labels of core rows", found, expected });
    }
    let (found, expected) = (cores.n_features(), points.n_features());
    if found != expected {
        return Err(Error::WidthMismatch { name: "components_", found, expected });
    }
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    order.sort_by_key(|core| labels[*core as usize]);
    let (largest, of_points) = (cores.largest(), points.largest());
    let points = &points.including(largest, context)?;
    let cores = &cores.including(of_points, context)?;
    let near = Near::new(points, eps);
    let search = Search { points, cores, order: &order, labels, near };
    match Form::common(points, cores) {
        form if form == Form::Entries || !predict_tiles::suit(&search) => {
            search.one_by_one(form, context)
        }
        _ => predict_tiles::labels(&search, context),
    }
}

/// Rows, and core rows in the order of their labels.
pub(super) struct Search<'a, 'p, 'q> {
    pub(super) points: &'a Points<'p>,
    pub(super) cores: &'a Points<'q>,
    pub(super) order: &'a [u32],
    /// By core row.
    pub(super) labels: &'a [i64],
    pub(super) near: Near,
}

impl Search<'_, '_, '_> {
    /// Compares each row with core rows until one is near.
    fn one_by_one(&self, form: Form, context: &Context<'_>) -> Result<Vec<i64>, Error> {
        let Self { points, cores, order, labels, near } = self;
        let mut out = vec![NOISE; points.n_rows()];
        let size = form.rows_per_block(points.n_features());
        let scratch = <(Block, Block)>::default;
        let work = |(rows, columns): &mut (Block, Block), block, out: &mut [i64]| {
            rows.read(points, block_rows(block, size, points.n_rows()), form);
            for some in order.chunks(size) {
                if !out.contains(&NOISE) {
                    break;
                }
                context.observer.check()?;
                columns.read(cores, some.iter().map(|core| *core as usize), form);
                for (one, label) in out.iter_mut().enumerate().filter(|(_, label)| **label == NOISE)
                {
                    let first = (0..some.len()).find(|two| rows.near(one, columns, *two, near));
                    *label = first.map_or(NOISE, |two| labels[some[two] as usize]);
                }
            }
            Ok(())
        };
        context.pool.map_blocks(context.observer, &mut out, size, scratch, work)?;
        Ok(out)
    }
}
