use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{FEW, Roster, Set};

#[test]
fn a_set_is_a_set_on_both_sides_of_a_bitmap() {
    let (mut ours, mut theirs) = (Set::default(), BTreeSet::new());
    for step in 0..3 * FEW as u32 {
        let customer = step * 7 % 70_001;
        ours.insert(customer);
        theirs.insert(customer);
        ours.insert(customer);
    }
    assert!(ours.iter().eq(theirs.iter().copied()) && ours.len() == theirs.len());
    for step in 0..3 * FEW as u32 {
        let customer = step * 11 % 80_001;
        ours.remove(customer);
        theirs.remove(&customer);
    }
    assert!(ours.iter().eq(theirs.iter().copied()) && ours.len() == theirs.len());
    assert!(ours.bytes() < 40_000);
}

proptest! {
    #[test]
    fn cells_follow_the_crossings(
        first in proptest::collection::vec(0_u32..5, 0..300),
        moves in proptest::collection::vec((0_u32..400, 0_u32..5, any::<bool>()), 0..300),
    ) {
        let mut now: BTreeMap<u32, u32> = (0..).zip(first).collect();
        let mut roster = Roster::new(now.iter().map(|(customer, cell)| (*customer, *cell)));
        for (customer, cell, asked) in moves {
            let left = now.insert(customer, cell).unwrap_or(u32::MAX);
            prop_assert!(roster.note(customer, left, 0));
            if asked {
                roster.settle(|customer| now[&customer]);
            }
        }
        roster.settle(|customer| now[&customer]);
        for cell in 0..5 {
            let inside: Vec<u32> = now.iter().filter(|(_, own)| **own == cell).map(|(customer, _)| *customer).collect();
            let found: Vec<u32> = roster.members(cell).map_or_else(Vec::new, |set| set.iter().collect());
            prop_assert_eq!(found, inside);
        }
        let total: usize = roster.sizes().map(|(_, size)| size).sum();
        prop_assert_eq!(total, now.len());
    }
}
