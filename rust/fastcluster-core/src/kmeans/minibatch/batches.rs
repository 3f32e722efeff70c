//! Which rows each batch holds.
//!
//! # Idea
//! An epoch draws every row once, in a shuffled order, and then shuffles anew: no row waits long, none is drawn twice
//! while others wait, and a given number of draws tells more than draws with replacement do. With weights, the total
//! weight is cut into as many equal parts as there are rows, and an epoch draws once from each part: a row of weight w
//! is drawn n·w/Σw times an epoch, rounded up or down. With equal weights that is the same thing.
//!
//! The parts may be shuffled in blocks of neighbours, so that a file is read in pieces and not row by row: some blocks at
//! random places, then their parts mixed, so that a batch comes from all these places even where a file is in order.
//!
//! # Cost
//! The shuffle (Fisher and Yates) goes only as far as rows are drawn; 4 bytes a row, or a block.

use crate::rng::Stream;

/// How rows are shuffled.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Sampling {
    /// Each row for itself.
    #[default]
    Rows,
    /// Blocks of [`BLOCK_ROWS`] neighbours, for rows that are read from a file.
    Blocks,
}

/// Rows of a block: 96 KiB of 384 float32 features, which a file system reads in one piece.
pub const BLOCK_ROWS: usize = 64;

/// Blocks that are mixed: together 6 MiB of such rows, of which each is read soon after its neighbours.
const MIXED_BLOCKS: usize = 64;

/// Uses of random numbers, kept apart under one seed.
const ORDER: u64 = 1000;
const PLACE_IN_PART: u64 = 1002;
const MIX: u64 = 1004;

/// Draws the rows of one batch after the other.
pub struct Batches {
    n_rows: usize,
    block_rows: usize,
    /// The blocks; shuffled as far as they were drawn.
    order: Vec<u32>,
    /// Blocks drawn in this epoch, and since the beginning.
    n_blocks: usize,
    n_blocks_ever: u64,
    /// Parts of the last blocks drawn, to be taken from the end.
    parts: Vec<u32>,
    n_drawn: u64,
    order_stream: Stream,
    place_stream: Stream,
    mix_stream: Stream,
    /// Cumulated weights; empty where all are one.
    cumulated: Vec<f64>,
}

impl Batches {
    /// The draws from `n_rows` rows, more than none, some of which weigh something.
    pub(super) fn new(
        n_rows: usize,
        weights: Option<&[f64]>,
        sampling: Sampling,
        seed: u64,
    ) -> Self {
        let sum = |sum: &mut f64, weight: &f64| {
            *sum += weight;
            Some(*sum)
        };
        let block_rows = match sampling {
            Sampling::Rows => 1,
            Sampling::Blocks => BLOCK_ROWS,
        };
        Self {
            n_rows,
            block_rows,
            order: (0..n_rows.div_ceil(block_rows) as u32).collect(),
            n_blocks: 0,
            n_blocks_ever: 0,
            parts: Vec::new(),
            n_drawn: 0,
            order_stream: Stream::new(seed, ORDER),
            place_stream: Stream::new(seed, PLACE_IN_PART),
            mix_stream: Stream::new(seed, MIX),
            cumulated: weights
                .map_or_else(Vec::new, |weights| weights.iter().scan(0.0, sum).collect()),
        }
    }

    /// Writes the next `count` rows over `rows`.
    pub fn draw(&mut self, count: usize, rows: &mut Vec<u32>) {
        rows.clear();
        while rows.len() < count {
            if let Some(part) = self.parts.pop() {
                rows.push(self.row(part));
            } else {
                self.draw_parts();
            }
        }
    }

    /// Draws the next parts: that of one row, or those of some blocks of this epoch, mixed.
    fn draw_parts(&mut self) {
        if self.n_blocks == self.order.len() {
            self.n_blocks = 0;
        }
        if self.block_rows == 1 {
            let block = self.next_block();
            self.parts.push(block);
            return;
        }
        for _ in 0..MIXED_BLOCKS.min(self.order.len() - self.n_blocks) {
            let first = self.next_block() as usize * self.block_rows;
            let end = (first + self.block_rows).min(self.n_rows);
            self.parts.extend(first as u32..end as u32);
        }
        for place in 0..self.parts.len() {
            // The draws so far and those before this one in the mix: no number is used twice.
            let number = self.n_drawn + place as u64;
            let other = place + self.mix_stream.below(number, self.parts.len() - place);
            self.parts.swap(place, other);
        }
    }

    /// The next block of this epoch.
    fn next_block(&mut self) -> u32 {
        let n_left = self.order.len() - self.n_blocks;
        let drawn = self.n_blocks + self.order_stream.below(self.n_blocks_ever, n_left);
        self.order.swap(self.n_blocks, drawn);
        let block = self.order[self.n_blocks];
        self.n_blocks += 1;
        self.n_blocks_ever += 1;
        block
    }

    /// A row of part `part` of the weight.
    fn row(&mut self, part: u32) -> u32 {
        self.n_drawn += 1;
        let Some(total) = self.cumulated.last() else { return part };
        let place = f64::from(part) + self.place_stream.uniform(self.n_drawn);
        let target = place / self.n_rows as f64 * total;
        let row = self.cumulated.partition_point(|sum| *sum <= target);
        if row < self.n_rows {
            return row as u32;
        }
        // Rounding led behind the last row that weighs something.
        self.cumulated.partition_point(|sum| sum < total) as u32
    }
}
