//! Which centroids share a panel: near ones, so that a row far from one of a group is far from all.
//!
//! # Idea
//! The centroids are halved again and again by which of two of them is nearer, the two being far apart. Any order gives
//! the same labels; a good one lets rows pass over more groups.
//!
//! # Cost
//! About 6·k·d·log₂(k / width) operations in float64.

use fastcluster_kernels::Level;
use fastcluster_kernels::panels::Panels;

use crate::centers::Centers;
use crate::filter::Filter;

/// Groups per row at most: 2 bytes each are kept, a quarter of what the words of 384 features take.
const GROUPS_MAX: usize = 48;

/// Centroids in the narrowest panels, which not every instruction set has wider ones than.
const PANEL_WIDTH_MIN: usize = 16;

/// Centroids in panel order, in groups of whole panels.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The centroid at each place.
    pub(super) order: Vec<u32>,
    /// The place of each centroid.
    pub(super) places: Vec<u32>,
    /// Places per group; the last may have fewer.
    pub(super) width: usize,
    /// Panels per group.
    pub(super) n_panels: usize,
}

impl Layout {
    /// Orders the centroids for panels like these.
    pub(super) fn of(centers: &Centers, panels: &Panels) -> Self {
        let k = centers.len();
        let n_panels = Self::n_panels_of(panels);
        let mut order: Vec<u32> = (0..k as u32).collect();
        halve(centers, &mut order, panels.panel_width());
        let mut places = vec![0; k];
        for (place, center) in order.iter().enumerate() {
            places[*center as usize] = place as u32;
        }
        Self { order, places, width: n_panels * panels.panel_width(), n_panels }
    }

    /// How many centroids a panel should hold.
    pub(super) fn panel_width(n_centers: usize) -> usize {
        match n_centers {
            0..=512 => PANEL_WIDTH_MIN,
            513..=1536 => 32,
            _ => 64,
        }
    }

    /// How many groups there are at most, on any instruction set.
    pub(super) fn n_groups_most(n_centers: usize) -> usize {
        n_centers.div_ceil(PANEL_WIDTH_MIN).min(GROUPS_MAX)
    }

    /// Panels per group, of panels like these.
    fn n_panels_of(panels: &Panels) -> usize {
        panels.n_panels().div_ceil(GROUPS_MAX)
    }

    /// How many groups panels like these come to.
    pub(super) fn n_groups_of(panels: &Panels) -> usize {
        panels.n_panels().div_ceil(Self::n_panels_of(panels).max(1))
    }

    pub(super) fn n_groups(&self) -> usize {
        self.order.len().div_ceil(self.width)
    }

    /// How many centroids a group has.
    pub(super) fn members(&self, group: usize) -> usize {
        self.width.min(self.order.len() - group * self.width)
    }

    /// The group of a centroid.
    pub(super) fn group(&self, center: u32) -> usize {
        self.places[center as usize] as usize / self.width
    }

    /// Packs the centroids in this order.
    pub(super) fn pack(&self, filter: &Filter, centers: &Centers, panels: &mut Panels) {
        let mut tilde = vec![0.0; centers.n_features()];
        for (place, center) in self.order.iter().enumerate() {
            filter.pack_center(panels, place, centers, *center as usize, &mut tilde);
        }
    }
}

/// Orders the centroids of a part: what is nearer to one pole before what is nearer to the other.
fn halve(centers: &Centers, part: &mut [u32], width: usize) {
    if part.len() <= width {
        return;
    }
    let level = Level::current();
    let from = |pole: u32| {
        move |index: &u32| centers.squared_between(level, pole as usize, *index as usize)
    };
    let farthest = |pole: u32| {
        let distances = part.iter().map(|index| (from(pole)(index), *index));
        distances.fold((-1.0, pole), |most, other| if other.0 > most.0 { other } else { most }).1
    };
    let first = farthest(part[0]);
    let second = farthest(first);
    let mut keyed: Vec<(f64, u32)> =
        part.iter().map(|index| (from(first)(index) - from(second)(index), *index)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (slot, (_, index)) in part.iter_mut().zip(keyed) {
        *slot = index;
    }
    let middle = (part.len() / 2).next_multiple_of(width).min(part.len() - 1);
    let (low, high) = part.split_at_mut(middle);
    halve(centers, low, width);
    halve(centers, high, width);
}
