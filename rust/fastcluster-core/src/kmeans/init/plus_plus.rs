//! Greedy k-means++ on the filter: the distribution of the plain algorithm at a fraction of its reads and distances.
//!
//! # Idea
//! Each step draws a few rows with probability proportional to w·D², D the distance to the nearest center so far, and
//! keeps the one that lowers the sum of w·D² most. Plainly, each draw takes the distances of all rows. Two ideas make
//! that cheap and change no probability:
//!
//! - The filter's lower bound tells which rows a draw can bring nearer; only those distances are computed. After t
//!   centers about one row in t is among them, so n·ln(k) exact distances a trial are left of n·k.
//! - Draws are made for many steps at once, so that one read of the rows serves them all at the full speed of the
//!   filter. D only falls, so a draw made when it was D₀ is a draw of a later step if it is kept with probability
//!   D²/D₀² (rejection sampling), and what it can bring nearer then is among what it could bring nearer before.
//!
//! Distances are compared and summed as float32 values in a fixed form, so the choice is the same on every instruction
//! set and for any number of threads.
//!
//! # Cost
//! n·k·trials·d multiply-adds in the filter; 12 bytes a row and about 100 for the pending draws.
//!
//! # Source
//! Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007; the batching is ours.

use std::collections::VecDeque;

use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::sieve::{Sifted, Survivor, sieve};
use fastcluster_kernels::{Level, distance};

use crate::filter::{BLOCK_ROWS, Scratch};
use crate::kmeans::lloyd::Data;
use crate::points::{Points, block_rows};
use crate::rng::Stream;
use crate::{Context, Error};

/// Relative rounding unit of float32.
const UNIT: f64 = f32::EPSILON as f64 / 2.0;

/// Draws made at once, at most: one full panel of the widest instruction set.
const BATCH_MAX: usize = 64;

/// One row in so many, or about that, is found by the blocks that are looked at together.
const WAITING: usize = 4;

/// Pending distances above which the steps' sums are worth several threads.
const PARALLEL_SUMS: usize = 1 << 15;

/// The random numbers of one run.
#[derive(Clone, Copy)]
pub(crate) struct Draws {
    pub(crate) first: Stream,
    pub(crate) trials: Stream,
    pub(crate) keeps: Stream,
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

/// A row and its squared distance to a draw that could bring it nearer when the draw was made.
#[derive(Clone, Copy)]
struct Nearer {
    row: u32,
    distance: f32,
}

/// A draw that waits for its step.
struct Pending {
    row: usize,
    /// Its squared distance to the nearest center when it was drawn.
    closest: f32,
    /// By row.
    nearer: Vec<Nearer>,
}

/// Scratch of a sieve over a block.
#[derive(Default)]
struct Sifting {
    list: Vec<u32>,
    limits: Vec<f32>,
    beyond: Vec<f32>,
    found: Vec<Survivor>,
}

/// Chooses `n_clusters` rows, in the order chosen.
pub(crate) fn choose(
    data: &Data<'_, '_>,
    n_clusters: usize,
    draws: &Draws,
    context: &Context<'_>,
) -> Result<Vec<usize>, Error> {
    let mut seeding = Seeding::new(data, draws, context)?;
    while seeding.chosen.len() < n_clusters {
        context.observer.check()?;
        let trials = seeding.trials(n_clusters, context)?;
        if trials.is_empty() {
            // Every row of weight lies on a center: any rows are as good, the first not yet chosen are definite.
            let mut unused = vec![true; data.points.n_rows()];
            seeding.chosen.iter().for_each(|row| unused[*row] = false);
            let n_missing = n_clusters - seeding.chosen.len();
            let rows = unused.iter().enumerate().filter(|(_, unused)| **unused);
            seeding.chosen.extend(rows.map(|(row, _)| row).take(n_missing));
        } else {
            seeding.step(&trials, context)?;
        }
    }
    Ok(seeding.chosen)
}

struct Seeding<'a, 'p> {
    data: &'a Data<'a, 'p>,
    draws: &'a Draws,
    chosen: Vec<usize>,
    rows: Vec<Row>,
    /// Σ w·closest per block of rows.
    potentials: Vec<f64>,
    pending: VecDeque<Pending>,
    n_drawn: u64,
    n_kept: u64,
    /// Relative error of the distances.
    error: f64,
}

impl<'a, 'p> Seeding<'a, 'p> {
    /// Draws the first center by weight and takes every row's distance to it.
    fn new(data: &'a Data<'a, 'p>, draws: &'a Draws, context: &Context<'_>) -> Result<Self, Error> {
        let points = data.points;
        let n = points.n_rows();
        let first = super::random::choose(n, data.weights, 1, draws.first)[0];
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
        Ok(Self {
            data,
            draws,
            chosen: vec![first],
            rows,
            potentials,
            pending: VecDeque::new(),
            n_drawn: 0,
            n_kept: 0,
            error,
        })
    }

