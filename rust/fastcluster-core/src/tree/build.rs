//! Which row goes to which position, and the boxes.
//!
//! # Idea
//! Every part is halved at the median of the feature in which a sample of it is widest, equal values by row number: so
//! duplicates in masses are halved too, and the result depends on the rows alone. Large parts are halved level by level,
//! all parts of a level in parallel; parts that fit in a cache are copied there and finished by one thread each.
//!
//! # Cost
//! O(n log n) selections; the first level is one thread's.

use fastcluster_kernels::Level;
use fastcluster_kernels::groups::LANES;

use super::Tree;
use super::shape::{self, Groups, LEAF, Node};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Rows that one task finishes alone: 8,192 rows of 5 features are 320 KiB.
const TASK_ROWS: usize = 8_192;

/// Rows of a part that tell in which feature it is widest.
const SAMPLE_ROWS: usize = 128;

/// Rows per block where they are copied.
const COPY_ROWS: usize = 4_096;

impl Tree {
    /// Builds the tree.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn build(points: &Points<'_>, context: &Context<'_>) -> Result<Self, Error> {
        let (n, d) = (points.n_rows(), points.n_features());
        let nodes = shape::plan(n);
        let is_leaf = |node: &u32| {
            let node = nodes[*node as usize];
            node.block == LEAF && !node.is_empty()
        };
        let leaves = (0..nodes.len() as u32).filter(is_leaf).collect();
        let n_groups = n.div_ceil(LANES);
        let mut tree = Self {
            n_rows: n,
            n_features: d,
            scale: points.scale(),
            level: Level::current(),
            lows: vec![f64::INFINITY; nodes.len() * d],
            highs: vec![f64::NEG_INFINITY; nodes.len() * d],
            least_rows: vec![u32::MAX; nodes.len()],
            nodes,
            leaves,
            rows: (0..n as u32).collect(),
            values: vec![f64::INFINITY; n_groups * LANES * d],
        };
        tree.place_rows(&copied(points, context)?, context)?;
        tree.enclose_leaves(context)?;
        tree.enclose_blocks();
        Ok(tree)
    }

    fn place_rows(&mut self, source: &[f64], context: &Context<'_>) -> Result<(), Error> {
        let (n, d) = (self.n_rows, self.n_features);
        let n_groups = n.div_ceil(LANES);
        let (mut n_levels, whole) = (shape::n_levels(n_groups), 0..n_groups);
        let mut parts = vec![whole];
        while n_levels > 0 && parts[0].len() * LANES > TASK_ROWS {
            let mut cut = cut_rows(&mut self.rows, &parts);
            context.pool.map_blocks(
                context.observer,
                &mut cut,
                1,
                Vec::new,
                |keys, part, rows| {
                    halve(source, d, &mut *rows[0], middle(&parts[part]), keys);
                    Ok(())
                },
            )?;
            parts = shape::halved(&parts);
            n_levels -= 1;
        }
        let values = cut_values(&mut self.values, &parts, d);
        let mut cut: Vec<_> = cut_rows(&mut self.rows, &parts).into_iter().zip(values).collect();
        context.pool.map_blocks(
            context.observer,
            &mut cut,
            1,
            || Finisher::new(d),
            |finisher, part, cut| {
                let (rows, values) = &mut cut[0];
                finisher.finish(source, rows, values, 0..parts[part].len(), n_levels);
                Ok(())
            },
        )?;
        Ok(())
    }

    /// Boxes and least rows of the leaves.
    fn enclose_leaves(&mut self, context: &Context<'_>) -> Result<(), Error> {
        let (d, width) = (self.n_features, LANES * self.n_features);
        let (nodes, rows, values) = (&self.nodes, &self.rows, &self.values);
        let lows = self.lows.chunks_mut(width);
        let highs = self.highs.chunks_mut(width);
        let least_rows = self.least_rows.chunks_mut(LANES);
        let mut blocks: Vec<_> = lows.zip(highs).zip(least_rows).collect();
        context.pool.map_blocks(
            context.observer,
            &mut blocks,
            64,
            || (),
            |(), first, blocks| {
                for (block, ((low, high), least)) in (first * 64..).zip(blocks) {
                    for lane in 0..LANES {
                        let Node { start, end, block } = nodes[block * LANES + lane];
                        if block != LEAF || start == end {
                            continue;
                        }
                        for position in start as usize..end as usize {
                            least[lane] = least[lane].min(rows[position]);
                            let group = &values[position / LANES * width + position % LANES..];
                            for feature in 0..d {
                                let (at, value) = (feature * LANES + lane, group[feature * LANES]);
                                low[at] = low[at].min(value);
                                high[at] = high[at].max(value);
                            }
                        }
                    }
                }
                Ok(())
            },
        )?;
        Ok(())
    }

    /// Boxes and least rows of all other nodes: children have their blocks after their parents'.
    fn enclose_blocks(&mut self) {
        let (d, width) = (self.n_features, LANES * self.n_features);
        for node in (0..self.nodes.len()).rev().filter(|node| self.nodes[*node].block != LEAF) {
            let block = self.nodes[node].block as usize;
            for feature in 0..d {
                let children = block * width + feature * LANES;
                let at = node / LANES * width + feature * LANES + node % LANES;
                let (low, high) =
                    (&self.lows[children..][..LANES], &self.highs[children..][..LANES]);
                let low = low.iter().copied().fold(f64::INFINITY, f64::min);
                let high = high.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                (self.lows[at], self.highs[at]) = (low, high);
            }
            let least = &self.least_rows[block * LANES..][..LANES];
            self.least_rows[node] = least.iter().copied().min().unwrap_or(u32::MAX);
        }
    }
}

