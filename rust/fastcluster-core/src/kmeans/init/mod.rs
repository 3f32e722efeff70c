//! Start centers.

mod coreset;
mod parallel;
mod plus_plus;
mod random;

use super::lloyd::Data;
use super::{Params, check_counts, check_start, check_weights, memory};
use crate::centers::{CenterValues, Centers};
use crate::filter::Filter;
use crate::points::{Moments, Points};
use crate::rng::Stream;
use crate::{Context, Error};

/// How start centers are chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Init {
    /// Greedy k-means++ (Arthur and Vassilvitskii, SODA 2007): the best of 2 + ⌊ln k⌋ draws at each step. In a fit of
    /// many rows a cluster, on a weighted sample.
    #[default]
    PlusPlus,
    /// k-means|| (Bahmani et al., doi:10.14778/2180912.2180915): 5 rounds of 2·k draws, then k-means++ on those.
    Parallel,
    /// Rows drawn without replacement, by weight.
    Random,
    /// Given centers, row-major, one run for each.
    Given(Vec<CenterValues>),
}

impl Init {
    /// How many runs there are, of `n_init` asked for.
    pub(crate) fn n_runs(&self, n_init: usize) -> usize {
        match self {
            Self::Given(starts) => starts.len(),
            _ => n_init,
        }
    }

    /// Whether the start of a fit scores all rows, so that their words are wanted for it.
    pub(crate) fn scores_all(&self, n_rows: usize, n_clusters: usize) -> bool {
        match self {
            Self::PlusPlus => coreset::size(n_rows, n_clusters).is_none(),
            Self::Parallel => true,
            Self::Random | Self::Given(_) => false,
        }
    }

    /// Bytes that the start of a fit takes beside the centers and the words of the rows.
    ///
    /// k-means++ keeps 12 bytes a row and its pending draws, k-means|| copies of about 10·k drawn rows.
    pub(crate) fn bytes(&self, n_rows: usize, n_features: usize, n_clusters: usize) -> u64 {
        if let Some(size) = coreset::size(n_rows, n_clusters).filter(|_| *self == Self::PlusPlus) {
            return n_rows as u64 * 4 + size as u64 * (9 * n_features as u64 + 160);
        }
        self.bytes_on_all(n_rows, n_features, n_clusters)
    }

    /// The same where k-means++ takes no sample.
    fn bytes_on_all(&self, n_rows: usize, n_features: usize, n_clusters: usize) -> u64 {
        let (n, d, k) = (n_rows as u64, n_features as u64, n_clusters as u64);
        match self {
            Self::PlusPlus => n * 112,
            Self::Parallel => n * 40 + 12 * k * (d * 24 + 112),
            Self::Random => n * 32,
            Self::Given(_) => 0,
        }
    }

    /// The largest magnitude among given centers.
    pub(crate) fn largest(&self) -> f64 {
        match self {
            Self::Given(starts) => {
                starts.iter().fold(0.0, |largest, centers| largest.max(centers.largest()))
            }
            _ => 0.0,
        }
    }

    /// Compares given centers with the data.
    pub(crate) fn check(&self, points: &Points<'_>, n_clusters: usize) -> Result<(), Error> {
        let Self::Given(starts) = self else { return Ok(()) };
        if starts.is_empty() {
            return Err(Error::Zero { name: "n_init" });
        }
        starts.iter().try_for_each(|start| check_start(points, start, n_clusters))
    }
}

/// Uses of random numbers, kept apart under one seed.
#[derive(Clone, Copy)]
enum Use {
    First = 0,
    Trials = 1,
    Rounds = 2,
    Reduce = 3,
    Random = 4,
    Keeps = 5,
    Sample = 6,
}

impl Use {
    const COUNT: u64 = 8;

    fn stream(self, seed: u64, run: usize) -> Stream {
        Stream::new(seed, run as u64 * Self::COUNT + self as u64)
    }
}

/// The start centers of one run of a fit.
pub(crate) fn start(
    data: &Data<'_, '_>,
    init: &Init,
    run: usize,
    params: &Params,
    context: &Context<'_>,
) -> Result<Centers, Error> {
    if let Init::Given(starts) = init {
        return Ok(Centers::new(starts[run].clone().matching(data.points), data.points));
    }
    let k = params.n_clusters;
    let sampled = coreset::size(data.points.n_rows(), k).filter(|_| *init == Init::PlusPlus);
    let rows = match sampled {
        Some(size) => {
            let draws = draws(run, k, None, params.seed, size);
            let stream = Use::Sample.stream(params.seed, run);
            coreset::choose(data, (k, size), stream, &draws, context)?
        }
        None => rows(data, init, run, k, None, params.seed, context)?,
    };
    Ok(at_rows(data.points, &rows))
}

