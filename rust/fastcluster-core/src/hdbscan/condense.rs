//! The condensed tree: of all joins, only those of two parts that are large enough to be clusters.
//!
//! Read from the top, a part loses rows at each join below it. Where at least two of a join's children have
//! `min_cluster_size` rows, the part ends and they are new ones; rows of smaller children fall out at the join's λ.
//!
//! # Cost
//! O(n): every row falls out once, and a join is looked at only while its part is large.

use std::collections::VecDeque;

use super::dendrogram::Dendrogram;
use crate::Error;

/// What equal heights are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Ties {
    /// Joins of two, in the order of edges, as in scikit-learn.
    #[default]
    Binary,
    /// One join of all: the clusters do not depend on the order of the rows.
    Merge,
}

/// The condensed tree. Clusters are numbered breadth-first, the root 0; as nodes they follow the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condensed {
    /// Rows.
    pub n_rows: usize,
    /// Per line: the node (`n_rows + cluster`) that something leaves.
    pub parents: Vec<i64>,
    /// What leaves it: a row, or `n_rows + cluster` of a new cluster.
    pub children: Vec<i64>,
    /// At which λ.
    pub lambdas: Vec<f64>,
    /// Rows that leave.
    pub sizes: Vec<i64>,
    /// The cluster that each row falls out of.
    pub(super) row_clusters: Vec<u32>,
    /// At which λ each row falls out.
    pub(super) row_lambdas: Vec<f64>,
    /// Per cluster.
    pub(super) clusters: Vec<Cluster>,
}

/// A part of at least `min_cluster_size` rows, while it stays one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cluster {
    /// The cluster that it split off; the root is its own.
    pub(super) parent: u32,
    /// Its children, which have consecutive numbers.
    pub(super) children: std::ops::Range<u32>,
    /// λ at which it splits off; 0 for the root.
    pub(super) birth: f64,
    /// The largest λ at which something leaves it.
    pub(super) death: f64,
    /// The largest λ at which something leaves it or a cluster below it.
    pub(super) deepest: f64,
    /// Rows at birth.
    pub(super) size: i64,
    /// The sum over its rows of λ at leaving − λ at birth.
    pub(super) stability: f64,
}

impl Condensed {
    /// Condenses the joins.
    ///
    /// # Errors
    /// [`Error::AtLeast`] for a `min_cluster_size` below 2.
    pub fn new(tree: &Dendrogram, min_cluster_size: usize, ties: Ties) -> Result<Self, Error> {
        if min_cluster_size < 2 {
            let (name, found) = ("min_cluster_size", min_cluster_size);
            return Err(Error::AtLeast { name, least: 2, found });
        }
        let mut condensed = Self::empty(tree.n_rows);
        let (rows, starts) = tree.leaf_order();
        let mut children = Vec::new();
        let root = (tree.n_rows > 0).then(|| (tree.root(), 0_u32));
        let mut waiting: VecDeque<(u32, u32)> = root.into_iter().collect();
        while let Some((node, cluster)) = waiting.pop_front() {
            let Some(join) = tree.join_of(node) else { continue };
            let lambda = inverse(tree.heights[join]);
            list_children(tree, join, ties, &mut children);
            let is_large = |child: &u32| tree.size(*child) as usize >= min_cluster_size;
            let splits = children.iter().filter(|child| is_large(child)).count() > 1;
            let mut n_leaving = 0;
            for child in &children {
                let (start, size) = (starts[*child as usize] as usize, tree.size(*child));
                if is_large(child) && !splits {
                    waiting.push_back((*child, cluster));
                    continue;
                }
                n_leaving += i64::from(size);
                if is_large(child) {
                    waiting.push_back((*child, condensed.clusters.len() as u32));
                    condensed.split(cluster, lambda, i64::from(size));
                } else {
                    condensed.drop_rows(&rows[start..start + size as usize], cluster, lambda);
                }
            }
            // One product per join, in order of λ: the sum does not depend on the order of rows.
            let cluster = &mut condensed.clusters[cluster as usize];
            cluster.stability += difference(lambda, cluster.birth) * n_leaving as f64;
        }
        condensed.find_deepest();
        Ok(condensed)
    }

