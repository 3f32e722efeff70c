//! Who finds the neighbours.

use super::plain::Plain;
use super::tiles::Tiles;
use super::{Links, Near};
use crate::points::Points;
use crate::{Context, Error};

/// A way to find every pair of neighbours.
#[derive(Debug)]
pub enum Engine<'a> {
    /// Each pair of rows is compared in float64.
    Plain(Plain<'a>),
    /// A filter in 8 bits leaves few pairs to compare.
    Tiles(Tiles<'a>),
}

impl<'a> Engine<'a> {
    /// The engine for these rows; `with_words` where tiles suit them and there is room.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn choose(
        points: &Points<'a>,
        eps: f64,
        with_words: bool,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let (points, near) = (points.clone(), Near::new(points, eps));
        if with_words {
            return Ok(Self::Tiles(Tiles::new(points, near, context)?));
        }
        Ok(Self::Plain(Plain::new(points, near)))
    }

    /// Hands every pair of neighbours to `links`, once.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn feed(&self, links: &Links, context: &Context<'_>) -> Result<(), Error> {
        match self {
            Self::Plain(plain) => plain.feed(links, context),
            Self::Tiles(tiles) => tiles.feed(links, context),
        }
    }
}
