//! The centroids that a row must be tested against when its own has not moved.

use fastcluster_kernels::panels::Panels;

use super::Drift;
use crate::centers::Centers;
use crate::filter::Filter;

/// The centroids that moved since the rows' bounds were taken.
pub(crate) struct Moved {
    /// Their numbers, ascending.
    pub(super) list: Vec<u32>,
    pub(super) panels: Panels,
}

impl Moved {
    /// Packs the moved centroids; none where so many moved that the short way saves nothing.
    pub(crate) fn new(drift: &Drift, filter: &Filter, centers: &Centers) -> Option<Self> {
        let moved = (0..centers.len()).filter(|index| drift.is_moved(*index));
        let list: Vec<u32> = moved.map(|index| index as u32).collect();
        if list.len() * 8 > centers.len() * 7 {
            return None;
        }
        let mut panels = filter.panels(list.len());
        let mut tilde = vec![0.0; centers.n_features()];
        for (place, index) in list.iter().enumerate() {
            filter.pack_center(&mut panels, place, centers, *index as usize, &mut tilde);
        }
        Some(Self { list, panels })
    }
}
