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
    /// A count below its least.
    #[error("{name} must be at least {least}, got {found}")]
    AtLeast {
        /// The parameter.
        name: &'static str,
        /// The least that is allowed.
        least: usize,
        /// What was asked for.
        found: usize,
    },
    /// More rows in a neighbourhood than there are.
    #[error(
        "min_samples ({min_samples}) must be at most the number of samples in X ({n_samples})\nhint: pass min_samples={n_samples} or fewer; where min_samples is None it is min_cluster_size"
    )]
    MinSamplesTooLarge {
        /// Rows asked for.
        min_samples: usize,
        /// Rows given.
        n_samples: usize,
    },
    /// Rows of a sparse graph of distances that list too few others.
    #[error(
        "There exists points with fewer than {min_samples} neighbors: row {row} lists {found} others, {needed} are needed\nhint: list at least {needed} other rows for each row, pass a smaller min_samples, or metric_params={{'max_distance': ...}} to stand for missing distances", needed = min_samples - 1
    )]
    TooFewListed {
        /// Rows that make a neighbourhood, the row itself among them.
        min_samples: usize,
        /// The first such row.
        row: usize,
        /// Other rows that it lists.
        found: usize,
    },
    /// Magnitudes whose squares float64 cannot hold side by side.
    #[error(
        "X must not hold magnitudes as far apart as {smallest:e} and {largest:e}: beside the square of the one, that of the other is 0 in float64\nhint: leave out or scale down the rows or columns with the huge values, or pass metric='cosine'"
    )]
    TooWide {
        /// The smallest that is not 0.
        smallest: f64,
        /// The largest.
        largest: f64,
    },
    /// Edges or tables that make no tree.
    #[error("the tree is not valid: {reason}")]
    BadTree {
        /// What does not fit.
        reason: &'static str,
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
    /// A radius that is zero, negative or no number.
    #[error(
        "eps={eps} must be > 0\nhint: eps is the largest distance of two neighbours, in the units of the metric"
    )]
    BadEps {
        /// The radius.
        eps: f64,
    },
    /// Rows of another width than X.
    #[error("{name} have {found} features, but X has {expected} features")]
    WidthMismatch {
        /// The rows.
        name: &'static str,
        /// Their features.
        found: usize,
        /// Features of X.
        expected: usize,
    },
    /// A matrix of distances that is not square.
    #[error(
        "Precomputed matrix must be square. Input is a {n_rows}x{n_columns} matrix.\nhint: row i holds the distances from row i to every row"
    )]
    NotSquare {
        /// Rows given.
        n_rows: usize,
        /// Columns given.
        n_columns: usize,
    },
    /// A distance below zero.
    #[error(
        "Negative values in data: the distance in row {row}, column {column} is {value}\nhint: a similarity s in [0, 1] becomes a distance as 1 - s"
    )]
    NegativeDistance {
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// The value.
        value: f64,
    },
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
    /// A number of labels for which no score is defined.
    #[error(
        "Number of labels is {n_labels}. Valid values are 2 to n_samples - 1 (inclusive)\nhint: X has {n_samples} rows"
    )]
    LabelCount {
        /// Distinct labels.
        n_labels: usize,
        /// Rows given.
        n_samples: usize,
    },
    /// Labels that leave numbers out.
    #[error("labels must take every number below {n_clusters}, at least once in {n_samples} rows")]
    EmptyCluster {
        /// One more than the largest label.
        n_clusters: usize,
        /// Rows given.
        n_samples: usize,
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
    /// Condensed distances of another length than the rows have pairs.
    #[error("X has {found} distances, but {n} rows have {needed} pairs", needed = n * n.saturating_sub(1) / 2)]
    NotCondensed {
        /// Distances given.
        found: usize,
        /// Rows.
        n: usize,
    },
    /// A linkage method that vectors do not serve with this metric.
    #[error(
        "method='{method}' has no form for vectors of this metric\nhint: pass condensed distances"
    )]
    NoVectorForm {
        /// The linkage method.
        method: &'static str,
    },
    /// A given distance that is not a number.
    #[error(
        "X must give no NaN distance, got NaN for rows {one} and {other}\nhint: drop or fill rows with missing values, and drop constant rows where the metric divides by a norm"
    )]
    NanDistance {
        /// A row.
        one: usize,
        /// A later row.
        other: usize,
    },
    /// A distance that stopped being a number.
    #[error(
        "method='{method}' needs distances that stay numbers, got NaN after {n_merges} merges\nhint: 'single' and 'complete' take infinite distances; scale huge ones down"
    )]
    NotANumber {
        /// The linkage method.
        method: &'static str,
        /// Merges done when it happened.
        n_merges: usize,
    },
    /// The caller asked to stop.
    #[error("the call was cancelled")]
    Cancelled,
}
