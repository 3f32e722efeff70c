//! k-means||: a few rounds that draw many rows at once, then greedy k-means++ on what was drawn.
//!
//! # Idea
//! Each round keeps each row with probability 2k·w·D²/Σw·D², so five rounds draw about 10·k rows, of which k-means++,
//! weighted by how many rows each stands for, chooses k. The data is read a few times, not k times.
//!
//! # Source
//! Bahmani, Moseley, Vattani, Kumar and Vassilvitskii, "Scalable k-means++", 2012, doi:10.14778/2180912.2180915.

use super::at_rows;
use super::plus_plus::{self, Draws};
use crate::assign::{Exact, Pass, RowState};
use crate::filter::{BLOCK_ROWS, Filter};
use crate::kmeans::lloyd::Data;
use crate::points::{Gathered, Moments, block_rows};
use crate::rng::Stream;
use crate::{Context, Error};

/// Rounds of drawing; the authors find that five suffice.
const ROUNDS: usize = 5;

/// Rows drawn per round, as a multiple of the clusters.
const OVERSAMPLING: f64 = 2.0;

/// Chooses `n_clusters` rows.
pub(crate) fn choose(
    data: &Data<'_, '_>,
    n_clusters: usize,
    rounds: Stream,
    reduce: &Draws,
    context: &Context<'_>,
) -> Result<Vec<usize>, Error> {
    let n = data.points.n_rows();
    let mut drawn = super::random::choose(n, data.weights, 1, reduce.first);
    let mut nearest = vec![Nearest { distance: f64::INFINITY, place: 0 }; n];
    approach(data, &drawn, 0, &mut nearest, context)?;
    let mut taken = vec![false; n];
    taken[drawn[0]] = true;
    for round in 0..ROUNDS {
        let weight = |row: usize| data.weights.map_or(1.0, |weights| weights[row]);
        let mass = |row: usize| weight(row) * nearest[row].distance;
        let total: f64 = (0..n).map(mass).sum();
        if !(total > 0.0 && total.is_finite()) {
            break;
        }
        let factor = OVERSAMPLING * n_clusters as f64 / total;
        let number = |row: usize| rounds.uniform((round * n + row) as u64);
        // A drawn row may lie a rounding away from itself under cosine: it is not drawn again.
        let draws = |row: &usize| !taken[*row] && number(*row) < factor * mass(*row);
        let new: Vec<usize> = (0..n).filter(draws).collect();
        for row in &new {
            taken[*row] = true;
        }
        let known = drawn.len();
        drawn.extend(&new);
        approach(data, &new, known, &mut nearest, context)?;
    }
    if drawn.len() <= n_clusters {
        return Ok(filled(drawn, n_clusters, data, reduce.first));
    }
    reduced(data, &drawn, &nearest, n_clusters, reduce, context)
}

/// The nearest drawn row of a row.
#[derive(Clone, Copy)]
struct Nearest {
    distance: f64,
    place: usize,
}

/// Takes newly drawn rows into account; they are numbered from `known`.
fn approach(
    data: &Data<'_, '_>,
    new: &[usize],
    known: usize,
    nearest: &mut [Nearest],
    context: &Context<'_>,
) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let points = data.points;
    let centers = at_rows(points, new);
    let panels = data.filter.pack_all(&centers);
    let pass = Pass {
        points,
        filter: data.filter,
        stored: data.stored,
        centers: &centers,
        panels: &panels,
        drift: None,
        moved: None,
    };
    let mut states = RowState::unknown(points.n_rows());
    pass.run(context, &mut states)?;
    let (n, d) = (points.n_rows(), points.n_features());
    context.pool.map_blocks(
        context.observer,
        nearest,
        BLOCK_ROWS,
        || (vec![0.0_f32; d], vec![0.0_f64; d]),
        |(row_32, row_64), block, nearest| {
            for (row, nearest) in block_rows(block, BLOCK_ROWS, n).zip(nearest) {
                let place = states[row].label as usize;
                let exact = Exact::read(points, row, row_32, row_64);
                let distance = exact.squared_distance(data.filter.level(), &centers, place);
                if distance < nearest.distance {
                    *nearest = Nearest { distance, place: known + place };
                }
            }
            Ok(())
        },
    )?;
    Ok(())
}

/// Too few rows were drawn: random others make up the number.
fn filled(
    mut drawn: Vec<usize>,
    n_clusters: usize,
    data: &Data<'_, '_>,
    stream: Stream,
) -> Vec<usize> {
    let n = data.points.n_rows();
    for row in super::random::choose(n, data.weights, n, stream) {
        if drawn.len() >= n_clusters {
            break;
        }
        if !drawn.contains(&row) {
            drawn.push(row);
        }
    }
    drawn
}

/// Weighted greedy k-means++ on the drawn rows.
fn reduced(
    data: &Data<'_, '_>,
    drawn: &[usize],
    nearest: &[Nearest],
    n_clusters: usize,
    reduce: &Draws,
    context: &Context<'_>,
) -> Result<Vec<usize>, Error> {
    let mut weights = vec![0.0; drawn.len()];
    for (row, nearest) in nearest.iter().enumerate() {
        weights[nearest.place] += data.weights.map_or(1.0, |weights| weights[row]);
    }
    let rows: Vec<u32> = drawn.iter().map(|row| *row as u32).collect();
    let gathered = Gathered::of(data.points, &rows, context)?;
    let points = gathered.points(data.points);
    let moments = Moments::of(&points, context)?;
    let filter = Filter::new(&points, n_clusters, &moments.mean, moments.spread_per_row());
    let stored = filter.store(&points, context)?;
    let inner = Data::new(&points, Some(&weights), &filter, stored.as_ref(), &moments, context)?;
    let places = plus_plus::choose(&inner, n_clusters, reduce, context)?;
    Ok(places.into_iter().map(|place| drawn[place]).collect())
}
