//! The slots that still hold a cluster, in ascending order.

/// A sorted list: clusters are visited in the order of their slots, which is what decides ties.
#[derive(Debug)]
pub(super) struct Active {
    slots: Vec<u32>,
}

impl Active {
    pub(super) fn new(n: usize) -> Self {
        Self { slots: (0..n as u32).collect() }
    }

    pub(super) fn all(&self) -> &[u32] {
        &self.slots
    }

    /// Those before `slot` and those after it, whether it is active or not.
    #[inline]
    pub(super) fn around(&self, slot: u32) -> (&[u32], &[u32]) {
        let before = self.slots.partition_point(|other| *other < slot);
        let held = self.slots.get(before) == Some(&slot);
        (&self.slots[..before], &self.slots[before + usize::from(held)..])
    }

    pub(super) fn remove(&mut self, slot: u32) {
        if let Ok(at) = self.slots.binary_search(&slot) {
            self.slots.remove(at);
        }
    }
}
