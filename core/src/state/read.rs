//! Reading features: pure functions of the state and the moment.

use super::cell::{Cell, decayed};
use super::fold::clock;
use super::rows::Row;
use super::{State, place};
use crate::definition::model::Window;
use crate::program::{FeatureSpec, Op, Program};

impl State {
    /// A customer's feature at `at`, which must not lie before the clock; unknown is NaN.
    pub fn feature(&self, program: &Program, feature: usize, customer: u32, at: i64) -> f64 {
        let (shard, local) = self.shard(customer);
        value(program, feature, shard.rows.get(local), at)
    }

    /// A pair's feature at `at`; unknown is NaN.
    pub fn pair_feature(&self, program: &Program, feature: usize, customer: u32, peer: u32, at: i64) -> f64 {
        let (shard, _) = self.shard(customer);
        value(program, feature, shard.pairs.get(customer, peer), at)
    }

    /// The weights of a customer's histogram at `at`, rising by key.
    pub fn histogram(&self, program: &Program, feature: usize, customer: u32, at: i64, out: &mut Vec<(u32, f64)>) {
        out.clear();
        let Some(spec) = program.features.get(feature) else { return };
        let (shard, local) = place(customer);
        let row = self.shards[shard].rows.get(local);
        let cell = spec.cell.and_then(|cell| row.and_then(|row| row.cells.get(cell)?.as_deref()));
        if let Some(Cell::Histogram(weights)) = cell {
            out.extend(weights.iter().map(|entry| (entry.key, decayed(entry.weight, spec.rate(), entry.at, at))));
        }
    }
}

/// What a feature of a row is worth at `at`. Counts and sums of nothing are zero; the mean, the
/// first and the last of nothing are unknown.
fn value(program: &Program, feature: usize, row: Option<Row<'_>>, at: i64) -> f64 {
    let Some(spec) = program.features.get(feature) else { return f64::NAN };
    let Some(row) = row else { return nothing(spec.op) };
    if let Some(cell) = spec.cell {
        return row.cells.get(cell).and_then(Option::as_deref).map_or(nothing(spec.op), |cell| of_cell(spec, cell));
    }
    let word = |place: usize| row.words.get(place).copied().unwrap_or(0);
    match spec.op {
        Op::Mean => {
            let weight = f64::from_bits(word(spec.word + 1));
            if weight > 0.0 { f64::from_bits(word(spec.word)) / weight } else { f64::NAN }
        }
        Op::FirstTime | Op::LastTime => match clock(word(spec.word)) {
            i64::MIN => f64::NAN,
            time => time as f64,
        },
        _ => {
            let sum = f64::from_bits(word(spec.word));
            let trigger = program.triggers.get(spec.trigger);
            match (spec.window, trigger.and_then(|trigger| trigger.clock)) {
                (Window::HalfLife(_), Some(place)) => decayed(sum, spec.rate(), clock(word(place)), at),
                _ => sum,
            }
        }
    }
}

fn nothing(op: Op) -> f64 {
    match op {
        Op::Count | Op::Sum => 0.0,
        _ => f64::NAN,
    }
}

fn of_cell(spec: &FeatureSpec, cell: &Cell) -> f64 {
    match (cell, spec.op) {
        (Cell::Recent(events), Op::Count) => events.len() as f64,
        (Cell::Recent(events), Op::Sum) => events.iter().map(|(_, value)| value).sum(),
        (Cell::Recent(events), Op::Mean) if !events.is_empty() => {
            events.iter().map(|(_, value)| value).sum::<f64>() / events.len() as f64
        }
        (Cell::Recent(events), Op::FirstTime) => events.first().map_or(f64::NAN, |(at, _)| *at as f64),
        (Cell::Recent(events), Op::LastTime) => events.last().map_or(f64::NAN, |(at, _)| *at as f64),
        _ => f64::NAN,
    }
}
