//! Approximate k-means for thousands of clusters: a tree of two levels, then Lloyd's iterations in which a row is compared
//! only with the centers near its own.
//!
//! # Steps
//! 1. `tree`: about √k coarse clusters from a sample; in each, its share of the k fine clusters.
//! 2. `lists`, `restricted`, `refine`: a few Lloyd iterations over all rows, each row against a few hundred centers;
//!    which ones is found anew in every iteration.
//! 3. One exact pass: the published labels are the nearest centers, as in every other fit.
//! 4. `gap`: on a sample of rows, what the restricted search misses.
//!
//! Only the centers are approximate, in that they come from restricted labels.
//!
//! # Cost
//! O(n·√k·d) for the tree, O(n·l·d) for each refinement with lists of l centers, n·k·d for the exact pass: about that of
//! two or three flat iterations for thousands of clusters, and no seeding. 4 bytes a row more than a flat fit that keeps
//! no 8-bit form, and copies of the rows of a coarse cluster in each thread.
//!
//! # Source
//! Nistér and Stewénius, "Scalable recognition with a vocabulary tree", 2006, doi:10.1109/CVPR.2006.264, for the tree;
//! Philbin et al., 2007, doi:10.1109/CVPR.2007.383172, for Lloyd's iterations with an approximate search. That the
//! candidates are the neighbours of the current center is Wang et al., "Fast approximate k-means via cluster closures",
//! 2012, doi:10.1109/CVPR.2012.6248034, there closed over rows, here over centers.

mod gap;
mod lists;
mod order;
mod refine;
mod restricted;
mod shares;
mod tree;
mod values;

pub use gap::Gap;
pub use refine::{Refined, refine};

use fastcluster_kernels::Level;

use super::inertia::{inertia, labels, shift_to_caller, to_caller};
use super::{Fit, Init, IterationRecord, Params, Stop, check_weights, lloyd};
use crate::assign::{Exact, Pass, RowState};
use crate::centers::Centers;
use crate::filter::Filter;
use crate::observer::Event;
use crate::points::Points;
use crate::rng::Stream;
use crate::{Context, Error};
use gap::Checked;
use lists::Lists;
use refine::Refinement;
use tree::{COARSE_ROWS, Planting, Tree, coarse_count};

/// Nearest centers of each center that the rows of its group are compared with. With half of them about twice as many
/// rows are mislabelled; twice as many take a seventh more time in all and mislabel a fifth to a half fewer (measured).
const N_NEIGHBORS: usize = 64;

/// Refinements at most: the last lowers the inertia by 0.02 % on drawn vectors, by 0.2 % on token embeddings (measured).
const REFINEMENTS: usize = 8;

/// With no more clusters than this, lists would hold most centers: the flat algorithm is as fast, and exact.
pub const FLAT_CLUSTERS: usize = 256;

/// Uses of random numbers, kept apart under one seed and from those of the seeding.
#[derive(Clone, Copy)]
enum Use {
    Sample = 0,
    Coarse = 1,
    FineSample = 2,
    Fine = 3,
    Groups = 4,
    Check = 5,
}

/// The random numbers of one run.
#[derive(Clone, Copy)]
struct Seeds {
    seed: u64,
    run: usize,
}

impl Seeds {
    const USES: u64 = 8;
    /// Above the tasks of the seeding.
    const FIRST: u64 = 1 << 32;

    fn stream(self, purpose: Use) -> Stream {
        Stream::new(self.seed, Self::FIRST + self.run as u64 * Self::USES + purpose as u64)
    }

    /// A stream for each of many tasks of one use.
    fn sub_stream(self, purpose: Use, task: u64) -> Stream {
        Stream::new(self.stream(purpose).bits(task), Self::FIRST)
    }
}

/// The squared distance of a row and a center in working space, in float64.
fn distance(
    points: &Points<'_>,
    row: usize,
    centers: &Centers,
    center: u32,
    (row_32, row_64): &mut (Vec<f32>, Vec<f64>),
) -> f64 {
    let exact = Exact::read(points, row, row_32, row_64);
    exact.squared_distance(Level::current(), centers, center as usize)
}

