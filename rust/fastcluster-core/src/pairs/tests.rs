//! Every pair within a limit of either end reaches the visitor once, whatever the order of the rows.

use std::sync::Mutex;

use ndarray::Array2;

use super::{Pair, Reader, Tile, Visitor, Words, visit};
use crate::observer::Observer;
use crate::points::{Metric, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;
use crate::{Context, Error};

/// Asks for pairs within `limits` of either end (squared, by row) and keeps those that come.
struct Collector<'a> {
    words: &'a Words,
    limits: &'a [f64],
    /// The rows, and what is said of their squared distance.
    found: Mutex<Vec<(u32, u32, f64)>>,
}

impl Visitor for Collector<'_> {
    type Scratch = ();

    fn scratch(&self) {}

    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>) {
        list.extend(0..tile.rows.len() as u32);
    }

    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>) {
        let limit =
            |position: usize| (self.limits[self.words.row(position) as usize] as f32).next_up();
        rows.extend(tile.rows.clone().map(limit));
        columns.extend(tile.columns.clone().map(limit));
    }

    fn take(&self, (): &mut (), tile: &Tile<'_>, pairs: &[Pair]) -> Result<(), Error> {
        let told = |pair: &Pair| {
            (self.words.row(pair.row), self.words.row(pair.column), tile.squared_above(pair))
        };
        self.found.lock().unwrap().extend(pairs.iter().map(told));
        Ok(())
    }
}

/// Rows of several kinds: near a few centers, duplicates, far outliers, around an offset.
fn rows(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let stream = Stream::new(seed, 11);
    Array2::from_shape_fn((n, d), |(i, j)| {
        let i = if i % 17 == 16 { i - 1 } else { i };
        let center = stream.uniform((i % 7 * d + j) as u64) * 4.0;
        let noise = stream.uniform((1_000_000 + i * d + j) as u64) - 0.5;
        let size = if i % 97 == 96 { 1e4 } else { 1.0 };
        ((center + noise) * size + 10.0) as f32
    })
}

fn assert_all_found(
    array: &Array2<f32>,
    metric: Metric,
    n_threads: usize,
    order: Option<Vec<u32>>,
) {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    let context = &Context { pool: &pool, observer: &observer };
    let points = Points::new(Values::F32(array.view()), metric, context).unwrap();
    let n = points.n_rows();
    let mut reader = Reader::new(&points);
    let squared: Vec<f64> =
        (0..n * n).map(|pair| reader.squared((pair / n) as u32, (pair % n) as u32)).collect();
    let limits: Vec<f64> = (0..n)
        .map(|row| squared[row * n + (row * 31 + 7) % n] * ((row % 3) as f64) / 2.0)
        .collect();
    let words = Words::new(&points, order, context).unwrap();
    let collector = Collector { words: &words, limits: &limits, found: Mutex::default() };
    visit(&words, &collector, context).unwrap();
    let mut seen = vec![0; n * n];
    for (one, other, above) in collector.found.into_inner().unwrap() {
        let (low, high) = (one.min(other) as usize, one.max(other) as usize);
        assert!(low < high && squared[low * n + high] <= above, "{one} and {other}");
        seen[low * n + high] += 1;
    }
    let mut n_wanted = 0;
    for low in 0..n {
        for high in low + 1..n {
            let wanted = squared[low * n + high] <= limits[low].max(limits[high]);
            n_wanted += usize::from(wanted);
            let times = seen[low * n + high];
            assert!(times == 1 || times == 0 && !wanted, "{low} and {high}: {times} times");
        }
    }
    assert!(n_wanted > n / 2 && n_wanted < n * n / 2, "the limits tell pairs apart");
}

#[test]
fn all_pairs_within_limits_are_found_once() {
    for (n, d) in [(3, 2), (255, 5), (700, 40), (500, 90), (1300, 17)] {
        let array = rows(n, d, n as u64);
        let backwards: Vec<u32> = (0..n as u32).rev().collect();
        for (metric, n_threads) in
            [(Metric::Euclidean, 1), (Metric::Euclidean, 3), (Metric::Cosine, 2)]
        {
            assert_all_found(&array, metric, n_threads, None);
            assert_all_found(&array, metric, n_threads, Some(backwards.clone()));
        }
    }
}
