//! How far a merged cluster is from the others.

/// The distance between clusters, or the formula that updates it after a merge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// The nearest members.
    Single,
    /// The farthest members.
    Complete,
    /// The mean over all pairs of members.
    Average,
    /// The mean over the two halves merged last.
    Weighted,
    /// The growth in the sum of squared errors.
    Ward,
    /// The means.
    Centroid,
    /// The midpoints, each halfway between those of its halves.
    Median,
}

impl Method {
    /// Every method, in the order of their numbers in the older package.
    pub const ALL: [Self; 7] = [
        Self::Single,
        Self::Complete,
        Self::Average,
        Self::Weighted,
        Self::Ward,
        Self::Centroid,
        Self::Median,
    ];

    /// The method's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Complete => "complete",
            Self::Average => "average",
            Self::Weighted => "weighted",
            Self::Ward => "ward",
            Self::Centroid => "centroid",
            Self::Median => "median",
        }
    }

    /// Whether the formula is one of squared distances.
    pub fn is_squared(self) -> bool {
        matches!(self, Self::Ward | Self::Centroid | Self::Median)
    }
}