/// Fits the tree, refines it and assigns exactly; of several runs the one of least inertia is kept.
///
/// With [`FLAT_CLUSTERS`] clusters or fewer, or more clusters than rows that weigh something, this is the flat
/// [`super::fit`]: nothing is missed, and no row checked.
///
/// # Errors
/// As [`super::fit`]; [`Error::GivenStart`] for start centers given as arrays.
pub fn fit(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    init: &Init,
    params: &Params,
    context: &Context<'_>,
) -> Result<(Fit, Gap), Error> {
    params.check(points)?;
    if matches!(init, Init::Given(_)) {
        return Err(Error::GivenStart);
    }
    let checked = check_weights(points, weights)?;
    let weighing = checked
        .as_ref()
        .map_or(points.n_rows(), |weights| weights.iter().filter(|weight| **weight > 0.0).count());
    if params.n_clusters <= FLAT_CLUSTERS || weighing < params.n_clusters {
        let fitted = lloyd::fit(points, weights, init, params, context)?;
        return Ok((fitted, Gap::default()));
    }
    params.check_memory(points)?;
    let data = Data { points, weights: checked.as_deref(), init, params };
    let mut best: Option<(f64, Fit, Gap)> = None;
    for run in 0..params.n_init {
        let (inertia, fitted, gap) = data.run(run, context)?;
        if best.as_ref().is_none_or(|(least, ..)| inertia < *least) {
            best = Some((inertia, fitted, gap));
        }
    }
    best.map(|(_, fit, gap)| (fit, gap)).ok_or(Error::Zero { name: "n_init" })
}

impl Params {
    /// Bytes without the copies of rows: per row the state, the label, the order and the draw of the sample; per center
    /// its values in several forms, its sums and its list.
    fn hierarchical_bytes(&self, points: &Points<'_>) -> u64 {
        let (n, d) = (points.n_rows() as u64, points.n_features() as u64);
        n * 72 + self.n_clusters as u64 * (d * 64 + 16 * N_NEIGHBORS as u64)
    }

    /// Bytes that the flat fit of `n_rows` copied rows takes.
    fn copied_bytes(points: &Points<'_>, n_rows: usize) -> u64 {
        let word = if points.is_double() { 8 } else { 4 };
        n_rows as u64 * (points.n_features() as u64 * (word + 1) + 160)
    }

    /// Refuses what cannot be done within the limit.
    fn check_memory(&self, points: &Points<'_>) -> Result<(), Error> {
        let sampled = (COARSE_ROWS * coarse_count(self.n_clusters)).min(points.n_rows());
        let needed = self.hierarchical_bytes(points) + Self::copied_bytes(points, sampled);
        self.refuse_beyond_limit(needed)
    }

    fn refuse_beyond_limit(&self, needed: u64) -> Result<(), Error> {
        match self.memory_limit {
            Some(limit) if needed > limit => Err(Error::Memory { needed, limit }),
            _ => Ok(()),
        }
    }

    /// Whether each thread may hold copies of `largest` rows; refuses where one alone may not.
    fn fits_at_once(
        &self,
        points: &Points<'_>,
        largest: usize,
        context: &Context<'_>,
    ) -> Result<bool, Error> {
        let (base, copies) = (self.hierarchical_bytes(points), Self::copied_bytes(points, largest));
        self.refuse_beyond_limit(base + copies)?;
        Ok(self.refuse_beyond_limit(base + copies * context.pool.n_threads() as u64).is_ok())
    }
}

/// What the runs of a fit share.
struct Data<'a, 'p> {
    points: &'a Points<'p>,
    weights: Option<&'a [f64]>,
    init: &'a Init,
    params: &'a Params,
}

