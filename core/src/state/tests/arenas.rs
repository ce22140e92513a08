//! Lists in an arena are lists.

use proptest::prelude::*;

use super::super::arena::Arena;

proptest! {
    #[test]
    fn lists_in_an_arena_are_lists(steps in proptest::collection::vec((0..6usize, any::<bool>(), any::<u16>(), 1..9usize), 1..300)) {
        let mut arena = Arena::default();
        let mut lists = [0u64; 6];
        let mut twins: [Vec<u64>; 6] = Default::default();
        for (number, (which, grows, at, count)) in steps.into_iter().enumerate() {
            let (list, twin) = (&mut lists[which], &mut twins[which]);
            if grows || twin.is_empty() {
                let at = usize::from(at) % (twin.len() + 1);
                arena.open(list, at, count);
                twin.splice(at..at, std::iter::repeat_n(0, count));
                arena.get_mut(*list)[at] = number as u64;
                twin[at] = number as u64;
            } else {
                let at = usize::from(at) % twin.len();
                let count = count.min(twin.len() - at);
                arena.close(list, at, count);
                twin.drain(at..at + count);
            }
            for (list, twin) in lists.iter().zip(&twins) {
                prop_assert_eq!(arena.get(*list), twin.as_slice());
                prop_assert_eq!(*list == 0, twin.is_empty());
            }
        }
    }
}

#[test]
fn what_was_freed_is_used_again() {
    let mut arena = Arena::default();
    let mut held = 0;
    for round in 0..50 {
        let mut lists: Vec<u64> = (0..100).map(|length| arena.list(&vec![7; 1 + length])).collect();
        assert!(lists.iter().zip(1..).all(|(list, length)| arena.get(*list).len() == length));
        lists.iter_mut().for_each(|list| arena.close(list, 0, 100));
        if round == 0 {
            held = arena.bytes();
        }
    }
    assert_eq!(arena.bytes(), held);
}
