//! Rows sorted by their values, and those of one value together.

use super::cart::Level;
use super::counts::Counts;

/// A row as it is sorted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Of two numbers the lower has the lower key.
    key: u64,
    /// Negative where the row has not the event.
    pub weight: f64,
}

const SIGN: u64 = 1 << 63;

impl Row {
    /// A row of a value that is known.
    pub(super) fn new(value: f64, event: bool, weight: f64) -> Self {
        // Adding zero makes -0.0 equal to 0.0.
        let bits = (value + 0.0).to_bits();
        let key = if bits & SIGN == 0 { bits | SIGN } else { !bits };
        Row { key, weight: if event { weight } else { -weight } }
    }

    pub(super) fn value(&self) -> f64 {
        f64::from_bits(if self.key & SIGN == 0 { !self.key } else { self.key ^ SIGN })
    }

    pub(super) fn counts(&self) -> Counts {
        Counts { events: self.weight.max(0.0), non_events: (-self.weight).max(0.0) }
    }
}

/// Bits that a pass sorts by.
const DIGIT: u32 = 11;
/// With fewer rows, comparing is faster than counting.
pub(super) const FEW: usize = 2048;

/// The distinct values, rising; rows of one value are added in their order.
pub(super) fn levels(mut rows: Vec<Row>) -> Vec<Level> {
    if rows.len() < FEW {
        rows.sort_by_key(|row| row.key);
    } else {
        rows = sorted(rows);
    }
    let mut levels: Vec<Level> = Vec::with_capacity(rows.len());
    for row in rows {
        let value = row.value();
        match levels.last_mut() {
            Some(last) if last.value == value => last.counts = last.counts.plus(row.counts()),
            _ => levels.push(Level { value, counts: row.counts() }),
        }
    }
    levels
}

/// The rows by rising key, equal ones in their order: from the lowest digit to the highest, those that all rows
/// share left out.
pub(super) fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    let digit = |row: &Row, pass: u32| (row.key >> (pass * DIGIT)) as usize & ((1 << DIGIT) - 1);
    let mut other = rows.clone();
    for pass in 0..u64::BITS.div_ceil(DIGIT) {
        let mut places = [0_usize; 1 << DIGIT];
        rows.iter().for_each(|row| places[digit(row, pass)] += 1);
        if places.contains(&rows.len()) {
            continue;
        }
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for row in &rows {
            let place = &mut places[digit(row, pass)];
            other[*place] = *row;
            *place += 1;
        }
        std::mem::swap(&mut rows, &mut other);
    }
    rows
}
