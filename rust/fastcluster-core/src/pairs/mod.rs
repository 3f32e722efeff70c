//! Pairs of rows: which are near, for all rows against all rows of one set.
//!
//! # Idea
//! The engine of density clustering in many dimensions. Rows are kept once in 8-bit words (float32 where they have few
//! features); a tile of 256 rows and up to 1,024 columns is scored by the product of words, and a bound from the measured
//! error of rounding excludes nearly all pairs that lie beyond a limit, which may differ by row and by column (see
//! [`fastcluster_kernels::join`]). Only the upper triangle is visited. What is left is decided in float64 where the bounds leave it open, so results are those of a
//! brute force in float64.
//!
//! # Cost
//! n²/2·d multiply-adds in 8 bits, n·d bytes kept; nothing of the size of n².

mod exact;
mod limit;
#[cfg(test)]
mod tests;
mod tiles;
mod words;

pub(crate) use exact::Reader;
pub(crate) use limit::Limit;
pub(crate) use tiles::{Group, Pair, Tile, Visitor, visit, visit_both, visit_groups};
pub(crate) use words::Words;
