//! Greedy k-means++ on the filter: the distribution of the plain algorithm at a fraction of its distances.
//!
//! # Idea
//! Each step draws a few rows with probability proportional to w·D², D the distance to the nearest center so far, and
//! keeps the one that lowers the sum of w·D² most. Plainly, that takes every distance of every draw to every row. Here
//! the filter's lower bound tells which rows a draw can bring nearer; only those distances are computed. After t steps
//! about one row in t is among them, so n·ln(k) exact distances a trial are left of n·k.
//!
//! Distances are compared and summed as float32 values in a fixed form, so the choice is the same on every instruction
//! set and for any number of threads.
//!
//! # Cost
//! n·k·trials·d multiply-adds in the filter; 12 bytes a row.

use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::{Level, distance, product};

use crate::filter::{BLOCK_ROWS, Scratch};
use crate::kmeans::lloyd::Data;
use crate::points::{Points, block_rows};
use crate::rng::Stream;
use crate::{Context, Error};

/// Relative rounding unit of float32.
const UNIT: f64 = f32::EPSILON as f64 / 2.0;

/// The random numbers of one run.
#[derive(Clone, Copy)]
pub(crate) struct Draws {
    pub(crate) first: Stream,
    pub(crate) trials: Stream,
    pub(crate) n_trials: usize,
}

/// The number of draws a step that the authors suggest and scikit-learn takes.
pub(crate) fn default_trials(n_clusters: usize) -> usize {
    2 + (n_clusters as f64).ln() as usize
}

/// What is known of a row.
#[derive(Clone, Copy)]
struct Row {
    /// Squared distance to the nearest center so far.
    closest: f32,
    /// At most the squared norm of the centred row.
    norm: f32,
    /// A score not below this cannot bring the row nearer.
    threshold: f32,
}

impl Row {
    fn approach(&mut self, distance: f32, error: f64) {
        self.closest = distance;
        let threshold = 0.5 * (f64::from(distance) * (1.0 + 2.0 * error) - f64::from(self.norm));
        self.threshold = (threshold + threshold.abs() * 4.0 * UNIT) as f32 + f32::MIN_POSITIVE;
    }
}

/// A row that a draw brings nearer.
struct Gain {
    row: u32,
    draw: u32,
    distance: f32,
}

