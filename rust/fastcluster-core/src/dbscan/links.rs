//! What an engine feeds with pairs of neighbours, whatever is kept of them.

use super::lists::Lists;
use super::passes::{Borders, Sizes, Unions};
use super::weights::Sums;
use super::{Fit, Weights};
use crate::{Context, Error};

/// Bytes that the lists of a single pass may take: beyond, three passes take 24 a row instead.
const LISTS_BYTES_MAX: u64 = 1 << 30;

/// Takes every pair of neighbours once per pass, in any order, from many threads at once; the result is always the same.
///
/// ```
/// use fastcluster_core::dbscan::{Links, Step};
/// use fastcluster_core::{Context, observer::Observer, pool::Pool};
///
/// let (pool, observer) = (Pool::new(1), Observer::default());
/// let context = Context { pool: &pool, observer: &observer };
/// let mut links = Links::new(4, 3, None, None)?;
/// let fit = loop {
///     links.pair(1, 0);
///     links.pair(1, 2);
///     links = match links.advance(&context)? {
///         Step::Again(links) => links,
///         Step::Done(fit) => break fit,
///     };
/// };
/// assert_eq!(fit.labels, [0, 0, 0, -1]);
/// assert_eq!(fit.cores, [false, true, false, false]);
/// # Ok::<(), fastcluster_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Links {
    weights: Weights,
    pass: Pass,
}

#[derive(Debug)]
enum Pass {
    Single(Lists),
    Sizes(Sizes),
    Unions(Unions),
    Borders(Borders),
}

/// What follows a pass.
#[derive(Debug)]
pub enum Step {
    /// Every pair has to come again.
    Again(Links),
    /// The result.
    Done(Fit),
}

impl Links {
    /// `n_rows` rows without neighbours yet; `None` weighs them one each.
    ///
    /// # Errors
    /// [`Error::Zero`], [`Error::LengthMismatch`], and [`Error::Memory`] where `memory_limit` bytes do not suffice for
    /// three passes.
    pub fn new(
        n_rows: usize,
        min_samples: usize,
        sample_weight: Option<&[f64]>,
        memory_limit: Option<u64>,
    ) -> Result<Self, Error> {
        let weights = Weights::new(n_rows, min_samples, sample_weight)?;
        let limit = memory_limit.unwrap_or(u64::MAX);
        let pass = if weights.at_least_one()
            && Lists::bytes(n_rows, min_samples) <= limit.min(LISTS_BYTES_MAX)
        {
            Pass::Single(Lists::new(n_rows, min_samples))
        } else {
            let needed = Self::least_bytes(n_rows);
            if needed > limit {
                return Err(Error::Memory { needed, limit });
            }
            Pass::Sizes(Sizes::new(n_rows))
        };
        Ok(Self { weights, pass })
    }

    /// Bytes that take three passes.
    pub(super) fn least_bytes(n_rows: usize) -> u64 {
        Sums::BYTES * n_rows as u64
    }

    /// Whether no row can be core, whatever pairs come.
    pub(super) fn never_core(&self) -> bool {
        self.weights.never_suffice()
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.weights.n_rows()
    }

    /// Two different rows are neighbours. Each pair comes once in a pass, in either order.
    #[inline]
    pub fn pair(&self, one: u32, other: u32) {
        debug_assert!(one != other, "a row is its own neighbour already");
        match &self.pass {
            Pass::Single(lists) => lists.pair(one, other),
            Pass::Sizes(sizes) => sizes.pair(&self.weights, one, other),
            Pass::Unions(unions) => unions.pair(one, other),
            Pass::Borders(borders) => borders.pair(one, other),
        }
    }

    /// A row and others are neighbours: [`Self::pair`] for each of them.
    #[inline]
    pub fn row(&self, row: u32, others: &[u32]) {
        for other in others {
            self.pair(row, *other);
        }
    }

    /// Whether no pair among these rows can change anything any more in this pass, so that none of them need come.
    ///
    /// Asked with a tile's rows and columns before the tile is computed. A later call may say yes where this one said no.
    pub fn settled(&self, rows: impl Iterator<Item = u32>) -> bool {
        match &self.pass {
            Pass::Single(lists) => lists.settled(rows),
            Pass::Sizes(_) => false,
            Pass::Unions(unions) => unions.settled(rows),
            Pass::Borders(borders) => borders.settled(rows),
        }
    }

    /// The row that speaks for all of these where they are settled: another row is settled with it only if it is settled
    /// with them all. `None` where none of them matters in this pass.
    pub(super) fn speaker(&self, mut rows: impl Iterator<Item = u32>) -> Option<u32> {
        match &self.pass {
            Pass::Unions(unions) => unions.speaker(rows),
            Pass::Single(_) | Pass::Sizes(_) | Pass::Borders(_) => rows.next(),
        }
    }

    /// Ends a pass, when every pair has come.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn advance(self, context: &Context<'_>) -> Result<Step, Error> {
        let Self { weights, pass } = self;
        let pass = match pass {
            Pass::Single(lists) => return lists.finish(&weights, context).map(Step::Done),
            Pass::Sizes(sizes) => Pass::Unions(Unions::new(sizes.cores(&weights))),
            Pass::Unions(unions) => match unions.finish() {
                Ok(borders) => Pass::Borders(borders),
                Err(fit) => return Ok(Step::Done(fit)),
            },
            Pass::Borders(borders) => return Ok(Step::Done(borders.finish())),
        };
        Ok(Step::Again(Self { weights, pass }))
    }
}