/// All rows in float64, one after the other.
fn copied(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<f64>, Error> {
    let (n, d) = (points.n_rows(), points.n_features());
    let mut source = vec![0.0; n * d];
    context.pool.map_blocks(
        context.observer,
        &mut source,
        COPY_ROWS * d,
        || (),
        |(), block, out| {
            for (row, out) in block_rows(block, COPY_ROWS, n).zip(out.chunks_mut(d)) {
                points.read_64(row, out);
            }
            Ok(())
        },
    )?;
    Ok(source)
}

/// Rows in the lower half of a part.
fn middle(part: &Groups) -> usize {
    (shape::middle(part) - part.start) * LANES
}

fn cut_rows<'a>(rows: &'a mut [u32], parts: &[Groups]) -> Vec<&'a mut [u32]> {
    let mut rest = rows;
    let cut = |part: &Groups| {
        let n = (part.len() * LANES).min(rest.len());
        let (part, others) = std::mem::take(&mut rest).split_at_mut(n);
        rest = others;
        part
    };
    parts.iter().map(cut).collect()
}

fn cut_values<'a>(values: &'a mut [f64], parts: &[Groups], d: usize) -> Vec<&'a mut [f64]> {
    let mut rest = values;
    let cut = |part: &Groups| {
        let (part, others) = std::mem::take(&mut rest).split_at_mut(part.len() * LANES * d);
        rest = others;
        part
    };
    parts.iter().map(cut).collect()
}

/// A value in the order of floats, as an integer, and the row.
type Key = (u64, u32);

fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Puts the `middle` lower ones of `rows` before the others, by the feature in which a sample of them is widest.
fn halve(source: &[f64], d: usize, rows: &mut [u32], middle: usize, keys: &mut Vec<Key>) {
    if middle >= rows.len() {
        return;
    }
    let feature = widest(source, d, rows);
    keys.clear();
    keys.extend(rows.iter().map(|row| (ordered(source[*row as usize * d + feature]), *row)));
    keys.select_nth_unstable(middle);
    for (row, key) in rows.iter_mut().zip(keys) {
        *row = key.1;
    }
}

/// The feature in which a sample of the rows has its widest range; the first of equally wide ones.
fn widest(source: &[f64], d: usize, rows: &[u32]) -> usize {
    let step = rows.len().div_ceil(SAMPLE_ROWS);
    let range = |feature: usize| {
        let values = rows.iter().step_by(step).map(|row| source[*row as usize * d + feature]);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        high - low
    };
    let mut best = (0, range(0));
    for feature in 1..d {
        let range = range(feature);
        if range > best.1 {
            best = (feature, range);
        }
    }
    best.0
}

/// Finishes a part: its rows copied to where they stay in a cache, and known by their place there.
struct Finisher {
    d: usize,
    local: Vec<f64>,
    places: Vec<u32>,
    keys: Vec<Key>,
}

impl Finisher {
    fn new(d: usize) -> Self {
        Self { d, local: Vec::new(), places: Vec::new(), keys: Vec::new() }
    }

    fn finish(
        &mut self,
        source: &[f64],
        rows: &mut [u32],
        values: &mut [f64],
        whole: Groups,
        n_levels: usize,
    ) {
        let d = self.d;
        // Places have the order of rows, so equal values are halved by row number here too.
        rows.sort_unstable();
        self.local.clear();
        for row in rows.iter() {
            self.local.extend_from_slice(&source[*row as usize * d..][..d]);
        }
        self.places.clear();
        self.places.extend(0..rows.len() as u32);
        let mut parts = vec![whole];
        for _ in 0..n_levels {
            for (places, part) in cut_rows(&mut self.places, &parts).into_iter().zip(&parts) {
                halve(&self.local, d, places, middle(part), &mut self.keys);
            }
            parts = shape::halved(&parts);
        }
        for places in cut_rows(&mut self.places, &parts) {
            places.sort_unstable();
        }
        for (position, place) in self.places.iter().enumerate() {
            let group = &mut values[position / LANES * LANES * d + position % LANES..];
            for feature in 0..d {
                group[feature * LANES] = self.local[*place as usize * d + feature];
            }
        }
        let sorted = rows.to_vec();
        for (row, place) in rows.iter_mut().zip(&self.places) {
            *row = sorted[*place as usize];
        }
    }
}
