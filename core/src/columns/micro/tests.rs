use super::*;

fn cell(slots: &[Slot]) -> MicroCell {
    MicroCell { slots: slots.to_vec(), size: 9 }
}

/// A rule that stays keeps its id; a new one takes an id that no cell ever had, while there are any.
#[test]
fn ids_stay_with_their_rules() {
    let (a, b, c, d) = (Slot::Label(1), Slot::Label(2), Slot::Others, Slot::Label(4));
    let ids = |found: &Parameters| found.cells.iter().map(|(place, _)| *place).collect::<Vec<usize>>();
    let first = keep_ids(vec![cell(&[a]), cell(&[b]), cell(&[c])], None, 5);
    assert_eq!(ids(&first), [0, 1, 2]);
    let second = keep_ids(vec![cell(&[b]), cell(&[d])], Some(&first), 5);
    assert_eq!(ids(&second), [1, 3]);
    let third = keep_ids(vec![cell(&[a]), cell(&[b]), cell(&[c]), cell(&[d])], Some(&second), 5);
    assert_eq!(ids(&third), [4, 1, 0, 3]);
    let again = Parameters::decode(&third.encode()).unwrap();
    assert_eq!((again.cells, again.given, again.width), (third.cells, 5, 1));
}

#[test]
fn hostile_bytes_are_refused() {
    let bytes = keep_ids(vec![cell(&[Slot::Any])], None, 5).encode();
    for end in 0..bytes.len() {
        assert!(Parameters::decode(&bytes[..end]).is_err());
    }
}
