//! Who finds the neighbours.

use super::plain::Plain;
use super::{Links, Near};
use crate::points::Points;
use crate::{Context, Error};

/// A way to find every pair of neighbours.
#[derive(Debug)]
pub enum Engine<'a> {
    /// Each pair of rows is compared in float64.
    Plain(Plain<'a>),
}

impl<'a> Engine<'a> {
    /// The engine for these rows: the one place where engines are chosen.
    pub fn choose(points: &Points<'a>, eps: f64) -> Self {
        Self::Plain(Plain::new(points.clone(), Near::new(points, eps)))
    }

    /// Hands every pair of neighbours to `links`, once.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn feed(&self, links: &Links, context: &Context<'_>) -> Result<(), Error> {
        match self {
            Self::Plain(plain) => plain.feed(links, context),
        }
    }
}
