//! How far an approximate tree is from the lightest one.

/// What was measured on some rows of an approximate tree; shares of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approximation {
    /// Rows that were compared with all others, exactly.
    pub n_checked: usize,
    /// The share of their nearest rows that had been found; an equally near one in place of another counts.
    pub recall: f64,
    /// Its standard error, as that of rows drawn at random.
    pub recall_error: f64,
    /// By which share of its weight the lightest tree is exceeded, estimated: rather too much than too little.
    pub excess_weight: f64,
    /// The part of it that the checked rows show: the excess is not less.
    pub excess_seen: f64,
    /// Its standard error.
    pub excess_error: f64,
}

impl Approximation {
    /// What is true of an exact tree of `n_rows` rows.
    pub fn exact(n_rows: usize) -> Self {
        Self {
            n_checked: n_rows,
            recall: 1.0,
            recall_error: 0.0,
            excess_weight: 0.0,
            excess_seen: 0.0,
            excess_error: 0.0,
        }
    }
}
