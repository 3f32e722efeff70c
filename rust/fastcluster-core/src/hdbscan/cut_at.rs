//! DBSCAN*: the parts at one height, without border rows.

use super::dendrogram::Dendrogram;
use crate::Error;
use crate::graph::Edge;

/// Labels of the parts that joins *below* `height` make; parts of fewer than `min_cluster_size` rows are noise, −1.
///
/// Numbered as scikit-learn does: by the row that stands for a part when joins are unions by rank.
///
/// # Errors
/// Those of [`Dendrogram::new`].
pub fn cut_at(
    n_rows: usize,
    edges: &[Edge],
    height: f64,
    min_cluster_size: usize,
) -> Result<Vec<i64>, Error> {
    let tree = Dendrogram::new(n_rows, edges)?;
    let n_joins = tree.heights.partition_point(|other| *other < height);
    // Of each node: the row that stands for it, and its rank.
    let mut stands: Vec<(u32, u32)> = (0..n_rows as u32).map(|row| (row, 0)).collect();
    for (left, right) in tree.left.iter().zip(&tree.right).take(n_joins) {
        let (left, right) = (stands[*left as usize], stands[*right as usize]);
        // The join is a set of its own, of rank 0, that the left part takes in first.
        let rank = left.1.max(1);
        stands.push(match right.1.cmp(&rank) {
            std::cmp::Ordering::Less => (left.0, rank),
            std::cmp::Ordering::Equal => (right.0, rank + 1),
            std::cmp::Ordering::Greater => right,
        });
    }
    let mut tops: Vec<u32> = (0..(n_rows + n_joins) as u32).collect();
    for join in (0..n_joins).rev() {
        tops[tree.left[join] as usize] = tops[n_rows + join];
        tops[tree.right[join] as usize] = tops[n_rows + join];
    }
    let mut labels_of_rows = vec![-1; n_rows];
    let mut parts: Vec<(u32, u32)> = tops
        .iter()
        .enumerate()
        .filter(|(node, top)| {
            *node == **top as usize && tree.size(**top) as usize >= min_cluster_size
        })
        .map(|(_, top)| (stands[*top as usize].0, *top))
        .collect();
    parts.sort_unstable();
    let mut labels_of_nodes = vec![-1; n_rows + n_joins];
    for (label, (_, top)) in parts.iter().enumerate() {
        labels_of_nodes[*top as usize] = label as i64;
    }
    for (label, top) in labels_of_rows.iter_mut().zip(&tops) {
        *label = labels_of_nodes[*top as usize];
    }
    Ok(labels_of_rows)
}
