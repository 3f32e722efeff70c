//! Labels, checked, and the rows in the order of their labels.

use std::ops::Range;

use crate::Error;

/// The rows of every cluster.
#[derive(Clone, Debug)]
pub struct Clusters {
    labels: Vec<u32>,
    /// Rows by cluster, within a cluster ascending.
    order: Vec<u32>,
    /// Where each cluster begins in `order`, and the end.
    starts: Vec<usize>,
}

impl Clusters {
    /// Takes one label a row, numbers from 0 without a gap.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::EmptyCluster`].
    pub fn new(labels: Vec<u32>, n_rows: usize) -> Result<Self, Error> {
        if labels.len() != n_rows {
            let (name, found) = ("labels", labels.len());
            return Err(Error::LengthMismatch { name, found, expected: n_rows });
        }
        let n_clusters = labels.iter().max().map_or(0, |largest| *largest as usize + 1);
        if n_clusters > n_rows {
            return Err(Error::EmptyCluster { n_clusters, n_samples: n_rows });
        }
        let mut starts = vec![0; n_clusters + 1];
        for label in &labels {
            starts[*label as usize + 1] += 1;
        }
        if starts[1..].contains(&0) {
            return Err(Error::EmptyCluster { n_clusters, n_samples: n_rows });
        }
        for cluster in 0..n_clusters {
            starts[cluster + 1] += starts[cluster];
        }
        let mut next = starts.clone();
        let mut order = vec![0; n_rows];
        for (row, label) in (0_u32..).zip(&labels) {
            let place = &mut next[*label as usize];
            order[*place] = row;
            *place += 1;
        }
        Ok(Self { labels, order, starts })
    }

    /// Refuses fewer than two clusters, and clusters of one row each.
    ///
    /// # Errors
    /// [`Error::LabelCount`].
    pub fn check_count(&self) -> Result<(), Error> {
        let (n_labels, n_samples) = (self.n_clusters(), self.labels.len());
        if (2..n_samples).contains(&n_labels) {
            return Ok(());
        }
        Err(Error::LabelCount { n_labels, n_samples })
    }

    /// Clusters.
    pub fn n_clusters(&self) -> usize {
        self.starts.len() - 1
    }

    /// The label of a row.
    pub(crate) fn label(&self, row: usize) -> usize {
        self.labels[row] as usize
    }

    /// Rows in the order of their labels.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The places of a cluster's rows in the order.
    pub(crate) fn places(&self, cluster: usize) -> Range<usize> {
        self.starts[cluster]..self.starts[cluster + 1]
    }

    /// The same clusters of rows that stand in their order.
    pub(crate) fn in_order(&self) -> Self {
        let order = (0..self.order.len() as u32).collect();
        Self { labels: self.by_place(), order, starts: self.starts.clone() }
    }

    /// The cluster of every place.
    pub(crate) fn by_place(&self) -> Vec<u32> {
        self.order.iter().map(|row| self.labels[*row as usize]).collect()
    }

    /// Rows of a cluster.
    pub(crate) fn size(&self, cluster: usize) -> usize {
        self.places(cluster).len()
    }

    /// The clusters that some places of the order belong to, with their part of these places.
    pub(crate) fn segments(
        &self,
        places: Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
        let first = self.label(self.order[places.start] as usize);
        (first..self.n_clusters())
            .map(move |cluster| {
                let own = self.places(cluster);
                (cluster, own.start.max(places.start)..own.end.min(places.end))
            })
            .take_while(|(_, part)| !part.is_empty())
    }
}
