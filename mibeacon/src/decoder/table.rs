//! A hash table of devices in memory that the caller provides.
//!
//! Open addressing with Robin Hood probing: every entry stands as near to its home as the others allow, so that a
//! search for a stranger, which is what most of the air consists of, ends after a few steps even in a full table.

use macaddr::MacAddr6;

use super::slot::Slot;
use crate::Policy;

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
        if self.position(address).is_none() {
            self.insert(Slot::new(address, policy))?;
        }
        self.find_mut(address)
    }

    pub(super) fn remove(&mut self, address: MacAddr6) -> bool {
        let Some(mut hole) = self.position(address) else {
            return false;
        };
        let slots = self.0.as_mut();
        let capacity = slots.len();
        // Those behind that don't stand at home move up.
        loop {
            let next = wrap(hole + 1, capacity);
            match slots.get(next).and_then(Slot::address) {
                Some(neighbour) if distance(neighbour, next, capacity) > 0 => slots.swap(hole, next),
                _ => break,
            }
            hole = next;
        }
        if let Some(slot) = slots.get_mut(hole) {
            *slot = Slot::EMPTY;
        }
        true
    }

    fn position(&self, address: MacAddr6) -> Option<usize> {
        let slots = self.slots();
        let capacity = slots.len();
        let mut position = home(address, capacity);
        for steps in 0..capacity {
            let occupant = slots.get(position)?.address()?;
            if occupant == address {
                return Some(position);
            }
            if distance(occupant, position, capacity) < steps {
                return None;
            }
            position = wrap(position + 1, capacity);
        }
        None
    }

    fn insert(&mut self, mut slot: Slot) -> Option<()> {
        let slots = self.0.as_mut();
        let capacity = slots.len();
        if slots.iter().all(|slot| slot.address().is_some()) {
            return None;
        }
        let mut position = home(slot.address()?, capacity);
        let mut steps = 0;
        loop {
            let place = slots.get_mut(position)?;
            let Some(occupant) = place.address() else {
                *place = slot;
                return Some(());
            };
            let occupied_steps = distance(occupant, position, capacity);
            if occupied_steps < steps {
                core::mem::swap(place, &mut slot);
                steps = occupied_steps;
            }
            position = wrap(position + 1, capacity);
            steps += 1;
        }
    }

    fn slots(&self) -> &[Slot] {
        self.0.as_ref()
    }
}

/// Where an address stands if nobody else is there.
fn home(address: MacAddr6, capacity: usize) -> usize {
    let [a, b, c, d, e, f] = address.into_array();
    let number = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
    let hash = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    // Below 2^32 × capacity, so that the quotient is below the capacity.
    usize::try_from((hash * capacity as u64) >> 32).unwrap_or(0)
}

/// How far an occupant stands from its home.
fn distance(occupant: MacAddr6, position: usize, capacity: usize) -> usize {
    wrap(position + capacity - home(occupant, capacity), capacity)
}

fn wrap(position: usize, capacity: usize) -> usize {
    if position >= capacity {
        position - capacity
    } else {
        position
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn address(number: u16) -> MacAddr6 {
        let [low, high] = number.to_le_bytes();
        MacAddr6::new(0xa4, 0xc1, 0x38, 0, high, low)
    }

    proptest! {
        #[test]
        fn behaves_like_a_set_of_bounded_size(
            capacity in 0_usize..40,
            steps in prop::collection::vec((any::<bool>(), 0_u16..60), 0..300),
        ) {
            let mut table = Table::new(std::iter::repeat_with(|| Slot::EMPTY).take(capacity).collect::<Vec<_>>());
            let mut model = HashSet::new();
            for (insert, number) in steps {
                if insert {
                    let fits = model.contains(&number) || model.len() < capacity;
                    prop_assert_eq!(table.find_or_insert(address(number), Policy::Lenient).is_some(), fits);
                    if fits {
                        model.insert(number);
                    }
                } else {
                    prop_assert_eq!(table.remove(address(number)), model.remove(&number));
                }
                for number in 0..60 {
                    prop_assert_eq!(table.find(address(number)).is_some(), model.contains(&number));
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
        let longest = table
            .slots()
            .iter()
            .enumerate()
            .map(|(position, slot)| distance(slot.address().unwrap(), position, 1000))
            .max();
        assert!(longest.unwrap() < 200, "{longest:?}");
    }
}