    /// The draws of the next step; none where every row of weight lies on a center.
    fn trials(&mut self, n_clusters: usize, context: &Context<'_>) -> Result<Vec<Pending>, Error> {
        let mut trials = Vec::with_capacity(self.draws.n_trials);
        while trials.len() < self.draws.n_trials {
            let Some(draw) = self.pending.pop_front() else {
                if !self.refill(n_clusters, context)? {
                    break;
                }
                continue;
            };
            let uniform = self.draws.keeps.uniform(self.n_kept);
            self.n_kept += 1;
            if uniform * f64::from(draw.closest) < f64::from(self.rows[draw.row].closest) {
                trials.push(draw);
            }
        }
        Ok(trials)
    }

    /// Draws rows for the coming steps and finds what each can bring nearer; false where there is nothing to draw.
    ///
    /// After t centers a draw brings about n/t rows nearer, so t draws at once keep what is pending within a few n.
    fn refill(&mut self, n_clusters: usize, context: &Context<'_>) -> Result<bool, Error> {
        let (n_trials, n_chosen) = (self.draws.n_trials, self.chosen.len());
        let wanted = (n_clusters - n_chosen) * n_trials;
        let count = n_chosen.next_multiple_of(n_trials).min(BATCH_MAX).max(n_trials).min(wanted);
        let mut drawn = Vec::with_capacity(count);
        for _ in 0..count {
            let Some(row) = self.draw(self.draws.trials.uniform(self.n_drawn)) else {
                return Ok(false);
            };
            self.n_drawn += 1;
            let closest = self.rows[row].closest;
            drawn.push(Pending { row, closest, nearer: Vec::new() });
        }
        let centers: Vec<Comparand> =
            drawn.iter().map(|draw| Comparand::of(self.data.points, draw.row)).collect();
        let panels = self.pack(&drawn);
        // Early draws bring many rows nearer: only some blocks at a time wait to be put in order.
        let n_blocks = self.potentials.len();
        let at_once = n_blocks.div_ceil((WAITING * count).div_ceil(n_chosen));
        for first in (0..n_blocks).step_by(at_once) {
            let blocks = context.pool.map_tasks(
                context.observer,
                at_once.min(n_blocks - first),
                || (Scratch::new(self.data.points.n_features()), Sifting::default()),
                |scratch, block| Ok(self.nearer(first + block, &centers, &panels, scratch)),
            )?;
            for (draw, nearer) in blocks.into_iter().flatten() {
                drawn[draw as usize].nearer.push(nearer);
            }
        }
        self.pending.extend(drawn);
        Ok(true)
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
        let mass = |row: &usize| self.weight(*row) * f64::from(self.rows[*row].closest);
        let mut last = None;
        for row in block_rows(block, BLOCK_ROWS, self.rows.len()).filter(|row| mass(row) > 0.0) {
            last = Some(row);
            left -= mass(&row);
            if left < 0.0 {
                break;
            }
        }
        // Rounding may lead to a last block without mass: then the last row that has any.
        last.or_else(|| (0..self.rows.len()).rev().find(|row| mass(row) > 0.0))
    }

