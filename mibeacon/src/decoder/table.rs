//! A hash table of devices in memory that the caller provides.
//!
//! The hash of an address is its home. Devices with the same home form a chain, the first of which stands there: a
//! chained scatter table with Brent's variation. So a search mostly takes one or two steps even in a full table, also
//! for a stranger, which is what most of the air consists of.

use macaddr::MacAddr6;

use super::slot::Slot;
use crate::{Policy, address};

/// The devices that a decoder knows.
#[derive(Debug)]
pub(super) struct Table<S>(S);

impl<S: AsRef<[Slot]> + AsMut<[Slot]>> Table<S> {
    /// Forgets what the storage held.
    pub(super) fn new(mut slots: S) -> Self {
        slots.as_mut().fill_with(|| Slot::EMPTY);
        Self(slots)
    }

    pub(super) fn capacity(&self) -> usize {
        self.slots().len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots().iter().filter(|slot| slot.address().is_some())
    }

    pub(super) fn find(&self, address: MacAddr6) -> Option<&Slot> {
        self.slots().get(self.position(address)?)
    }

    pub(super) fn find_mut(&mut self, address: MacAddr6) -> Option<&mut Slot> {
        let position = self.position(address)?;
        self.0.as_mut().get_mut(position)
    }

    /// The device's slot, a new one if need be; `None` if the table is full.
    pub(super) fn find_or_insert(&mut self, address: MacAddr6, policy: Policy) -> Option<&mut Slot> {
        let position = match self.position(address) {
            Some(position) => position,
            None => self.insert(address, policy)?,
        };
        self.0.as_mut().get_mut(position)
    }

    pub(super) fn remove(&mut self, address: MacAddr6) -> bool {
        let Some(position) = self.position(address) else {
            return false;
        };
        let next = self.next(position);
        let hole = match (self.before(position), next) {
            (Some(before), next) => {
                self.link(before, next);
                position
            }
            // The first of a chain stands at home.
            (None, Some(next)) => {
                self.0.as_mut().swap(position, next);
                next
            }
            (None, None) => position,
        };
        self.put(hole, Slot::EMPTY);
        true
    }

    fn position(&self, address: MacAddr6) -> Option<usize> {
        let slots = self.slots();
        let mut position = home(address, slots.len());
        loop {
            let slot = slots.get(position)?;
            if slot.address() == Some(address) {
                return Some(position);
            }
            position = slot.next()?;
        }
    }

    /// Where the new device stands; `None` if the table is full.
    fn insert(&mut self, address: MacAddr6, policy: Policy) -> Option<usize> {
        let capacity = self.capacity();
        let home_of_new = home(address, capacity);
        let free = self.free_from(home_of_new)?;
        let mut new = Slot::new(address, policy);
        let occupant = self.slots().get(home_of_new)?.address();
        match occupant.map(|occupant| home(occupant, capacity)) {
            None => {
                self.put(home_of_new, new);
                Some(home_of_new)
            }
            Some(home_of_occupant) if home_of_occupant == home_of_new => {
                new.set_next(self.next(home_of_new));
                self.put(free, new);
                self.link(home_of_new, Some(free));
                Some(free)
            }
            // Somebody of another chain, who has to make room.
            Some(_) => {
                let before = self.before(home_of_new)?;
                self.0.as_mut().swap(home_of_new, free);
                self.link(before, Some(free));
                self.put(home_of_new, new);
                Some(home_of_new)
            }
        }
    }

    /// A free slot, near to this one if there is one.
    fn free_from(&self, position: usize) -> Option<usize> {
        let slots = self.slots();
        let is_free = |position: &usize| slots.get(*position).is_some_and(|slot| slot.address().is_none());
        (position..slots.len()).chain(0..position).find(is_free)
    }

    /// Who comes before the occupant of this slot in its chain; `None` if it is the first.
    fn before(&self, position: usize) -> Option<usize> {
        let slots = self.slots();
        let mut before = home(slots.get(position)?.address()?, slots.len());
        loop {
            match self.next(before)? {
                next if next == position => return Some(before),
                next => before = next,
            }
        }
    }

    fn next(&self, position: usize) -> Option<usize> {
        self.slots().get(position)?.next()
    }

    fn link(&mut self, position: usize, next: Option<usize>) {
        if let Some(slot) = self.0.as_mut().get_mut(position) {
            slot.set_next(next);
        }
    }

    fn put(&mut self, position: usize, slot: Slot) {
        if let Some(place) = self.0.as_mut().get_mut(position) {
            *place = slot;
        }
    }

    fn slots(&self) -> &[Slot] {
        self.0.as_ref()
    }
}

/// Where an address stands if nobody else is there.
#[inline]
fn home(address: MacAddr6, capacity: usize) -> usize {
    let hash = address::number(address).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    // Below 2^32 × capacity, so that the quotient is below the capacity.
    usize::try_from((hash * capacity as u64) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use core::num::NonZeroU16;
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn address(number: u16) -> MacAddr6 {
        let [low, high] = number.to_le_bytes();
        MacAddr6::new(0xa4, 0xc1, 0x38, 0, high, low)
    }

    proptest! {
        #[test]
        fn behaves_like_a_map_of_bounded_size(
            capacity in 0_usize..40,
            steps in prop::collection::vec((any::<bool>(), 0_u16..60), 0..300),
        ) {
            let mut table = Table::new(std::iter::repeat_with(|| Slot::EMPTY).take(capacity).collect::<Vec<_>>());
            let mut model = HashSet::new();
            for (insert, number) in steps {
                if insert {
                    let fits = model.contains(&number) || model.len() < capacity;
                    let is_new = !model.contains(&number);
                    let slot = table.find_or_insert(address(number), Policy::Lenient);
                    prop_assert_eq!(slot.is_some(), fits);
                    if let Some(slot) = slot {
                        prop_assert_eq!(slot.product.is_none(), is_new);
                        slot.product = NonZeroU16::new(number + 1);
                        model.insert(number);
                    }
                } else {
                    prop_assert_eq!(table.remove(address(number)), model.remove(&number));
                }
                for number in 0..60 {
                    let product = table.find(address(number)).and_then(|slot| slot.product);
                    prop_assert_eq!(product.map(NonZeroU16::get), model.contains(&number).then_some(number + 1));
                }
                prop_assert_eq!(table.iter().count(), model.len());
            }
        }
    }

    #[test]
    fn a_stranger_is_told_after_a_few_steps_in_a_full_table() {
        let mut table = Table::new(
            std::iter::repeat_with(|| Slot::EMPTY)
                .take(1000)
                .collect::<Vec<_>>(),
        );
        for number in 0..1000 {
            assert!(table.find_or_insert(address(number), Policy::Lenient).is_some());
        }
        let steps = |home| core::iter::successors(Some(home), |position| table.next(*position)).count();
        let longest = (0..1000).map(steps).max();
        assert!(longest.unwrap() < 12, "{longest:?}");
    }
}
