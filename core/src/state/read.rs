//! Reading features: pure functions of the state and the moment.

use super::cell::{Cell, decayed, list, nothing, ranked};
use super::partial::{self, clock};
use super::rows::Row;
use super::{SHARDS, State};
use crate::program::{FeatureSpec, Op, Per, Program};

impl State {
    /// A customer's feature at `at`, which must not lie before the clock; unknown is NaN. Of a feature
    /// by group it is that of the customer's group, and unknown for a customer without one.
    pub fn feature(&self, program: &Program, feature: usize, customer: u32, at: i64) -> f64 {
        let Some(spec) = program.features.get(feature) else { return f64::NAN };
        match self.row_of(program, spec, customer) {
            Some(row) => self.value(program, spec, row, at),
            None => f64::NAN,
        }
    }

    /// The first moment after `at` at which a customer's windowed feature may step with time alone.
    pub fn next_step(&self, program: &Program, feature: usize, customer: u32, at: i64) -> Option<i64> {
        let spec = program.features.get(feature)?;
        let row = self.row_of(program, spec, customer)??;
        if spec.listed {
            return list::next_step(list_of(spec, Some(row))?, spec.shape, at);
        }
        row.cells.get(spec.cell?)?.as_deref()?.next_step(spec.shape, at)
    }

    /// A pair's feature at `at`; unknown is NaN.
    pub fn pair_feature(&self, program: &Program, feature: usize, customer: u32, peer: u32, at: i64) -> f64 {
        let Some(spec) = program.features.get(feature) else { return f64::NAN };
        let (shard, _) = self.shard(customer);
        self.value(program, spec, shard.pairs.get(customer, peer), at)
    }

    /// The weights of a customer's histogram at `at`, rising by key.
    pub fn histogram(&self, program: &Program, feature: usize, customer: u32, at: i64, out: &mut Vec<(u32, f64)>) {
        out.clear();
        let Some(spec) = program.features.get(feature) else { return };
        let row = self.row_of(program, spec, customer).flatten();
        if spec.listed {
            return out.extend(list_of(spec, row).map_or_else(Vec::new, |list| list::weights(list, spec.shape)));
        }
        if let Some(cell) = cell_of(spec, row) {
            out.extend(cell.weights(spec.shape, at));
        }
    }

    /// What a feature of a row is worth at `at`. Of names of equal weight the one earlier in the alphabet
    /// stands before the other, in whatever order they came: by the bytes of their texts.
    pub(super) fn value(&self, program: &Program, spec: &FeatureSpec, row: Option<Row<'_>>, at: i64) -> f64 {
        let Op::Top(rank) = spec.shape.op else { return value(program, spec, row, at) };
        let weights = match (spec.listed, cell_of(spec, row)) {
            (true, _) => list_of(spec, row).map_or_else(Vec::new, |list| list::weights(list, spec.shape)),
            (false, cell) => cell.map_or_else(Vec::new, |cell| cell.relative_weights(spec.shape, at)),
        };
        ranked(&weights, rank, |a, b| self.keys.text(a).cmp(self.keys.text(b)))
    }

    /// The row that a customer's feature stands in, if anything came yet; `None` without a group.
    fn row_of(&self, program: &Program, spec: &FeatureSpec, customer: u32) -> Option<Option<Row<'_>>> {
        let (shard, local) = self.shard(customer);
        match program.triggers.get(spec.trigger).map(|trigger| trigger.per) {
            Some(Per::Group(item)) => {
                let group = self.known(item, customer).value;
                (!group.is_nan()).then(|| self.shards[group as usize % SHARDS].groups.get((item as u32, group as u32)))
            }
            Some(Per::Pair) => None,
            _ => Some(shard.rows.get(local)),
        }
    }
}

/// The list of a feature that has one.
fn list_of<'a>(spec: &FeatureSpec, row: Option<Row<'a>>) -> Option<&'a [u64]> {
    let row = row?;
    Some(row.lists.get(*row.words.get(spec.word)?))
}

/// The cell of a feature that has one.
fn cell_of<'a>(spec: &FeatureSpec, row: Option<Row<'a>>) -> Option<&'a Cell> {
    row?.cells.get(spec.cell?)?.as_deref()
}

/// What a feature of a row is worth at `at`, save the rank of a name.
fn value(program: &Program, spec: &FeatureSpec, row: Option<Row<'_>>, at: i64) -> f64 {
    let op = spec.shape.op;
    if spec.cell.is_some() {
        return cell_of(spec, row).map_or_else(|| nothing(op), |cell| cell.value(spec.shape, at));
    }
    if spec.listed {
        let list = list_of(spec, row);
        if spec.shares.is_some() && op == Op::Distinct {
            // Numbers of events by name have an entry a name.
            return list.map_or(0.0, |list| list.len() as f64);
        }
        return list.map_or_else(|| nothing(op), |list| list::value(list, spec.shape, at));
    }
    let words = row.and_then(|row| row.words.get(spec.word..spec.word + op.words()));
    let Some((row, words)) = row.zip(words) else { return nothing(op) };
    let value = partial::finish(op, words, spec.rate > 0.0);
    match (op, program.triggers.get(spec.trigger).and_then(|trigger| trigger.clock)) {
        (Op::Count | Op::Sum, Some(place)) if spec.rate > 0.0 => {
            let from = row.words.get(place).map_or(i64::MIN, |word| clock(*word));
            decayed(value, spec.rate, from, at)
        }
        _ => value,
    }
}