impl Data<'_, '_> {
    fn run(&self, run: usize, context: &Context<'_>) -> Result<(f64, Fit, Gap), Error> {
        let (points, weights, params) = (self.points, self.weights, self.params);
        let seeds = Seeds { seed: params.seed, run };
        // The iterations of the fits inside are nobody's business.
        let muted = context.observer.muted();
        let inner = Context { observer: &muted, ..*context };
        let planting = Planting { points, weights, init: self.init, params, seeds };
        let Tree { centers, groups, labels: begin, mean_variance } = planting.plant(&inner)?;
        context.observer.report(Event::Initialized { run });
        let mut refinement = Refinement::new(points, weights, centers, &begin);
        drop(begin);
        let tolerance = params.tol * mean_variance;
        let (history, stop) =
            self.refine(run, groups, &mut refinement, (seeds, tolerance), (context, &inner))?;
        let centers = &refinement.centers;
        let before: Vec<u32> = refinement.states.iter().map(|state| state.label).collect();
        let filter = Filter::of_centers(points, centers);
        let mut states = RowState::unknown(points.n_rows());
        let panels = filter.pack_all(centers);
        let pass = Pass {
            points,
            filter: &filter,
            stored: None,
            centers,
            panels: &panels,
            drift: None,
            moved: None,
        };
        pass.run(context, &mut states)?;
        let least = inertia(points, weights, &states, centers, context)?;
        let lists = self.lists(centers, seeds, &inner)?;
        let gap =
            Checked { points, weights, centers, lists: &lists, before: &before, exact: &states }
                .gap(seeds, context)?;
        let mut used = vec![false; params.n_clusters];
        for state in &states {
            used[state.label as usize] = true;
        }
        let fitted = Fit {
            labels: labels(&states),
            centers: refinement.centers.into_published(),
            inertia: to_caller(points, least),
            n_iter: history.len(),
            n_distinct: used.into_iter().filter(|used| *used).count(),
            stop,
            history,
            words: filter.words(),
        };
        Ok((least, fitted, gap))
    }

    /// Lists of groups that are made for these centers.
    fn lists(
        &self,
        centers: &Centers,
        seeds: Seeds,
        context: &Context<'_>,
    ) -> Result<Lists, Error> {
        let published = centers.clone().into_published();
        let groups = lists::group(&published, self.points, seeds, context)?;
        Lists::new(&published, self.points, groups, N_NEIGHBORS, context)
    }

    /// Refines until the centers move little or often enough; reports to the first context, and works in the second.
    fn refine(
        &self,
        run: usize,
        groups: Vec<u32>,
        refinement: &mut Refinement<'_, '_>,
        (seeds, tolerance): (Seeds, f64),
        (context, inner): (&Context<'_>, &Context<'_>),
    ) -> Result<(Vec<IterationRecord>, Stop), Error> {
        let (points, observer) = (self.points, context.observer);
        let published = refinement.centers.clone().into_published();
        let mut lists = Lists::new(&published, points, groups, N_NEIGHBORS, inner)?;
        let mut history = Vec::new();
        for iteration in 0..REFINEMENTS.min(self.params.max_iter) {
            if iteration > 0 {
                lists = self.lists(&refinement.centers, seeds, inner)?;
            }
            let step = refinement.step(&lists, inner)?;
            let record = IterationRecord {
                inertia: to_caller(points, step.inertia),
                center_shift: shift_to_caller(points, step.center_shift),
                n_changed: step.n_changed,
                n_rechecked: step.n_rechecked,
                n_scored: step.n_scored,
                seconds: observer.seconds(),
            };
            let IterationRecord { inertia, center_shift, n_changed, .. } = record;
            history.push(record);
            observer.report(Event::Iteration { run, iteration, inertia, center_shift });
            if n_changed == 0 {
                observer.report(Event::StrictConvergence { run, iteration });
                return Ok((history, Stop::Strict));
            }
            if step.center_shift <= tolerance {
                let tolerance = shift_to_caller(points, tolerance);
                observer.report(Event::WithinTolerance { run, iteration, center_shift, tolerance });
                return Ok((history, Stop::Tolerance));
            }
        }
        Ok((history, Stop::MaxIter))
    }
}
