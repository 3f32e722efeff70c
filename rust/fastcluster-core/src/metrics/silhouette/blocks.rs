//! The order of the rows, cut into blocks of columns.
//!
//! A block shares one origin, so it should lie in one cluster: what float32 loses in a distance is a share of the
//! distances from the origin. Large clusters are therefore cut evenly, small ones are put together.

use std::ops::Range;

use crate::metrics::Clusters;

/// Columns of a block at most: 96 rows of distances to it take 384 KiB.
const COLUMNS_MAX: usize = 1024;

/// Columns of a block at least, where clusters are large enough.
const COLUMNS_MIN: usize = 128;

/// Blocks that there should be at least, so that all threads have work.
const BLOCKS_WANTED: usize = 32;

/// The places of each block.
pub(super) fn cut(clusters: &Clusters) -> Vec<Range<usize>> {
    let n = clusters.order().len();
    let most = n.div_ceil(BLOCKS_WANTED).clamp(COLUMNS_MIN, COLUMNS_MAX);
    let mut blocks = Vec::new();
    let mut begun = 0;
    for cluster in 0..clusters.n_clusters() {
        let places = clusters.places(cluster);
        let small = places.len() <= most / 2;
        if begun < places.start && (!small || places.end - begun > most) {
            blocks.push(begun..places.start);
            begun = places.start;
        }
        if !small {
            let n_parts = places.len().div_ceil(most);
            let part = places.len().div_ceil(n_parts);
            let parts = places.clone().step_by(part);
            blocks.extend(parts.map(|first| first..(first + part).min(places.end)));
            begun = places.end;
        }
    }
    if begun < n {
        blocks.push(begun..n);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_the_order_and_keep_large_clusters_apart() {
        // 3 large clusters, one of them cut in three, among small ones.
        let sizes = [5, 2500, 70, 60, 2, 900, 800, 1, 600, 600];
        let labels: Vec<u32> =
            (0_u32..).zip(sizes).flat_map(|(label, size)| vec![label; size]).collect();
        let n = labels.len();
        let clusters = Clusters::new(labels, n).unwrap();
        let blocks = cut(&clusters);
        let most = n.div_ceil(BLOCKS_WANTED).clamp(COLUMNS_MIN, COLUMNS_MAX);
        let mut end = 0;
        for block in &blocks {
            assert_eq!(block.start, end);
            assert!((1..=most).contains(&block.len()), "{block:?}");
            let largest = clusters.segments(block.clone()).map(|(c, _)| clusters.size(c)).max();
            if largest > Some(most / 2) {
                assert_eq!(clusters.segments(block.clone()).count(), 1, "{block:?}");
            }
            end = block.end;
        }
        assert_eq!(end, n);
    }
}
