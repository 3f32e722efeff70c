//! The centroids that a row must be tested against when its own has not moved.

use fastcluster_kernels::panels::Panels;

use crate::centers::Centers;
use crate::filter::Filter;

/// The centroids that moved since the rows' bounds were taken.
pub(crate) struct Moved {
    /// Per centroid.
    flags: Vec<bool>,
    /// The moved centroids, ascending, and their panels.
    pub(super) list: Vec<u32>,
    pub(super) panels: Panels,
}

impl Moved {
    /// Packs the moved centroids; none where so many moved that the short way saves nothing.
    pub(crate) fn new(flags: Vec<bool>, filter: &Filter, centers: &Centers) -> Option<Self> {
        let moved = flags.iter().enumerate().filter(|(_, moved)| **moved);
        let list: Vec<u32> = moved.map(|(index, _)| index as u32).collect();
        if list.len() * 8 > flags.len() * 7 {
            return None;
        }
        let mut panels = filter.panels(list.len());
        let mut tilde = vec![0.0; centers.working(0).len()];
        for (place, index) in list.iter().enumerate() {
            filter.pack(&mut panels, place, centers.working(*index as usize), &mut tilde);
        }
        Some(Self { flags, list, panels })
    }

    /// Whether a centroid moved.
    pub(super) fn is_moved(&self, center: u32) -> bool {
        self.flags[center as usize]
    }
}
