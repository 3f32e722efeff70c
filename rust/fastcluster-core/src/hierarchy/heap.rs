//! A binary heap of slots by key, whose keys may change.
//!
//! Equal keys leave the heap in an order that depends on how it is kept: children move up only where they are strictly
//! less, the left one where both are. That order is part of the results of centroid and median linkage on ties.

/// Slots 0 to n − 1, the one of the least key on top.
#[derive(Debug)]
pub(super) struct Heap {
    keys: Vec<f64>,
    /// The slots, every one at most as large in key as the two at twice its place.
    slots: Vec<u32>,
    places: Vec<u32>,
}

impl Heap {
    pub(super) fn new(keys: Vec<f64>) -> Self {
        let slots: Vec<u32> = (0..keys.len() as u32).collect();
        let mut heap = Self { places: slots.clone(), slots, keys };
        for place in (0..heap.slots.len() / 2).rev() {
            heap.sink(place);
        }
        heap
    }

    pub(super) fn key(&self, slot: u32) -> f64 {
        self.keys[slot as usize]
    }

    /// The slot of the least key; there is one.
    pub(super) fn top(&self) -> u32 {
        self.slots[0]
    }

    /// Takes the top away.
    pub(super) fn pop(&mut self) {
        let last = self.slots.len() - 1;
        self.exchange(0, last);
        self.slots.pop();
        if !self.slots.is_empty() {
            self.sink(0);
        }
    }

    /// Changes a key.
    pub(super) fn set(&mut self, slot: u32, key: f64) {
        let place = self.places[slot as usize] as usize;
        let rises = key <= self.keys[slot as usize];
        self.keys[slot as usize] = key;
        if rises {
            self.rise(place);
        } else {
            self.sink(place);
        }
    }

    fn at(&self, place: usize) -> f64 {
        self.keys[self.slots[place] as usize]
    }

    fn rise(&mut self, place: usize) {
        let mut place = place;
        while place > 0 && self.at(place) < self.at((place - 1) / 2) {
            self.exchange(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }

    fn sink(&mut self, place: usize) {
        let mut place = place;
        loop {
            let left = 2 * place + 1;
            if left >= self.slots.len() {
                return;
            }
            let right = left + 1;
            let lesser = right < self.slots.len() && self.at(right) < self.at(left);
            let child = if lesser { right } else { left };
            if self.at(child) >= self.at(place) {
                return;
            }
            self.exchange(child, place);
            place = child;
        }
    }

    fn exchange(&mut self, one: usize, other: usize) {
        self.slots.swap(one, other);
        self.places[self.slots[one] as usize] = one as u32;
        self.places[self.slots[other] as usize] = other as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn the_least_key_is_always_on_top() {
        let stream = Stream::new(1, 7);
        let n = 200;
        let key = |at: u64| (stream.uniform(at) * 20.0).floor();
        let mut keys: Vec<f64> = (0..n).map(key).collect();
        let mut heap = Heap::new(keys.clone());
        let mut left: Vec<u32> = (0..n as u32).collect();
        let mut draw = n;
        while !left.is_empty() {
            for _ in 0..3 {
                let slot = left[(stream.uniform(draw) * left.len() as f64) as usize];
                keys[slot as usize] = key(draw + 1);
                heap.set(slot, keys[slot as usize]);
                draw += 2;
            }
            let least = left.iter().map(|slot| keys[*slot as usize]).fold(f64::INFINITY, f64::min);
            assert_eq!(heap.key(heap.top()), least);
            left.retain(|slot| *slot != heap.top());
            heap.pop();
        }
    }
}
