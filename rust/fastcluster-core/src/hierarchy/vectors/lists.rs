//! What each cluster knows of its neighbours: a short list, and how far all others are at least.
//!
//! # Idea
//! For reducible methods a union is never nearer to a third cluster than the nearer half was. So when listed clusters
//! are joined, their union takes their place in the list, and the bound on all others holds as it is. The nearest
//! listed cluster is the nearest of all while it is within the bound; only then must all clusters be searched again.

use super::clusters::{Clusters, Pair};
use super::measure::order;

/// Clusters listed by a search.
pub(super) const LISTED: usize = 8;

/// A neighbour.
#[derive(Clone, Copy, Debug)]
struct Entry {
    cluster: u32,
    /// How often it had changed when the distance was computed; [`STALE`] for none.
    age: u32,
    distance: f64,
}

const STALE: u32 = u32::MAX;

/// The neighbours of a cluster.
#[derive(Clone, Debug)]
pub(super) struct List {
    entries: Vec<Entry>,
    /// At most the distance of every cluster that is not listed.
    floor: f64,
}

impl List {
    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Self { entries: Vec::new(), floor: 0.0 }
    }

    pub(super) fn floor(&self) -> f64 {
        self.floor
    }

    /// The nearest listed cluster and its distance.
    pub(super) fn first(&self) -> Option<(u32, f64)> {
        self.entries.first().map(|entry| (entry.cluster, entry.distance))
    }

    /// The nearest cluster, if it is known.
    pub(super) fn nearest(&self) -> Option<(u32, f64)> {
        self.first().filter(|(_, distance)| *distance <= self.floor)
    }

    /// Brings the entries of `own` up to date and in order.
    pub(super) fn refresh(&mut self, own: u32, clusters: &Clusters<'_, '_>, pair: &mut Pair) {
        let current = |entry: &Entry| {
            clusters.stands(entry.cluster) && clusters.age(entry.cluster) == entry.age
        };
        if self.entries.iter().all(current) {
            return;
        }
        for entry in &mut self.entries {
            let holder = clusters.holder(entry.cluster);
            if holder != entry.cluster {
                *entry = Entry { cluster: holder, age: STALE, distance: 0.0 };
            }
        }
        self.entries.retain(|entry| entry.cluster != own);
        self.entries.sort_unstable_by_key(|entry| (entry.cluster, entry.age));
        self.entries.dedup_by_key(|entry| entry.cluster);
        for entry in &mut self.entries {
            let age = clusters.age(entry.cluster);
            if entry.age != age {
                let distance = clusters.between(own, entry.cluster, pair);
                *entry = Entry { age, distance, ..*entry };
            }
        }
        self.sort(own);
        self.shorten();
    }

    /// Enters a cluster that is not listed yet.
    pub(super) fn enter(&mut self, own: u32, cluster: u32, distance: f64, age: u32) {
        let entry = Entry { cluster, age, distance };
        let key = |entry: &Entry| (entry.distance, own, entry.cluster);
        let at = self.entries.partition_point(|other| order(key(other), key(&entry)).is_lt());
        if at < LISTED {
            self.entries.insert(at, entry);
            self.shorten();
        } else {
            self.floor = self.floor.min(distance);
        }
    }

    pub(super) fn holds(&self, cluster: u32) -> bool {
        self.entries.iter().any(|entry| entry.cluster == cluster)
    }

    /// Begins a search that will enter every cluster within [`List::reach`].
    pub(super) fn open(&mut self) {
        self.floor = f64::INFINITY;
        self.shorten();
    }

    /// Farther clusters need not be entered.
    pub(super) fn reach(&self) -> f64 {
        if self.entries.len() < LISTED {
            return f64::INFINITY;
        }
        self.entries[LISTED - 1].distance
    }

    /// Takes what another list knows, where its owner is taken in; every distance is then to be computed again.
    pub(super) fn absorb(&mut self, other: &mut Self, floor: f64) {
        self.entries.append(&mut other.entries);
        other.entries = Vec::new();
        self.entries.iter_mut().for_each(|entry| entry.age = STALE);
        self.floor = floor;
    }

    fn sort(&mut self, own: u32) {
        let key = |entry: &Entry| (entry.distance, own, entry.cluster);
        self.entries.sort_unstable_by(|a, b| order(key(a), key(b)));
    }

    fn shorten(&mut self) {
        if let Some(first) = self.entries.get(LISTED) {
            self.floor = self.floor.min(first.distance);
            self.entries.truncate(LISTED);
        }
    }
}
