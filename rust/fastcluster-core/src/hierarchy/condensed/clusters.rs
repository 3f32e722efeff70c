//! Which cluster each slot of the matrix holds, and what it is called.
//!
//! A union is kept in the lower slot of its two: its distances to slots between them and after them then stand in one
//! row, which is read and written in order, while those to slots before them each cost a cache line. What decides ties
//! is another number, the name: a union takes the later name of its two, as if it had been kept in the later slot.

use super::active::Active;

/// Clusters of rows; at first every one in the slot of its name.
#[derive(Debug)]
pub(super) struct Clusters {
    active: Active,
    /// Of each slot.
    names: Vec<u32>,
    sizes: Vec<u32>,
    /// Of each name; that of a cluster which is no more is [`GONE`].
    slots: Vec<u32>,
    /// None of the names before it is left.
    earliest: usize,
}

const GONE: u32 = u32::MAX;

/// A merge of the clusters in slots `low < high`, at squared height where the method squares; the union stays in `low`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Union {
    pub(super) low: u32,
    pub(super) high: u32,
    pub(super) height: f64,
    /// Whether `low` had the later name.
    pub(super) is_crossed: bool,
    /// Rows in each, the one of the earlier name first.
    pub(super) sizes: [f64; 2],
}

impl Clusters {
    /// Clusters of so many rows.
    pub(super) fn new(sizes: Vec<u32>) -> Self {
        let names: Vec<u32> = (0..sizes.len() as u32).collect();
        Self { active: Active::new(sizes.len()), slots: names.clone(), names, sizes, earliest: 0 }
    }

    /// The slots of clusters before `slot` and those after it, ascending.
    #[inline]
    pub(super) fn around(&self, slot: u32) -> (&[u32], &[u32]) {
        self.active.around(slot)
    }

    #[inline]
    pub(super) fn name(&self, slot: u32) -> u32 {
        self.names[slot as usize]
    }

    #[inline]
    pub(super) fn slot(&self, name: u32) -> u32 {
        self.slots[name as usize]
    }

    /// Rows in the cluster of a slot.
    #[inline]
    pub(super) fn size(&self, slot: u32) -> f64 {
        f64::from(self.sizes[slot as usize])
    }

    /// The slot of the earliest name; there is one.
    pub(super) fn first(&mut self) -> u32 {
        while self.slots[self.earliest] == GONE {
            self.earliest += 1;
        }
        self.slots[self.earliest]
    }

    /// Joins the clusters of two slots.
    pub(super) fn join(&mut self, one: u32, other: u32, height: f64) -> Union {
        let (low, high) = (one.min(other), one.max(other));
        let (low_name, high_name) = (self.name(low), self.name(high));
        let is_crossed = low_name > high_name;
        let [n, m] = [low, high].map(|slot| self.size(slot));
        self.active.remove(high);
        self.sizes[low as usize] += self.sizes[high as usize];
        self.slots[low_name.min(high_name) as usize] = GONE;
        self.slots[low_name.max(high_name) as usize] = low;
        self.names[low as usize] = low_name.max(high_name);
        Union { low, high, height, is_crossed, sizes: if is_crossed { [m, n] } else { [n, m] } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_keeps_the_lower_slot_and_the_later_name() {
        let mut clusters = Clusters::new(vec![1, 2, 3, 4]);
        let union = clusters.join(2, 0, 0.5);
        assert_eq!(
            (union.low, union.high, union.is_crossed, union.sizes),
            (0, 2, false, [1.0, 3.0])
        );
        assert_eq!((clusters.name(0), clusters.slot(2), clusters.size(0)), (2, 0, 4.0));
        assert_eq!(clusters.around(1), (&[0][..], &[3][..]));
        assert_eq!(clusters.first(), 1);
        // The one in slot 0 is called 2 by now: the one of slot 1 has the earlier name.
        let union = clusters.join(0, 1, 0.5);
        assert_eq!(
            (union.low, union.high, union.is_crossed, union.sizes),
            (0, 1, true, [2.0, 4.0])
        );
        assert_eq!((clusters.name(0), clusters.slot(2), clusters.first()), (2, 0, 0));
    }
}
