//! The core distance of every row within its cluster.
//!
//! `(Σ (1/d)^D / (n − 1))^(−1/D)` leaves float64 for a few hundred features. With m the least distance it is
//! `m · (Σ (m/d)^D / (n − 1))^(−1/D)`, where every term is at most one and at least one is one. Distances of zero (to
//! duplicates) are left out of the sum but counted in n; a row with no other distance has a core distance of zero.

use super::Params;
use super::space::Space;
use crate::metrics::Clusters;
use crate::{Context, Error};

/// Rows per task.
const BLOCK_ROWS: usize = 16;

/// Terms below this are left out: 2³² of them are no part of a float64 sum of at least one.
const TERM_MIN: f64 = 1e-27;

/// The core distances by place.
pub(super) fn of(
    space: &Space<'_>,
    clusters: &Clusters,
    params: &Params,
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    let mut cores = vec![0.0; space.n_rows()];
    if params.raw {
        return Ok(cores);
    }
    let owners = clusters.by_place();
    context.pool.map_blocks(
        context.observer,
        &mut cores,
        BLOCK_ROWS,
        || (space.held(), Vec::new()),
        |(held, distances), block, cores| {
            for (place, core) in (block * BLOCK_ROWS..).zip(cores) {
                context.observer.check()?;
                let places = clusters.places(owners[place] as usize);
                space.hold(place, held);
                distances.clear();
                distances.extend(places.map(|other| space.distance(held, other)));
                *core = core_distance(distances, params.dimension);
            }
            Ok(())
        },
    )?;
    Ok(cores)
}

/// The core distance of a row with these distances to the rows of its cluster, itself among them.
fn core_distance(distances: &[f64], dimension: f64) -> f64 {
    let positive = || distances.iter().copied().filter(|distance| *distance > 0.0);
    let least = positive().fold(f64::INFINITY, f64::min);
    if least == f64::INFINITY {
        return 0.0;
    }
    let ratio_min = TERM_MIN.powf(1.0 / dimension);
    let ratios = positive().map(|distance| least / distance).filter(|ratio| *ratio >= ratio_min);
    let sum: f64 = ratios.map(|ratio| ratio.powf(dimension)).sum();
    least * (sum / (distances.len() - 1) as f64).powf(-1.0 / dimension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_distance_may_be_anything() {
        // (2⁻² + 4⁻²)/2 = 5/32
        let expected = (5.0_f64 / 32.0).powf(-0.5);
        for scale in [1.0, 1e-200, 1e200] {
            let distances = [0.0, 2.0 * scale, 4.0 * scale];
            let core = core_distance(&distances, 2.0) / scale;
            assert!((core - expected).abs() < 1e-14, "{scale}: {core}");
        }
        // In many dimensions only the nearest counts, and the power of what it is shared by.
        let core = core_distance(&[0.0, 1.0, 3.0], 4096.0);
        assert!((core - 2.0_f64.powf(1.0 / 4096.0)).abs() < 1e-14, "{core}");
        assert_eq!(core_distance(&[0.0, 0.0, 0.0], 3.0), 0.0);
        assert_eq!(core_distance(&[0.0], 3.0), 0.0);
    }
}
