//! One point against points and boxes that stand side by side in groups of eight: what trees of few dimensions scan.
//!
//! A group holds eight points feature by feature: `group[feature][lane]`. Boxes stand in two such groups, their low
//! corners and their high ones. Every sum of squares adds its terms in the order of
//! [`squared_64`](crate::distance::squared_64), so a distance has that function's bits. Rounding never exchanges two
//! numbers, so sums of the same order keep the order of their terms: the distance to a box, *as computed*, is at most
//! the computed distance to every point in it, and the largest distance at least that. No bound needs slack.

/// Points or boxes of a group.
pub const LANES: usize = 8;

/// One number for each lane.
pub type Lanes = [f64; LANES];

/// Partial sums of a distance, as in `distance`.
const SUMS: usize = 16;

/// Feature `feature` of group `group`.
#[inline(always)]
fn lanes(groups: &[f64], n_features: usize, group: usize, feature: usize) -> &Lanes {
    let at = (group * n_features + feature) * LANES;
    // The slice has the length of the array, so the default is never made.
    groups[at..at + LANES].first_chunk().unwrap_or(&[0.0; LANES])
}

/// What is squared and summed. Methods of a trait and plain loops, since closures would not be inlined everywhere, and
/// what is not inlined is not compiled for the instruction set.
trait Terms {
    /// The term of each lane.
    fn term(&self, feature: usize) -> Lanes;
}

/// Sums the squared terms of each feature, for each lane, in the order of the distances.
///
/// `D` is the number of features, or 0 where it is known at run time alone. Sums of no terms are left out of the
/// halving: they are zeros, which add nothing.
#[inline(always)]
fn sum_of_squares<const D: usize>(n_features: usize, terms: &impl Terms) -> Lanes {
    let n = if D == 0 { n_features } else { D };
    let mut sums = [[0.0; LANES]; SUMS];
    for feature in 0..n {
        let difference = terms.term(feature);
        let sum = &mut sums[feature % SUMS];
        for lane in 0..LANES {
            sum[lane] += difference[lane] * difference[lane];
        }
    }
    for half in [8, 4, 2, 1] {
        for at in 0..half.min(n.saturating_sub(half)) {
            let upper = sums[at + half];
            for lane in 0..LANES {
                sums[at][lane] += upper[lane];
            }
        }
    }
    sums[0]
}

/// Calls `$run::<D>` with the number of features as a constant where it is small.
macro_rules! with_features {
    ($n_features:expr, $run:ident($($argument:expr),*)) => {
        match $n_features {
            1 => $run::<1>($($argument),*),
            2 => $run::<2>($($argument),*),
            3 => $run::<3>($($argument),*),
            4 => $run::<4>($($argument),*),
            5 => $run::<5>($($argument),*),
            6 => $run::<6>($($argument),*),
            7 => $run::<7>($($argument),*),
            8 => $run::<8>($($argument),*),
            _ => $run::<0>($($argument),*),
        }
    };
}

/// From a point to the points of a group.
struct ToGroup<'a> {
    point: &'a [f64],
    groups: &'a [f64],
    group: usize,
}

impl Terms for ToGroup<'_> {
    #[inline(always)]
    fn term(&self, feature: usize) -> Lanes {
        let values = lanes(self.groups, self.point.len(), self.group, feature);
        let mut differences = [0.0; LANES];
        for lane in 0..LANES {
            differences[lane] = self.point[feature] - values[lane];
        }
        differences
    }
}

#[inline(always)]
fn scan_groups<const D: usize>(
    point: &[f64],
    groups: &[f64],
    limit: f64,
    squared: &mut [Lanes],
) -> u64 {
    let point = if D == 0 { point } else { &point[..D] };
    let mut within = 0;
    for (group, out) in squared.iter_mut().enumerate() {
        let distances = sum_of_squares::<D>(point.len(), &ToGroup { point, groups, group });
        within |= at_most(&distances, limit) << (group * LANES);
        *out = distances;
    }
    within
}

