//! Every level of the kernels against the scalar one, and all of them against higher precision.
//!
//! | module | what it shows |
//! |---|---|
//! | [`identical`] | distances, sums, norms and the quantiser return the same bits on every level |
//! | [`oracles`] | those bits are right: within their stated error of a 106-bit result |
//! | [`quantizer`] | a row's band holds what centring and rounding lost |
//! | [`bounds`] | the filter's lower and upper bounds enclose the true score, on hostile data |
//! | [`candidates`] | no centroid that can be the label is ever dropped, ties included |
//! | [`few`] | rows of few features decided at once: the nearest is, and leads by what is told |
//! | [`pairwise`] | distances of pairs are within their error, near pairs are listed, on every level |
//! | [`sieve`] | a sieve lists exactly the centroids within a row's limit, and keeps the least bound of the others |
//! | [`sketch`] | bounds of projected rows and centroids never exceed the true score, whatever the directions |
//! | [`ageing`] | bounds that outlive a pass are never worth more than what they stand for |
//! | [`groups`] | points and boxes in groups of eight have the distances of the definition, and bounds without slack |
//! | [`shapes`] | every number of centroids and features, gaps and repetitions in the row list, padding |
//! | [`properties`] | the same for arbitrary values of any magnitude (proptest) |
//! | [`join`] | pairs of rows within limits of either |
//! | [`level_cap`] | `FASTCLUSTER_ISA` caps the level of a process |
//! | [`refusals`] | wrong lengths panic instead of reading out of bounds |
//!
//! # Known weaknesses
//! Levels that this CPU lacks are not run. Values whose squares overflow float32 are out of scope: the callers scale
//! such data first.

mod ageing;
mod bounds;
mod candidates;
mod exact;
mod few;
mod filter;
mod groups;
mod hostile;
mod identical;
mod join;
mod level_cap;
mod oracles;
mod pairwise;
mod properties;
mod quantizer;
mod random;
mod refusals;
mod shapes;
mod sieve;
mod sketch;
