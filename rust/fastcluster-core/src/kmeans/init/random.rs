//! Rows drawn without replacement, with probabilities proportional to their weights.
//!
//! # Source
//! Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006, doi:10.1016/j.ipl.2005.11.003: the rows
//! with the least −ln(u)/w are such a sample, each row's u drawn by its own number.

use crate::rng::Stream;

/// Chooses `count` different rows, in the order drawn; rows without weight come last, when the others are used up.
pub(crate) fn choose(
    n_rows: usize,
    weights: Option<&[f64]>,
    count: usize,
    stream: Stream,
) -> Vec<usize> {
    let key = |row: usize| {
        let weight = weights.map_or(1.0, |weights| weights[row]);
        // 1 − u lies in (0, 1]: the logarithm is finite. Without weight: behind all others, in random order.
        let exponential = -(1.0 - stream.uniform(row as u64)).ln();
        if weight > 0.0 { (false, exponential / weight) } else { (true, exponential) }
    };
    let mut rows: Vec<((bool, f64), usize)> = (0..n_rows).map(|row| (key(row), row)).collect();
    let compare = |a: &((bool, f64), usize), b: &((bool, f64), usize)| {
        a.0.0.cmp(&b.0.0).then(a.0.1.total_cmp(&b.0.1)).then(a.1.cmp(&b.1))
    };
    if count < rows.len() {
        rows.select_nth_unstable_by(count, compare);
        rows.truncate(count);
    }
    rows.sort_unstable_by(compare);
    rows.into_iter().map(|(_, row)| row).collect()
}
