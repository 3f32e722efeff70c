//! What can go wrong, as data; the text is made once, here.

/// An error of this crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer rows than clusters.
    #[error(
        "n_samples={n_samples} should be >= n_clusters={n_clusters}.\nhint: pass n_clusters={n_samples} or fewer"
    )]
    TooFewPoints {
        /// Rows given.
        n_samples: usize,
        /// Clusters asked for.
        n_clusters: usize,
    },
    /// A count that must be positive is zero.
    #[error("{name} must be at least 1, got 0")]
    Zero {
        /// The parameter.
        name: &'static str,
    },
    /// More rows than 32-bit row numbers can name.
    #[error("X has {n_samples} rows, at most {max} are supported\nhint: fit a sample, then predict in parts", max = u32::MAX)]
    TooManyPoints {
        /// Rows given.
        n_samples: usize,
    },
    /// Centers and rows have different numbers of features.
    #[error("centers have {n_centers_features} features, but X has {n_features} features")]
    FeatureMismatch {
        /// Features of the centers.
        n_centers_features: usize,
        /// Features of the rows.
        n_features: usize,
    },
    /// Start centers that are not one row of features per cluster.
    #[error("init has {found} values, but {n_clusters} centers of {n_features} features have {needed}", needed = n_clusters * n_features)]
    BadStart {
        /// Values given.
        found: usize,
        /// Clusters asked for.
        n_clusters: usize,
        /// Features of the rows.
        n_features: usize,
    },
    /// Start centers for a method that makes its own.
    #[error(
        "algorithm='hierarchical' makes its own start centers and takes no array as init\nhint: pass init='k-means++', or algorithm='lloyd' to start from centers"
    )]
    GivenStart,
    /// A parameter's length does not fit the rows.
    #[error("{name} has {found} entries, but X has {expected} rows")]
    LengthMismatch {
        /// The parameter.
        name: &'static str,
        /// Entries given.
        found: usize,
        /// Entries needed.
        expected: usize,
    },
    /// A number that names nothing.
    #[error("{name} holds {found}, but its numbers must be below {end}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// The number.
        found: usize,
        /// One more than the largest that is allowed.
        end: usize,
    },
    /// Size bounds that no size meets.
    #[error(
        "size_min={size_min} must be <= size_max={size_max}\nhint: exchange the two, or leave one out"
    )]
    SizesCrossed {
        /// Least rows per cluster.
        size_min: usize,
        /// Most rows per cluster.
        size_max: usize,
    },
    /// Too few rows to fill the clusters.
    #[error("size_min={size_min} needs n_clusters * size_min = {needed} rows, but X has {n_samples}\nhint: pass size_min={most} or less", needed = size_min.saturating_mul(*n_clusters), most = n_samples / n_clusters)]
    SizeMinTooLarge {
        /// Least rows per cluster.
        size_min: usize,
        /// Clusters asked for.
        n_clusters: usize,
        /// Rows given.
        n_samples: usize,
    },
    /// Too many rows for the clusters.
    #[error("size_max={size_max} leaves room for n_clusters * size_max = {room} rows, but X has {n_samples}\nhint: pass size_max={least} or more", room = size_max.saturating_mul(*n_clusters), least = n_samples.div_ceil(*n_clusters))]
    SizeMaxTooSmall {
        /// Most rows per cluster.
        size_max: usize,
        /// Clusters asked for.
        n_clusters: usize,
        /// Rows given.
        n_samples: usize,
    },
    /// A strength of balance that is negative, infinite or no number.
    #[error(
        "balance={balance} must be a finite number >= 0\nhint: 0 is off, 1 is strong; for equal sizes set size_min and size_max"
    )]
    BadBalance {
        /// The strength asked for.
        balance: f64,
    },
    /// More neighbours than centers.
    #[error(
        "n_neighbors={n_neighbors} must be <= n_centers={n_centers}\nhint: pass n_neighbors={n_centers} or fewer"
    )]
    TooFewCenters {
        /// Neighbours asked for.
        n_neighbors: usize,
        /// Centers given.
        n_centers: usize,
    },
    /// More neighbours than other rows.
    #[error(
        "n_neighbors={n_neighbors} must be <= {n_others}, the number of rows to choose from\nhint: pass n_neighbors={n_others} or fewer"
    )]
    TooFewNeighbors {
        /// Neighbours asked for.
        n_neighbors: usize,
        /// Rows that there are.
        n_others: usize,
    },
    /// No row has a positive weight.
    #[error(
        "sample_weight must have at least one positive entry\nhint: leave out the rows that do not count"
    )]
    NoWeight,
    /// A CSR matrix whose parts do not fit each other.
    #[error("X is not a valid CSR matrix: {reason}")]
    BadSparse {
        /// What does not fit.
        reason: &'static str,
    },
    /// The memory limit would be passed.
    #[error(
        "memory_limit={limit} bytes is below the {needed} bytes that this call needs on top of X\nhint: raise memory_limit to {needed}, or pass fewer rows or clusters"
    )]
    Memory {
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The caller asked to stop.
    #[error("the call was cancelled")]
    Cancelled,
}
