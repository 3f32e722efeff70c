//! The nearest clusters of many clusters, among all.
//!
//! # Idea
//! Means are packed for the filter of `fastcluster_kernels` in the order of a key (size, or length), so that in each
//! short run of panels one bound on the key turns the distance that a row still cares for into a limit of scores. What
//! the sieve lets through is compared in float64. The limits fall as lists fill.
//!
//! # Cost
//! m·k·d multiply-adds in 8 bits for m searches among k clusters, packing k clusters, and a few dozen exact distances a
//! search.

use std::ops::Range;

use fastcluster_kernels::assign::Rows;
use fastcluster_kernels::panels::{BYTES_FEATURES_MAX, Kind, Panels, RowBand};
use fastcluster_kernels::sieve::{Sifted, Survivor, sieve};
use fastcluster_kernels::{quantize, reduce};

use super::clusters::{Clusters, Pair};
use super::lists::List;
use crate::{Context, Error};

/// Searches handed to a thread at a time: their words stay in cache beside a panel.
const BLOCK: usize = 128;

/// Panels between two looks at the limits; the first run is a single panel, which makes them finite.
const RUN_PANELS: usize = 8;

/// Features from which four of them in a word pay.
const BYTES_FEATURES_MIN: usize = 24;

/// All clusters, packed.
pub(super) struct Packed<'a, 'p> {
    clusters: &'a Clusters<'a, 'p>,
    /// Taken off every mean.
    origin: &'a [f32],
    panels: Panels,
    /// The cluster at each place, by ascending key.
    order: Vec<u32>,
    keys: Vec<f64>,
}

