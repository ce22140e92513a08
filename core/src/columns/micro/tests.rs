use super::*;

const WIDTH: usize = 2;

/// Rows of two labels, each as often as it says.
fn rows(of: &[([u32; WIDTH], usize)]) -> Vec<u32> {
    of.iter().flat_map(|(row, times)| row.repeat(*times)).collect()
}

fn fitted(labels: &[u32], previous: Option<&Parameters>, most: usize) -> Parameters {
    let rollup = Rollup::fit(labels, WIDTH, 3).unwrap();
    let previous = previous.map(|kept| Parameters::decode(&kept.encode()).unwrap());
    keep_ids(&rollup, labels, previous, most).unwrap()
}

/// The id of the cell of a row.
fn id(kept: &Parameters, row: [u32; WIDTH]) -> usize {
    let cells = kept.cells.iter().map(|(_, cell)| cell.clone()).collect();
    kept.cells[Rollup::from_cells(WIDTH, cells).unwrap().cell(&row).unwrap()].0
}

/// A cell keeps its id while its rule gains a label; one that goes and returns has its own again; a new one takes an
/// id that no cell ever had, while there are any.
#[test]
fn ids_stay_with_the_customers() {
    let plain = rows(&[([1, 1], 9), ([1, 2], 9), ([2, 1], 9)]);
    let first = fitted(&plain, None, 6);
    let known = [[1, 1], [1, 2], [2, 1]].map(|row| id(&first, row));
    assert_eq!(known, [0, 1, 2]);
    // Need 2 is parted by town now: both cells are of those who were one before, the greater continues it.
    let parted = rows(&[([1, 1], 9), ([1, 2], 9), ([2, 1], 9), ([2, 3], 4)]);
    let second = fitted(&parted, Some(&first), 6);
    assert_eq!([[1, 1], [1, 2], [2, 1]].map(|row| id(&second, row)), known);
    assert_eq!(id(&second, [2, 3]), 3);
    // Town 2 goes: need 1 is one cell, of the customers of the greater of its two.
    let fewer = rows(&[([1, 1], 9), ([2, 1], 9), ([2, 3], 4)]);
    let third = fitted(&fewer, Some(&second), 6);
    assert_eq!([[1, 1], [2, 1], [2, 3]].map(|row| id(&third, row)), [0, 2, 3]);
    // It comes again, with the id that it had.
    let fourth = fitted(&parted, Some(&third), 6);
    assert_eq!([[1, 1], [1, 2], [2, 1], [2, 3]].map(|row| id(&fourth, row)), [0, 1, 2, 3]);
    assert_eq!((fourth.given, fourth.gone.len()), (4, 2));
}

/// Labels without a cell of their own: who leaves them and who joins changes the rule, not the id.
#[test]
fn the_others_are_who_they_are() {
    let before = rows(&[([1, 1], 9), ([1, 2], 2), ([1, 3], 2), ([1, 4], 2), ([2, 1], 5)]);
    let first = fitted(&before, None, 9);
    let others = id(&first, [1, 3]);
    assert_eq!(id(&first, [1, 2]), others);
    let after = rows(&[([1, 1], 9), ([1, 2], 3), ([1, 3], 4), ([1, 4], 2), ([1, 5], 2), ([2, 1], 5)]);
    let second = fitted(&after, Some(&first), 9);
    assert_eq!([[1, 1], [2, 1]].map(|row| id(&second, row)), [[1, 1], [2, 1]].map(|row| id(&first, row)));
    assert!(id(&second, [1, 2]) > 2 && id(&second, [1, 3]) != id(&second, [1, 2]));
    let all = |kept: &Parameters| {
        let mut ids: Vec<usize> = kept.cells.iter().map(|(place, _)| *place).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len() == kept.cells.len()
    };
    assert!(all(&first) && all(&second));
}

/// Once all ids have been given, a new cell takes that of the one that went the longest ago.
#[test]
fn ids_run_out_and_are_used_again() {
    let of = |needs: [u32; 2]| rows(&needs.map(|need| ([need, 1], 5)));
    let mut kept = fitted(&of([1, 2]), None, 3);
    kept = fitted(&of([2, 3]), Some(&kept), 3);
    assert_eq!((id(&kept, [2, 1]), id(&kept, [3, 1])), (1, 2));
    kept = fitted(&of([3, 4]), Some(&kept), 3);
    assert_eq!((id(&kept, [3, 1]), id(&kept, [4, 1])), (2, 0));
    kept = fitted(&of([2, 4]), Some(&kept), 3);
    assert_eq!((id(&kept, [2, 1]), id(&kept, [4, 1])), (1, 0));
}

#[test]
fn hostile_bytes_are_refused() {
    let first = fitted(&rows(&[([1, 1], 5), ([2, 1], 5)]), None, 5);
    let kept = fitted(&rows(&[([1, 1], 5), ([3, 1], 5), ([3, 2], 5)]), Some(&first), 5);
    assert_eq!(kept.gone.len(), 1);
    let bytes = kept.encode();
    assert_eq!(Parameters::decode(&bytes).unwrap().gone, kept.gone);
    for end in 0..bytes.len() {
        assert!(Parameters::decode(&bytes[..end]).is_err());
    }
}
