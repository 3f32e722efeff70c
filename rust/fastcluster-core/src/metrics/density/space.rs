//! Distances between rows, or read from a matrix.

use fastcluster_kernels::{Level, distance};
use ndarray::ArrayView2;

use crate::metrics::Distance;
use crate::metrics::tiles::{Block, Scratch, distance_error};
use crate::points::{Gathered, Points};
use crate::{Context, Error};

/// What is at which distance of what.
#[derive(Clone, Debug)]
pub enum Space<'a> {
    /// Rows and a distance; the points' metric must be the cosine for [`Distance::Cosine`].
    Rows(Points<'a>, Distance),
    /// A symmetric matrix of distances, and the rows of it that the places stand for, where not all in order.
    Matrix(ArrayView2<'a, f64>, Option<&'a [u32]>),
}

/// One row, held to ask for its distances; and room to read others.
pub(super) struct Held {
    row: usize,
    one_32: Vec<f32>,
    other_32: Vec<f32>,
    one: Vec<f64>,
    other: Vec<f64>,
}

/// Lower bounds of the distances of some rows to some columns; none for a matrix.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'s> {
    distances: &'s [f32],
    width: usize,
    /// What a Euclidean distance is multiplied with to be a bound.
    factor: f64,
    distance: Distance,
}

/// A copy of rows side by side, where they are rows, and what they were copied from.
pub(super) enum Copied<'s, 'a> {
    Rows(Gathered, &'s Points<'a>, Distance),
    Matrix(ArrayView2<'s, f64>),
}

impl<'a> Space<'a> {
    pub(super) fn n_rows(&self) -> usize {
        match self {
            Self::Rows(points, _) => points.n_rows(),
            Self::Matrix(matrix, None) => matrix.nrows(),
            Self::Matrix(_, Some(rows)) => rows.len(),
        }
    }

    /// Copies the listed rows side by side.
    pub(super) fn gather<'s>(
        &'s self,
        rows: &[u32],
        context: &Context<'_>,
    ) -> Result<Copied<'s, 'a>, Error> {
        Ok(match self {
            Self::Rows(points, distance) => {
                Copied::Rows(Gathered::of(points, rows, context)?, points, *distance)
            }
            Self::Matrix(matrix, _) => Copied::Matrix(matrix.view()),
        })
    }

    /// Room for [`Space::hold`].
    pub(super) fn held(&self) -> Held {
        let d = match self {
            Self::Rows(points, _) => points.n_features(),
            Self::Matrix(..) => 0,
        };
        Held {
            row: 0,
            one_32: vec![0.0; d],
            other_32: vec![0.0; d],
            one: vec![0.0; d],
            other: vec![0.0; d],
        }
    }

    /// Holds a row.
    pub(super) fn hold(&self, row: usize, held: &mut Held) {
        held.row = row;
        match self {
            Self::Rows(points, _) if points.is_exact_32() => {
                points.values().read_32(row, &mut held.one_32);
            }
            Self::Rows(points, _) => points.read_64(row, &mut held.one),
            Self::Matrix(..) => {}
        }
    }

    /// Packs columns whose distances are to be bounded.
    pub(super) fn filter(&self, columns: &[u32]) -> Option<Block> {
        match self {
            Self::Rows(points, _) => {
                Some(Block::pack(points, columns, &mut Scratch::new(points.n_features())))
            }
            Self::Matrix(..) => None,
        }
    }

    /// Room for [`Space::bounds`].
    pub(super) fn scratch(&self) -> Scratch {
        Scratch::new(match self {
            Self::Rows(points, _) => points.n_features(),
            Self::Matrix(..) => 0,
        })
    }

    /// Bounds the distances of at most a tile of rows to the columns of the filter.
    pub(super) fn bounds<'s>(
        &self,
        filter: Option<&Block>,
        rows: &[u32],
        scratch: &'s mut Scratch,
        context: &Context<'_>,
    ) -> Result<Bounds<'s>, Error> {
        let (Self::Rows(points, distance), Some(filter)) = (self, filter) else {
            let distance = Distance::Euclidean;
            return Ok(Bounds { distances: &[], width: 0, factor: 0.0, distance });
        };
        filter.distances(points, rows, scratch, context)?;
        let factor = (1.0 - distance_error(points.n_features())).max(0.0);
        Ok(Bounds {
            distances: &scratch.distances,
            width: scratch.distances.len() / rows.len(),
            factor,
            distance: *distance,
        })
    }

    /// The distance of the row that is held to another.
    pub(super) fn distance(&self, held: &mut Held, row: usize) -> f64 {
        match self {
            Self::Rows(points, distance) => {
                let squared = squared(points, held, row);
                match distance {
                    Distance::Euclidean => squared.sqrt(),
                    Distance::SquaredEuclidean => squared,
                    Distance::Cosine if held.row == row => 0.0,
                    Distance::Cosine if points.is_void(row) || points.is_void(held.row) => 1.0,
                    Distance::Cosine => 0.5 * squared,
                }
            }
            Self::Matrix(matrix, None) => matrix[(held.row, row)],
            Self::Matrix(matrix, Some(rows)) => {
                matrix[(rows[held.row] as usize, rows[row] as usize)]
            }
        }
    }
}

impl Bounds<'_> {
    /// At most the distance of a row and a column, by their positions.
    pub(super) fn below(&self, row: usize, column: usize) -> f64 {
        let bound = self.distances.get(row * self.width + column).copied().unwrap_or(0.0);
        let bound = self.factor * f64::from(bound);
        match self.distance {
            Distance::Euclidean => bound,
            Distance::SquaredEuclidean => bound * bound,
            // Zero rows are at distance 1, which is more than half their squared distance.
            Distance::Cosine => 0.5 * bound * bound,
        }
    }
}

impl Copied<'_, '_> {
    /// The copied rows as a space of their own.
    pub(super) fn space<'s>(&'s self, rows: &'s [u32]) -> Space<'s> {
        match self {
            Self::Rows(copied, points, distance) => Space::Rows(copied.points(points), *distance),
            Self::Matrix(matrix) => Space::Matrix(matrix.view(), Some(rows)),
        }
    }
}

fn squared(points: &Points<'_>, held: &mut Held, row: usize) -> f64 {
    let level = Level::current();
    if points.is_exact_32() {
        let other = points.row_32(row, &mut held.other_32);
        return distance::squared_32(level, &held.one_32, other);
    }
    points.read_64(row, &mut held.other);
    distance::squared_64(level, &held.one, &held.other)
}
