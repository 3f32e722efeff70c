//! SIMD kernels of fastcluster: nearest-centroid filters, distances, norms, sums and quantisation.
//!
//! This is the only crate of the workspace that may say `unsafe`. It is single-threaded, allocates only what its
//! types own, and knows nothing of algorithms. Each kernel is written once in `generic`, over the few vector
//! operations of a `Simd` proof token, and instantiated per instruction set in `arch`; the public modules
//! check lengths, choose the instantiation by [`Level`], and nothing else.
//!
//! | module | what it offers |
//! |---|---|
//! | [`level`] | which instruction set this process uses, found once |
//! | [`panels`] | centroids packed for the filter, with the error bands that make it rigorous |
//! | [`assign`] | the filter: lower bounds of all scores, the few candidates per row |
//! | [`sieve`] | the filter where a limit is known: the centroids within it, and how far the others are |
//! | [`join`] | the filter for pairs of rows: those within a limit of either |
//! | [`sketch`] | rows and centroids in fewer dimensions, their tails bounded by norms |
//! | [`bounds`] | which rows need which groups of centroids after these have moved |
//! | [`product`] | the same scores written out, for top-m, transforms and seeding |
//! | [`distance`] | squared distances in float64 (the answer) and float32 (the pre-check) |
//! | [`pairwise`] | distances of all pairs of a block of rows and one of columns, but for pairs too near for float32 |
//! | [`groups`] | float64 distances to points and boxes that stand in groups of eight |
//! | [`quantize`] | rows to 8-bit words with a measured residual |
//! | [`reduce`] | sums, norms, extrema |
//! | [`prefetch()`] | memory asked for before it is used |

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into a function with target features is compiled for them"
)]

#[macro_use]
mod arch;
pub mod assign;
pub mod bounds;
pub mod distance;
mod generic;
pub mod groups;
pub mod join;
pub mod level;
pub mod pairwise;
pub mod panels;
pub mod prefetch;
pub mod product;
pub mod quantize;
pub mod reduce;
pub mod sieve;
pub mod sketch;

pub use level::Level;
pub use prefetch::prefetch;