impl<'a, 'p> Packed<'a, 'p> {
    pub(super) fn new(
        clusters: &'a Clusters<'a, 'p>,
        origin: &'a [f32],
        standing: &[u32],
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let d = clusters.points.n_features();
        let bytes = (BYTES_FEATURES_MIN..=BYTES_FEATURES_MAX).contains(&d);
        let kind = if bytes { Kind::Bytes } else { Kind::Floats };
        let mut panels = Panels::new(clusters.level, kind, standing.len(), d);
        let (mut scratch, mut tilde) = (vec![0.0; d], vec![0.0; d]);
        let mut keyed: Vec<(f64, u32)> = standing
            .iter()
            .map(|cluster| {
                let half_norm = match clusters.measure {
                    super::Measure::Ward => 0.0,
                    super::Measure::Cosine => {
                        let mean = clusters.mean(*cluster, &mut scratch);
                        0.5 * reduce::squared_norm(clusters.level, mean)
                    }
                };
                (clusters.measure.key(clusters.size(*cluster), half_norm), *cluster)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (place, (_, cluster)) in keyed.iter().enumerate() {
            context.observer.check()?;
            shift(clusters.mean(*cluster, &mut scratch), origin, &mut tilde);
            panels.set(place, &tilde);
        }
        let (keys, order) = keyed.into_iter().unzip();
        Ok(Self { clusters, origin, panels, order, keys })
    }

    /// Fills the lists of the searching clusters, which go with `lists`.
    pub(super) fn search(
        &self,
        searching: &[u32],
        lists: &mut [List],
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let d = self.clusters.points.n_features();
        let scratch = || Scratch::new(d);
        context.pool.map_blocks(
            context.observer,
            lists,
            BLOCK,
            scratch,
            |scratch, block, lists| {
                let searching = &searching[block * BLOCK..][..lists.len()];
                scratch.fill(self, searching);
                self.block(searching, lists, scratch, context)
            },
        )?;
        Ok(())
    }

    fn block(
        &self,
        searching: &[u32],
        lists: &mut [List],
        scratch: &mut Scratch,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        lists.iter_mut().for_each(List::open);
        let every: Vec<u32> = (0..searching.len() as u32).collect();
        let mut beyond = vec![f32::INFINITY; searching.len()];
        for run in self.runs() {
            context.observer.check()?;
            let key = self.keys[run.start * self.panels.panel_width()];
            let limits: Vec<f32> = searching
                .iter()
                .zip(lists.iter().zip(&scratch.norms))
                .map(|(own, (list, norm))| {
                    let size = f64::from(self.clusters.size(*own));
                    self.clusters.measure.limit(list.reach(), size, *norm, key)
                })
                .collect();
            scratch.found.clear();
            let rows = match self.panels.kind() {
                Kind::Bytes => Rows::Bytes(&scratch.bytes),
                Kind::Floats => Rows::Floats(&scratch.floats),
            };
            let sifted = Sifted { beyond: &mut beyond, found: &mut scratch.found };
            sieve(&self.panels, run, (rows, &scratch.bands), &every, &limits, sifted);
            for survivor in &scratch.found {
                let (own, list) =
                    (searching[survivor.row as usize], &mut lists[survivor.row as usize]);
                let cluster = self.order[survivor.center as usize];
                if cluster != own && !list.holds(cluster) {
                    let distance = self.clusters.between(own, cluster, &mut scratch.pair);
                    list.enter(own, cluster, distance, self.clusters.age(cluster));
                }
            }
        }
        Ok(())
    }

    /// Short runs of panels.
    fn runs(&self) -> impl Iterator<Item = Range<usize>> {
        let n = self.panels.n_panels();
        let rest = (1..n).step_by(RUN_PANELS).map(move |first| first..(first + RUN_PANELS).min(n));
        std::iter::once(0..1.min(n)).chain(rest)
    }
}

fn shift(mean: &[f64], origin: &[f32], out: &mut [f64]) {
    for ((out, value), origin) in out.iter_mut().zip(mean).zip(origin) {
        *out = value - f64::from(*origin);
    }
}

/// The searching clusters of a block as the filter takes them.
struct Scratch {
    tilde: Vec<f64>,
    mean: Vec<f64>,
    rounded: Vec<f32>,
    bytes: Vec<u32>,
    floats: Vec<f32>,
    bands: Vec<RowBand>,
    /// Squared norms of what is packed.
    norms: Vec<f64>,
    found: Vec<Survivor>,
    pair: Pair,
}

impl Scratch {
    fn new(n_features: usize) -> Self {
        Self {
            tilde: vec![0.0; n_features],
            mean: vec![0.0; n_features],
            rounded: vec![0.0; n_features],
            bytes: Vec::new(),
            floats: Vec::new(),
            bands: Vec::new(),
            norms: Vec::new(),
            found: Vec::new(),
            pair: Pair::new(n_features),
        }
    }

    fn fill(&mut self, packed: &Packed<'_, '_>, searching: &[u32]) {
        let (clusters, steps) = (packed.clusters, packed.panels.steps());
        self.floats.clear();
        self.bytes.resize(searching.len() * steps, 0);
        self.bands.clear();
        self.norms.clear();
        for (row, cluster) in searching.iter().enumerate() {
            shift(clusters.mean(*cluster, &mut self.mean), packed.origin, &mut self.tilde);
            let mut lost = 0.0;
            for (rounded, value) in self.rounded.iter_mut().zip(&self.tilde) {
                *rounded = *value as f32;
                lost += (value - f64::from(*rounded)).powi(2);
            }
            let norm = reduce::squared_norm(clusters.level, &self.tilde);
            let residual = above(lost.sqrt());
            self.norms.push(norm);
            self.bands.push(match packed.panels.kind() {
                Kind::Bytes => {
                    let words = &mut self.bytes[row * steps..][..steps];
                    quantize::quantize(clusters.level, &self.rounded, residual, words)
                }
                Kind::Floats => {
                    self.floats.extend_from_slice(&self.rounded);
                    RowBand::of_floats(above(norm.sqrt()) + residual, residual, steps)
                }
            });
        }
    }
}

/// At least the value in float32.
fn above(value: f64) -> f32 {
    (value * 1.000_001) as f32 + f32::MIN_POSITIVE
}