/// A bit for each lane that is at most `limit`.
#[inline(always)]
fn at_most(values: &Lanes, limit: f64) -> u64 {
    let mut bits = [0_u64; LANES];
    for lane in 0..LANES {
        bits[lane] = if values[lane] <= limit { 1 << lane } else { 0 };
    }
    for half in [4, 2, 1] {
        for lane in 0..half {
            bits[lane] |= bits[lane + half];
        }
    }
    bits[0]
}

multiversion! {
    /// Writes the squared distance of the point to each point of the groups, one entry of `squared` a group, and
    /// returns which of them are at most `limit`: bit i is lane i mod 8 of group i / 8.
    ///
    /// # Panics
    /// If the groups have fewer values than `squared` asks for, or `squared` more than eight entries.
    pub fn squared_to_groups(point: &[f64], groups: &[f64], limit: f64, squared: &mut [Lanes]) -> u64 {
        assert!(squared.len() <= 8, "the mask has 64 bits");
        with_features!(point.len(), scan_groups(point, groups, limit, squared))
    }
}

/// A box: its low corner and its high corner. A point is a box whose corners are equal.
#[derive(Clone, Copy, Debug)]
pub struct Corners<'a> {
    /// The least value of each feature.
    pub low: &'a [f64],
    /// The largest value of each feature.
    pub high: &'a [f64],
}

impl<'a> Corners<'a> {
    /// The same, for the compiler of known length.
    #[inline(always)]
    fn cut<const D: usize>(self) -> Self {
        if D == 0 { self } else { Self { low: &self.low[..D], high: &self.high[..D] } }
    }

    /// Low and high values of the eight boxes.
    #[inline(always)]
    fn lanes(&self, n_features: usize, feature: usize) -> (&'a Lanes, &'a Lanes) {
        (lanes(self.low, n_features, 0, feature), lanes(self.high, n_features, 0, feature))
    }
}

/// What separates a box from each of eight, feature by feature.
struct Gaps<'a>(Corners<'a>, Corners<'a>);

impl Terms for Gaps<'_> {
    #[inline(always)]
    fn term(&self, feature: usize) -> Lanes {
        let (low, high) = self.1.lanes(self.0.low.len(), feature);
        let mut gaps = [0.0; LANES];
        for lane in 0..LANES {
            let above = low[lane] - self.0.high[feature];
            let below = self.0.low[feature] - high[lane];
            let gap = if above > below { above } else { below };
            gaps[lane] = if gap > 0.0 { gap } else { 0.0 };
        }
        gaps
    }
}

/// How far a box and each of eight reach together, feature by feature.
struct Reaches<'a>(Corners<'a>, Corners<'a>);

impl Terms for Reaches<'_> {
    #[inline(always)]
    fn term(&self, feature: usize) -> Lanes {
        let (low, high) = self.1.lanes(self.0.low.len(), feature);
        let mut reaches = [0.0; LANES];
        for lane in 0..LANES {
            let above = high[lane] - self.0.low[feature];
            let below = self.0.high[feature] - low[lane];
            reaches[lane] = if above > below { above } else { below };
        }
        reaches
    }
}

#[inline(always)]
fn nearest<const D: usize>(one: Corners<'_>, eight: Corners<'_>) -> Lanes {
    sum_of_squares::<D>(one.low.len(), &Gaps(one.cut::<D>(), eight))
}

#[inline(always)]
fn farthest<const D: usize>(one: Corners<'_>, eight: Corners<'_>) -> Lanes {
    sum_of_squares::<D>(one.low.len(), &Reaches(one.cut::<D>(), eight))
}

multiversion! {
    /// The least squared distance between a point of box `one` and a point of each of the eight boxes.
    pub fn nearest_to_boxes(one: Corners<'_>, eight: Corners<'_>) -> Lanes {
        with_features!(one.low.len(), nearest(one, eight))
    }
}

multiversion! {
    /// The largest squared distance between a point of box `one` and a point of each of the eight boxes.
    pub fn farthest_in_boxes(one: Corners<'_>, eight: Corners<'_>) -> Lanes {
        with_features!(one.low.len(), farthest(one, eight))
    }
}