    fn weight(&self, row: usize) -> f64 {
        self.data.weights.map_or(1.0, |weights| weights[row])
    }

    fn pack(&self, drawn: &[Pending]) -> Panels {
        let (points, filter) = (self.data.points, self.data.filter);
        let mut panels = filter.panels(drawn.len());
        let mut values = vec![0.0; points.n_features()];
        let mut tilde = vec![0.0; points.n_features()];
        for (index, draw) in drawn.iter().enumerate() {
            points.read_64(draw.row, &mut values);
            filter.pack(&mut panels, index, &values, &mut tilde);
        }
        panels
    }

    /// The rows of a block that each draw brings nearer, for each draw by row.
    fn nearer(
        &self,
        block: usize,
        centers: &[Comparand],
        panels: &Panels,
        (scratch, sifting): &mut (Scratch, Sifting),
    ) -> Vec<(u32, Nearer)> {
        let data = self.data;
        let range = block_rows(block, BLOCK_ROWS, self.rows.len());
        let Sifting { list, limits, beyond, found } = sifting;
        list.clear();
        list.extend(0..range.len() as u32);
        limits.clear();
        limits.extend(self.rows[range.clone()].iter().map(|row| row.threshold));
        beyond.resize(range.len(), 0.0);
        found.clear();
        let (words, _) = data.filter.block(data.points, data.stored, range.clone(), scratch);
        let part = 0..panels.n_panels();
        let sifted = Sifted { beyond, found };
        sieve(panels, part, (words.rows, words.bands), list, limits, sifted);
        let compared = found.iter().filter_map(|Survivor { row, center }| {
            let row = range.start + *row as usize;
            let distance = centers[*center as usize].distance(data.points, row, scratch);
            let nearer = distance < self.rows[row].closest;
            nearer.then_some((*center, Nearer { row: row as u32, distance }))
        });
        compared.collect()
    }

    /// Chooses the draw that lowers the potential most, ties to the first, and brings rows nearer.
    fn step(&mut self, trials: &[Pending], context: &Context<'_>) -> Result<(), Error> {
        let gain = |trial: &Pending| -> f64 {
            let gains = trial.nearer.iter().map(|nearer| {
                let closest = self.rows[nearer.row as usize].closest;
                let gain = f64::from(closest) - f64::from(nearer.distance);
                self.weight(nearer.row as usize) * gain.max(0.0)
            });
            gains.sum()
        };
        let gains: Vec<f64> =
            if trials.iter().map(|trial| trial.nearer.len()).sum::<usize>() < PARALLEL_SUMS {
                trials.iter().map(gain).collect()
            } else {
                let each = |(): &mut (), trial: usize| Ok(gain(&trials[trial]));
                context.pool.map_tasks(context.observer, trials.len(), || (), each)?
            };
        let best =
            (1..gains.len()).fold(0, |best, at| if gains[at] > gains[best] { at } else { best });
        self.chosen.push(trials[best].row);
        let mut touched = None;
        for nearer in &trials[best].nearer {
            let row = nearer.row as usize;
            if nearer.distance < self.rows[row].closest {
                self.rows[row].approach(nearer.distance, self.error);
                let block = row / BLOCK_ROWS;
                if let Some(last) = touched.replace(block).filter(|last| *last != block) {
                    self.sum_block(last);
                }
            }
        }
        if let Some(last) = touched {
            self.sum_block(last);
        }
        Ok(())
    }

    fn sum_block(&mut self, block: usize) {
        let range = block_rows(block, BLOCK_ROWS, self.rows.len());
        self.potentials[block] = potential(self.data.weights, block, &self.rows[range]);
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
