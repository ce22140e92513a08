//! Names that are remembered for a while.

use super::super::horizon::{Horizon, Line};

#[test]
fn a_name_is_new_once_within_the_horizon() {
    let mut names = Horizon::new(10);
    assert!(names.note((1, 7), 100, 100));
    assert!(!names.note((1, 7), 105, 105));
    assert!(names.note((2, 7), 105, 105));
    // Forgotten once the clock is more than the span ahead of its first time.
    assert!(!names.note((1, 7), 110, 110));
    assert!(names.note((1, 7), 111, 111));
    assert_eq!(names.time((1, 7), 121), Some(111));
    assert_eq!(names.time((1, 7), 122), None);
    // A late one is remembered from when it came.
    assert!(names.note((3, 7), 50, 112));
    assert!(!names.note((3, 7), 50, 122));
    assert_eq!((names.time((3, 7), 122), names.time((3, 7), 123)), (Some(50), None));
    assert!(names.note((3, 7), 50, 123));
}

#[test]
fn lines_of_an_occasion_belong_together_in_any_order() {
    let mut names = Horizon::new(10);
    assert_eq!(names.line((1, 7), 100, 100), Line::First);
    assert_eq!(names.line((1, 7), 104, 104), Line::Further);
    assert_eq!(names.line((1, 7), 95, 104), Line::Earlier(100));
    assert_eq!(names.line((1, 7), 97, 104), Line::Further);
    // Too far from the earliest line: another occasion under the same name.
    assert_eq!(names.line((1, 7), 106, 106), Line::First);
    // A late line finds its occasion until no line within the lateness can be near it any more.
    assert_eq!(names.line((1, 9), 110, 110), Line::First);
    assert_eq!(names.line((2, 9), 129, 129), Line::First);
    assert_eq!(names.line((1, 9), 119, 129), Line::Further);
}

#[test]
fn entries_are_restored_as_they_were() {
    let mut names = Horizon::new(10);
    for (name, at) in [(3, 100), (4, 103), (3, 96), (5, 107), (3, 108), (6, 121)] {
        names.line((1, name), at, at.max(104));
    }
    let mut again = Horizon::new(10);
    names.entries().for_each(|(at, name, time)| again.restore(at, name, time));
    let entries = |names: &Horizon| names.entries().collect::<Vec<_>>();
    assert_eq!(entries(&names), entries(&again));
    assert_eq!(names.line((1, 4), 130, 130), again.line((1, 4), 130, 130));
    assert_eq!(entries(&names), entries(&again));
}
