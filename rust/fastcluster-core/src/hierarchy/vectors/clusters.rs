//! The clusters there are: sizes and means.

use fastcluster_kernels::{Level, distance};

use super::measure::{Measure, ward};
use crate::points::Points;

/// A cluster is named by one of its rows. Means of equal rows are the rows themselves, and stay where they are; others
/// are float64: at most n/2 of them.
pub(super) struct Clusters<'a, 'p> {
    pub(super) points: &'a Points<'p>,
    pub(super) measure: Measure,
    pub(super) level: Level,
    sizes: Vec<u32>,
    means: Vec<Option<Box<[f64]>>>,
    /// The cluster that took in each, itself while it stands.
    taken_by: Vec<u32>,
    /// How often each has changed.
    ages: Vec<u32>,
}

/// Two rows, read where they are not kept.
pub(super) struct Pair {
    one: Vec<f64>,
    other: Vec<f64>,
}

impl Pair {
    pub(super) fn new(n_features: usize) -> Self {
        Self { one: vec![0.0; n_features], other: vec![0.0; n_features] }
    }
}

impl<'a, 'p> Clusters<'a, 'p> {
    pub(super) fn new(points: &'a Points<'p>, measure: Measure) -> Self {
        let n = points.n_rows();
        Self {
            points,
            measure,
            level: Level::current(),
            sizes: vec![1; n],
            means: vec![None; n],
            taken_by: (0..n as u32).collect(),
            ages: vec![0; n],
        }
    }

    pub(super) fn size(&self, cluster: u32) -> u32 {
        self.sizes[cluster as usize]
    }

    pub(super) fn age(&self, cluster: u32) -> u32 {
        self.ages[cluster as usize]
    }

    pub(super) fn stands(&self, cluster: u32) -> bool {
        self.taken_by[cluster as usize] == cluster
    }

    /// The cluster that holds this one now.
    pub(super) fn holder(&self, cluster: u32) -> u32 {
        let mut cluster = cluster;
        while !self.stands(cluster) {
            cluster = self.taken_by[cluster as usize];
        }
        cluster
    }

    /// The mean, borrowed or read into `scratch`.
    pub(super) fn mean<'s>(&'s self, cluster: u32, scratch: &'s mut [f64]) -> &'s [f64] {
        if let Some(mean) = &self.means[cluster as usize] {
            return mean;
        }
        self.points.read_64(cluster as usize, scratch);
        scratch
    }

    /// The distance of two clusters.
    pub(super) fn between(&self, one: u32, other: u32, pair: &mut Pair) -> f64 {
        let sizes = [one, other].map(|cluster| f64::from(self.size(cluster)));
        let rows = [one, other].iter().all(|cluster| self.means[*cluster as usize].is_none());
        let plain = rows && self.measure == Measure::Ward;
        if let Some(whole) = self.points.whole_32().filter(|_| plain) {
            let d = self.points.n_features();
            let [x, y] = [one, other].map(|cluster| &whole[cluster as usize * d..][..d]);
            let squared = distance::squared_32(self.level, x, y);
            return ward(squared, sizes[0], sizes[1]);
        }
        let x = (self.mean(one, &mut pair.one), sizes[0]);
        let y = (self.mean(other, &mut pair.other), sizes[1]);
        self.measure.between(self.level, x, y)
    }

    /// Takes `other` into `one`.
    pub(super) fn join(&mut self, one: u32, other: u32) {
        let d = self.points.n_features();
        let (a, b) = (f64::from(self.size(one)), f64::from(self.size(other)));
        let take = |means: &mut Vec<Option<Box<[f64]>>>, cluster: u32| {
            means[cluster as usize].take().unwrap_or_else(|| {
                let mut row = vec![0.0; d];
                self.points.read_64(cluster as usize, &mut row);
                row.into_boxed_slice()
            })
        };
        let (mut mean, addend) = (take(&mut self.means, one), take(&mut self.means, other));
        let (share, rest) = (a / (a + b), b / (a + b));
        for (value, other) in mean.iter_mut().zip(&addend) {
            *value = share * *value + rest * other;
        }
        self.means[one as usize] = Some(mean);
        self.join_equal(one, other);
    }

    /// Takes `other`, whose mean is the same, into `one`.
    pub(super) fn join_equal(&mut self, one: u32, other: u32) {
        self.sizes[one as usize] += self.sizes[other as usize];
        self.ages[one as usize] += 1;
        self.taken_by[other as usize] = one;
    }
}