    /// Reads the lines back.
    ///
    /// # Errors
    /// [`Error::BadTree`] where they are not what [`Condensed::new`] makes.
    pub fn of_lines(
        n_rows: usize,
        lines: impl Iterator<Item = (i64, i64, f64, i64)>,
    ) -> Result<Self, Error> {
        let bad = |reason| Err(Error::BadTree { reason });
        let mut condensed = Self::empty(n_rows);
        for (parent, child, lambda, size) in lines {
            let cluster =
                usize::try_from(parent).ok().and_then(|parent| parent.checked_sub(n_rows));
            let Some(cluster) = cluster.filter(|index| *index < condensed.clusters.len()) else {
                return bad("a line's parent must be a cluster that was there before");
            };
            let next = (n_rows + condensed.clusters.len()) as i64;
            let follows = condensed.clusters[cluster].children.is_empty()
                || i64::from(condensed.clusters[cluster].children.end) == next - n_rows as i64;
            if child == next && follows {
                condensed.split(cluster as u32, lambda, size);
            } else if (0..n_rows as i64).contains(&child) {
                condensed.drop_rows(&[child as u32], cluster as u32, lambda);
            } else {
                return bad("a line's child must be a row, or the next cluster");
            }
        }
        condensed.find_deepest();
        Ok(condensed)
    }

    fn empty(n_rows: usize) -> Self {
        Self {
            n_rows,
            row_clusters: vec![0; n_rows],
            row_lambdas: vec![0.0; n_rows],
            clusters: vec![Cluster { size: n_rows as i64, ..Cluster::default() }],
            ..Self::default()
        }
    }

    /// A new cluster leaves `parent`.
    fn split(&mut self, parent: u32, lambda: f64, size: i64) {
        let cluster = self.clusters.len() as u32;
        self.line(parent, (self.n_rows + cluster as usize) as i64, lambda, size);
        let above = &mut self.clusters[parent as usize];
        if above.children.is_empty() {
            above.children.start = cluster;
        }
        above.children.end = cluster + 1;
        self.clusters.push(Cluster { parent, birth: lambda, size, ..Cluster::default() });
    }

    /// Rows fall out of `cluster`.
    fn drop_rows(&mut self, rows: &[u32], cluster: u32, lambda: f64) {
        for row in rows {
            self.line(cluster, i64::from(*row), lambda, 1);
            self.row_clusters[*row as usize] = cluster;
            self.row_lambdas[*row as usize] = lambda;
        }
    }

    fn line(&mut self, cluster: u32, child: i64, lambda: f64, size: i64) {
        self.parents.push((self.n_rows + cluster as usize) as i64);
        self.children.push(child);
        self.lambdas.push(lambda);
        self.sizes.push(size);
        let cluster = &mut self.clusters[cluster as usize];
        cluster.death = cluster.death.max(lambda);
    }

    fn find_deepest(&mut self) {
        for index in (0..self.clusters.len()).rev() {
            let below = self.clusters[index].deepest.max(self.clusters[index].death);
            self.clusters[index].deepest = below;
            let parent = self.clusters[index].parent as usize;
            self.clusters[parent].deepest = self.clusters[parent].deepest.max(below);
        }
    }

    /// The stability of each cluster.
    pub fn stabilities(&self) -> Vec<f64> {
        self.clusters.iter().map(|cluster| cluster.stability).collect()
    }
}

/// λ of a height.
pub(super) fn inverse(height: f64) -> f64 {
    if height > 0.0 { 1.0 / height } else { f64::INFINITY }
}

/// `λ − birth`, nothing where both are infinite.
fn difference(lambda: f64, birth: f64) -> f64 {
    if lambda == birth { 0.0 } else { lambda - birth }
}

/// The children of a join from left to right; under [`Ties::Merge`], children of the same height give way to theirs.
fn list_children(tree: &Dendrogram, join: usize, ties: Ties, children: &mut Vec<u32>) {
    children.clear();
    let mut stack = vec![tree.right[join], tree.left[join]];
    while let Some(node) = stack.pop() {
        match tree.join_of(node) {
            Some(below) if ties == Ties::Merge && tree.heights[below] == tree.heights[join] => {
                stack.extend([tree.right[below], tree.left[below]]);
            }
            _ => children.push(node),
        }
    }
}