/// Chooses `n_clusters` rows, in the order chosen.
pub(crate) fn choose(
    data: &Data<'_, '_>,
    n_clusters: usize,
    draws: &Draws,
    context: &Context<'_>,
) -> Result<Vec<usize>, Error> {
    let mut seeding = Seeding::new(data, draws.first, context)?;
    for step in 1..n_clusters {
        let numbers = (0..draws.n_trials).map(|trial| {
            let number = (step * draws.n_trials + trial) as u64;
            seeding.draw(draws.trials.uniform(number))
        });
        let mut rows: Vec<usize> = Vec::with_capacity(draws.n_trials);
        for row in numbers.flatten() {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        if rows.is_empty() {
            // Every row of weight lies on a center: any row is as good, the first not yet chosen is definite.
            let unused = (0..data.points.n_rows()).find(|row| !seeding.chosen.contains(row));
            seeding.chosen.extend(unused);
            continue;
        }
        seeding.step(&rows, context)?;
    }
    Ok(seeding.chosen)
}

struct Seeding<'a, 'p> {
    data: &'a Data<'a, 'p>,
    chosen: Vec<usize>,
    rows: Vec<Row>,
    /// Σ w·closest per block of rows.
    potentials: Vec<f64>,
    error: f64,
}

impl<'a, 'p> Seeding<'a, 'p> {
    /// Draws the first center by weight and takes every row's distance to it.
    fn new(data: &'a Data<'a, 'p>, first: Stream, context: &Context<'_>) -> Result<Self, Error> {
        let points = data.points;
        let n = points.n_rows();
        let first = super::random::choose(n, data.weights, 1, first)[0];
        let error = if points.is_exact_32() {
            distance::squared_f32_error(points.n_features())
        } else {
            8.0 * UNIT
        };
        let center = Comparand::of(points, first);
        let mut rows = vec![Row { closest: 0.0, norm: 0.0, threshold: 0.0 }; n];
        let potentials = context.pool.map_blocks(
            context.observer,
            &mut rows,
            BLOCK_ROWS,
            || Scratch::new(points.n_features()),
            |scratch, block, rows| {
                for (row, index) in rows.iter_mut().zip(block_rows(block, BLOCK_ROWS, n)) {
                    points.read_64(index, &mut scratch.row_64);
                    row.norm = data.filter.squared_norm_below(&scratch.row_64);
                    let distance = center.distance(points, index, scratch);
                    row.approach(distance, error);
                }
                Ok(potential(data.weights, block, rows))
            },
        )?;
        Ok(Self { data, chosen: vec![first], rows, potentials, error })
    }

    /// The row at `uniform` of the cumulated w·D²; none where the sum is zero.
    fn draw(&self, uniform: f64) -> Option<usize> {
        let total: f64 = self.potentials.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let mut left = uniform * total;
        let mut block = 0;
        while block + 1 < self.potentials.len() && left >= self.potentials[block] {
            left -= self.potentials[block];
            block += 1;
        }
        let rows = block_rows(block, BLOCK_ROWS, self.rows.len());
        let mut last = None;
        for row in rows {
            let mass = self.weight(row) * f64::from(self.rows[row].closest);
            if mass > 0.0 {
                last = Some(row);
                if left < mass {
                    break;
                }
                left -= mass;
            }
        }
        // Rounding may lead past the last row of mass, or to a block without any: then the nearest one before.
        last.or_else(|| {
            (0..self.rows.len()).rev().find(|row| self.weight(*row) * f64::from(self.rows[*row].closest) > 0.0)
        })
    }

    fn weight(&self, row: usize) -> f64 {
        self.data.weights.map_or(1.0, |weights| weights[row])
    }

    /// Chooses the draw that lowers the potential most, ties to the first, and brings rows nearer.
    fn step(&mut self, draws: &[usize], context: &Context<'_>) -> Result<(), Error> {
        let data = self.data;
        let points = data.points;
        let centers: Vec<Comparand> =
            draws.iter().map(|row| Comparand::of(points, *row)).collect();
        let panels = self.pack(draws);
        let blocks = context.pool.map_tasks(
            context.observer,
            self.potentials.len(),
            || Scratch::new(points.n_features()),
            |scratch, block| Ok(self.gains(block, &centers, &panels, scratch)),
        )?;
        let mut totals = vec![0.0; draws.len()];
        for (gains, _) in &blocks {
            for (total, gain) in totals.iter_mut().zip(gains) {
                *total += gain;
            }
        }
        let best = (1..draws.len()).fold(0, |best, draw| if totals[draw] > totals[best] { draw } else { best });
        self.chosen.push(draws[best]);
        for (block, (_, nearer)) in blocks.into_iter().enumerate() {
            let mut touched = false;
            for gain in nearer.into_iter().filter(|gain| gain.draw as usize == best) {
                self.rows[gain.row as usize].approach(gain.distance, self.error);
                touched = true;
            }
            if touched {
                let range = block_rows(block, BLOCK_ROWS, self.rows.len());
                self.potentials[block] = potential(data.weights, block, &self.rows[range]);
            }
        }
        Ok(())
    }

    fn pack(&self, draws: &[usize]) -> Panels {
        let (points, filter) = (self.data.points, self.data.filter);
        let mut panels = filter.panels(draws.len());
        let mut values = vec![0.0; points.n_features()];
        let mut tilde = vec![0.0; points.n_features()];
        for (index, row) in draws.iter().enumerate() {
            points.read_64(*row, &mut values);
            filter.pack(&mut panels, index, &values, &mut tilde);
        }
        panels
    }

    /// What each draw would take off the block's potential, and the rows that it brings nearer.
    fn gains(
        &self,
        block: usize,
        centers: &[Comparand],
        panels: &Panels,
        scratch: &mut Scratch,
    ) -> (Vec<f64>, Vec<Gain>) {
        let data = self.data;
        let range = block_rows(block, BLOCK_ROWS, self.rows.len());
        let first = range.start;
        let list: Vec<u32> = (0..range.len() as u32).collect();
        let width = panels.n_padded();
        let (words, workspace) = data.filter.block(data.points, data.stored, range.clone(), scratch);
        workspace.scores.resize(list.len() * width, 0.0);
        product::scores(panels, words.rows, words.bands, &list, workspace.scores);
        let mut pairs = Vec::new();
        let rows = self.rows[range].iter().zip(first..);
        for ((row, index), scores) in rows.zip(workspace.scores.chunks(width)) {
            for (draw, score) in scores[..centers.len()].iter().enumerate() {
                if *score < row.threshold {
                    pairs.push((index, draw));
                }
            }
        }
        let mut totals = vec![0.0; centers.len()];
        let mut nearer = Vec::new();
        for (row, draw) in pairs {
            let distance = centers[draw].distance(data.points, row, scratch);
            let closest = self.rows[row].closest;
            if distance < closest {
                totals[draw] += self.weight(row) * (f64::from(closest) - f64::from(distance));
                nearer.push(Gain { row: row as u32, draw: draw as u32, distance });
            }
        }
        (totals, nearer)
    }
}

/// Σ w·closest of a block.
fn potential(weights: Option<&[f64]>, block: usize, rows: &[Row]) -> f64 {
    let first = block * BLOCK_ROWS;
    let terms = rows.iter().enumerate().map(|(at, row)| {
        weights.map_or(1.0, |weights| weights[first + at]) * f64::from(row.closest)
    });
    terms.sum()
}

/// A row to which distances are taken, in the type in which rows are exact.
enum Comparand {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Comparand {
    fn of(points: &Points<'_>, row: usize) -> Self {
        if points.is_exact_32() {
            let mut values = vec![0.0; points.n_features()];
            return Self::Single(points.row_32(row, &mut values).to_vec());
        }
        let mut values = vec![0.0; points.n_features()];
        points.read_64(row, &mut values);
        Self::Double(values)
    }

    fn distance(&self, points: &Points<'_>, row: usize, scratch: &mut Scratch) -> f32 {
        let level = Level::current();
        match self {
            Self::Single(center) => {
                distance::squared_f32(level, points.row_32(row, &mut scratch.row_32), center)
            }
            Self::Double(center) => {
                points.read_64(row, &mut scratch.row_64);
                distance::squared_64(level, &scratch.row_64, center) as f32
            }
        }
    }
}
