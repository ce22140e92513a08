//! Reading features: pure functions of the state and the moment.

use super::cell::{Cell, decayed};
use super::fold::clock;
use super::rows::Row;
use super::{State, partial, place};
use crate::program::{Op, Program};

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
        if let Some(Cell::Keys(weights)) = cell {
            out.extend(weights.iter().map(|entry| (entry.key, decayed(entry.weight, spec.rate(), entry.at, at))));
        }
    }
}

/// What a feature of a row is worth at `at`.
fn value(program: &Program, feature: usize, row: Option<Row<'_>>, at: i64) -> f64 {
    let Some(spec) = program.features.get(feature) else { return f64::NAN };
    if let Some(cell) = spec.cell {
        let cell = row.and_then(|row| row.cells.get(cell)?.as_deref());
        return cell.map_or_else(|| nothing(spec.op), |cell| cell.value(spec, at));
    }
    let words = row.and_then(|row| row.words.get(spec.word..spec.word + spec.op.words()));
    let Some((row, words)) = row.zip(words) else { return nothing(spec.op) };
    let value = partial::finish(spec.op, words, spec.rate() > 0.0);
    match (spec.op, program.triggers.get(spec.trigger).and_then(|trigger| trigger.clock)) {
        (Op::Count | Op::Sum, Some(place)) => {
            let from = row.words.get(place).map_or(i64::MIN, |word| clock(*word));
            decayed(value, spec.rate(), from, at)
        }
        _ => value,
    }
}

/// The value of no events.
fn nothing(op: Op) -> f64 {
    match op {
        Op::Count | Op::Sum | Op::Distinct => 0.0,
        _ => f64::NAN,
    }
}
