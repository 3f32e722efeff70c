//! Hierarchical clustering by the textbook: join the two nearest clusters, update the distances, repeat.

use crate::hierarchy::{Merge, Method};

/// The dendrogram of `n` rows from condensed distances; ties go to the first pair of the lowest slots.
///
/// Ward, centroid and median linkage square the distances first. Cubic time.
///
/// # Source
/// Lance and Williams 1967, doi:10.1093/comjnl/9.4.373.
pub fn linkage(condensed: &[f64], n: usize, method: Method) -> Vec<Merge> {
    let squared = method.is_squared();
    let mut table = vec![vec![f64::INFINITY; n]; n];
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    for ((i, j), given) in pairs.zip(condensed) {
        let distance = if squared { given * given } else { *given };
        (table[i][j], table[j][i]) = (distance, distance);
    }
    let mut nodes: Vec<f64> = (0..n).map(|node| node as f64).collect();
    let mut sizes = vec![1.0; n];
    let mut left: Vec<usize> = (0..n).collect();
    let mut merges = Vec::new();
    while left.len() > 1 {
        let (mut i, mut j) = (left[0], left[1]);
        for (at, a) in left.iter().enumerate() {
            for b in &left[at + 1..] {
                if table[*a][*b] < table[i][j] {
                    (i, j) = (*a, *b);
                }
            }
        }
        let height = table[i][j];
        left.retain(|slot| *slot != i);
        for k in left.iter().filter(|slot| **slot != j) {
            let distance = updated(
                method,
                (table[i][*k], table[j][*k], height),
                (sizes[i], sizes[j], sizes[*k]),
            );
            (table[j][*k], table[*k][j]) = (distance, distance);
        }
        sizes[j] += sizes[i];
        let height = if squared { height.sqrt() } else { height };
        merges.push([nodes[i].min(nodes[j]), nodes[i].max(nodes[j]), height, sizes[j]]);
        nodes[j] = (n + merges.len() - 1) as f64;
    }
    merges
}

/// The distance of the union of clusters A and B to C: from those of A to C, B to C and A to B, and the sizes of the
/// three.
fn updated(method: Method, (ac, bc, ab): (f64, f64, f64), (a, b, c): (f64, f64, f64)) -> f64 {
    match method {
        Method::Single => ac.min(bc),
        Method::Complete => ac.max(bc),
        Method::Average => (a * ac + b * bc) / (a + b),
        Method::Weighted => (ac + bc) * 0.5,
        Method::Ward => ((a + c) * ac + (b + c) * bc - c * ab) / (a + b + c),
        Method::Centroid => (a * ac + b * bc) / (a + b) - a * b * ab / (a + b).powi(2),
        Method::Median => ac / 2.0 + bc / 2.0 - ab / 4.0,
    }
}