/// Centers that are rows of the data.
pub(crate) fn at_rows(points: &Points<'_>, rows: &[usize]) -> Centers {
    let mut centers = Centers::zeros(rows.len(), points);
    let mut values = vec![0.0; points.n_features()];
    for (index, row) in rows.iter().enumerate() {
        points.read_64(*row, &mut values);
        centers.set(index, &values);
    }
    centers
}

/// The random numbers of k-means++ on `n_rows` rows.
fn draws(
    run: usize,
    n_clusters: usize,
    n_local_trials: Option<usize>,
    seed: u64,
    n_rows: usize,
) -> plus_plus::Draws {
    let n_trials = n_local_trials.unwrap_or_else(|| plus_plus::default_trials(n_clusters));
    plus_plus::Draws {
        first: Use::First.stream(seed, run),
        trials: Use::Trials.stream(seed, run),
        keeps: Use::Keeps.stream(seed, run),
        n_trials: n_trials.clamp(1, n_rows),
    }
}

#[expect(clippy::too_many_arguments, reason = "one start of a fit, and a start alone")]
fn rows(
    data: &Data<'_, '_>,
    init: &Init,
    run: usize,
    n_clusters: usize,
    n_local_trials: Option<usize>,
    seed: u64,
    context: &Context<'_>,
) -> Result<Vec<usize>, Error> {
    let draws = draws(run, n_clusters, n_local_trials, seed, data.points.n_rows());
    match init {
        Init::Parallel => {
            let reduce = plus_plus::Draws { first: Use::Reduce.stream(seed, run), ..draws };
            parallel::choose(data, n_clusters, Use::Rounds.stream(seed, run), &reduce, context)
        }
        Init::Random => {
            let stream = Use::Random.stream(seed, run);
            Ok(random::choose(data.points.n_rows(), data.weights, n_clusters, stream))
        }
        Init::PlusPlus | Init::Given(_) => plus_plus::choose(data, n_clusters, &draws, context),
    }
}

/// Chooses `n_clusters` rows as start centers.
///
/// # Errors
/// [`Error::TooFewPoints`], [`Error::Zero`], [`Error::NoWeight`], [`Error::LengthMismatch`], [`Error::Memory`],
/// [`Error::Cancelled`].
#[expect(clippy::too_many_arguments, reason = "scikit-learn's kmeans_plusplus takes as many")]
pub fn init_centers(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    init: &Init,
    n_clusters: usize,
    n_local_trials: Option<usize>,
    seed: u64,
    memory_limit: Option<u64>,
    context: &Context<'_>,
) -> Result<(CenterValues, Vec<usize>), Error> {
    if n_clusters == 0 {
        return Err(Error::Zero { name: "n_clusters" });
    }
    check_counts(points, n_clusters)?;
    let (n, d) = (points.n_rows(), points.n_features());
    let needed = memory::of_centers(n_clusters, d) + init.bytes_on_all(n, d, n_clusters);
    memory::check(needed, memory_limit)?;
    let weights = check_weights(points, weights)?;
    let weights = weights.as_deref();
    let moments = Moments::of(points, context)?;
    let filter = Filter::new(points, n_clusters, &moments.mean, moments.spread_per_row());
    let words = filter.stored_bytes(points);
    let stored = if memory_limit.is_none_or(|limit| needed + words <= limit) {
        filter.store(points, context)?
    } else {
        None
    };
    let data = Data::new(points, weights, &filter, stored.as_ref(), &moments, context)?;
    let rows = rows(&data, init, 0, n_clusters, n_local_trials, seed, context)?;
    Ok((at_rows(points, &rows).into_published(), rows))
}

/// Different random rows, each as likely; with weights, each of those that weigh anything, before the others.
pub(crate) fn random_rows(
    n_rows: usize,
    weights: Option<&[f64]>,
    count: usize,
    stream: Stream,
) -> Vec<usize> {
    let counts: Option<Vec<f64>> =
        weights.map(|weights| weights.iter().map(|weight| f64::from(*weight > 0.0)).collect());
    random::choose(n_rows, counts.as_deref(), count, stream)
}
