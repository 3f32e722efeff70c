//! Which centers a row is compared with: those near its current one.
//!
//! # Idea
//! Centers are put into groups of a few that lie close together. The rows of a group's centers are compared with every
//! center that is among the nearest of any of the group: a small dense problem, for which panels are packed once and
//! used by thousands of rows. The list of a row is thus its own center's neighbours and those of its center's
//! companions.

use ndarray::ArrayView2;

use super::{Seeds, Use};
use crate::centers::CenterValues;
use crate::kmeans::{Init, Params, lloyd};
use crate::neighbors::nearest;
use crate::points::{Points, Values};
use crate::{Context, Error};

/// Centers per group, about: their lists overlap so far that the union is a few times one of them, and packing it is
/// small beside scoring the group's rows.
const GROUP_CENTERS: usize = 16;

/// Iterations that make groups: any grouping is valid, a good one makes short lists.
const GROUP_ITERATIONS: usize = 4;

/// Groups of centers, and the centers that each group's rows are compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lists {
    /// The group of each center.
    pub(super) groups: Vec<u32>,
    /// The centers of each group's list, ascending.
    pub(super) lists: Vec<Vec<u32>>,
}

impl Lists {
    /// The union of the `n_neighbors` nearest centers of each center of a group, itself included.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn new(
        centers: &CenterValues,
        like: &Points<'_>,
        groups: Vec<u32>,
        n_neighbors: usize,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let n_groups = groups.iter().max().map_or(0, |last| *last as usize + 1);
        let points = as_points(centers, like, context)?;
        let n_neighbors = n_neighbors.clamp(1, groups.len());
        let d = like.n_features();
        let (_, near) = nearest(&points, centers.clone(), d, n_neighbors, context)?;
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); n_groups];
        for (center, near) in (0_u32..).zip(near.chunks(n_neighbors)) {
            let list = &mut lists[groups[center as usize] as usize];
            list.extend(near.iter().map(|index| *index as u32));
            // Of centers in one place, the nearest may all be others.
            list.push(center);
        }
        for list in &mut lists {
            list.sort_unstable();
            list.dedup();
        }
        Ok(Self { groups, lists })
    }
}

/// Groups of centers that lie close together.
pub(super) fn group(
    centers: &CenterValues,
    like: &Points<'_>,
    seeds: Seeds,
    context: &Context<'_>,
) -> Result<Vec<u32>, Error> {
    let points = as_points(centers, like, context)?;
    let params = Params {
        n_clusters: points.n_rows().div_ceil(GROUP_CENTERS),
        max_iter: GROUP_ITERATIONS,
        seed: seeds.stream(Use::Groups).bits(0),
        ..Params::default()
    };
    let fitted = lloyd::fit(&points, None, &Init::Random, &params, context)?;
    Ok(fitted.labels.into_iter().map(i32::cast_unsigned).collect())
}

/// Centers as rows, with the metric of `like`.
fn as_points<'c>(
    centers: &'c CenterValues,
    like: &Points<'_>,
    context: &Context<'_>,
) -> Result<Points<'c>, Error> {
    let d = like.n_features();
    let shape = (centers.len() / d, d);
    let values = match centers {
        CenterValues::Single(values) => ArrayView2::from_shape(shape, values).map(Values::F32),
        CenterValues::Double(values) => ArrayView2::from_shape(shape, values).map(Values::F64),
    };
    // The shape is made of the length.
    let values = values.map_err(|_| Error::Zero { name: "n_centers" })?;
    Points::new(values, like.metric(), context)
}
