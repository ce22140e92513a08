use super::*;
use crate::base::random::Random;

fn world(seed: u64, rows: usize, labels: &[u64]) -> Vec<u32> {
    let mut random = Random::keyed(seed, 0);
    // Squares make the first labels common and the last ones rare.
    let mut one = |n: u64| (random.uniform() * random.uniform() * n as f64) as u32;
    (0..rows).flat_map(|_| labels.iter().map(|n| one(*n)).collect::<Vec<_>>()).collect()
}

/// No cell below the minimum; every row has a cell; the sizes are those that assignment gives.
#[test]
fn no_cell_is_below_the_minimum() {
    for seed in 0..60 {
        let rows = world(seed, 400, &[4, 6, 9]);
        for minimum in [1, 2, 7, 30, 150, 400] {
            let rollup = Rollup::fit(&rows, 3, minimum).unwrap();
            let mut sizes = vec![0; rollup.cells().len()];
            rows.chunks(3).for_each(|row| sizes[rollup.cell(row).unwrap()] += 1);
            for (cell, size) in rollup.cells().iter().zip(sizes) {
                assert!(cell.size == size && size >= minimum, "{cell:?} {size}");
            }
            let again = Rollup::from_cells(3, rollup.cells().to_vec()).unwrap();
            assert_eq!(again, rollup);
        }
    }
}

/// With a minimum of one, cells are the product of the labels that occur.
#[test]
fn a_minimum_of_one_is_the_plain_product() {
    let rows = world(3, 300, &[3, 4]);
    let rollup = Rollup::fit(&rows, 2, 1).unwrap();
    let mut distinct: Vec<&[u32]> = rows.chunks(2).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(rollup.cells().len(), distinct.len());
    for row in rows.chunks(2) {
        let slots: Vec<Slot> = row.iter().map(|label| Slot::Label(*label)).collect();
        let cell = &rollup.cells()[rollup.cell(row).unwrap()];
        assert!(cell.slots.iter().zip(&slots).all(|(own, asked)| own == asked || *own == Slot::Any));
    }
}

#[test]
fn bad_input_has_rules() {
    let kind = |found: Result<Rollup>| found.unwrap_err().kind();
    assert_eq!(kind(Rollup::fit(&[], 1, 1)), ErrorKind::NotEnoughData);
    assert_eq!(kind(Rollup::fit(&[1, 2, 3], 2, 1)), ErrorKind::SchemaRange);
    assert_eq!(kind(Rollup::fit(&[1], 1, 0)), ErrorKind::SchemaRange);
    // An axis with one value parts nothing.
    let one = Rollup::fit(&[1, 1, 1, 1], 1, 1).unwrap();
    assert_eq!(one.cells(), [MicroCell { slots: vec![Slot::Any], size: 4 }]);
    assert_eq!((one.cell(&[9]), one.cell(&[1, 1]), one.cell(&[])), (Some(0), None, None));
    // A label that was not met, where none was pooled, has no cell.
    let two = Rollup::fit(&[1, 1, 2, 2], 1, 2).unwrap();
    assert_eq!((two.cell(&[2]), two.cell(&[3])), (Some(1), None));
    let cell = |slot| MicroCell { slots: vec![slot], size: 1 };
    for cells in [vec![], vec![cell(Slot::Any), cell(Slot::Others)], vec![cell(Slot::Label(1)), cell(Slot::Label(1))]] {
        assert!(Rollup::from_cells(1, cells).is_err());
    }
    assert_eq!(Rollup::fit(&[1, 1, 2, 3, 3, 4], 1, 2).unwrap().alone_beside(2, 0), [1, 3]);
}
