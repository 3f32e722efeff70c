//! Many small problems at once, one thread each.

use super::{Merge, Method, condensed};
use crate::{Context, Error};

/// Condensed distances of `n` rows, to be used up.
#[derive(Debug)]
pub struct Problem<'a> {
    /// n·(n − 1)/2 of them.
    pub distances: &'a mut [f64],
    /// Rows.
    pub n: usize,
}

/// The dendrogram of each problem, as [`condensed::linkage`] gives it.
///
/// # Errors
/// As [`condensed::linkage`]; where several problems fail, the error of one of them.
pub fn linkage(
    problems: &mut [Problem<'_>],
    method: Method,
    context: &Context<'_>,
) -> Result<Vec<Vec<Merge>>, Error> {
    context.pool.map_blocks(
        context.observer,
        problems,
        1,
        || (),
        |(), _, problem| {
            let problem = &mut problem[0];
            condensed::linkage(problem.distances, problem.n, method, context.observer)
        },
    )
}
