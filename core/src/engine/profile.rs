//! What the cells of a segment are worth, and where their members drift.

use std::collections::BTreeMap;

use super::Engine;
use super::world::World;
use crate::base::numeric::special::normal_quantile;
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::expr::Type;
use crate::models::pooling::{jeffreys, share_interval};
use crate::program::{Input, Source};

/// Numbers of which the mean is asked for.
#[derive(Debug, Default, Clone)]
struct Sample {
    count: u64,
    mean: f64,
    /// Sum of squared distances from the mean (Welford 1962).
    squares: f64,
}

impl Sample {
    fn add(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        self.count += 1;
        let gap = value - self.mean;
        self.mean += gap / self.count as f64;
        self.squares += gap * (value - self.mean);
    }

    /// The mean; unknown of nobody.
    fn mean(&self) -> f64 {
        if self.count > 0 { self.mean } else { f64::NAN }
    }

    /// Standard deviation of a sample; unknown of less than two.
    fn deviation(&self) -> f64 {
        if self.count > 1 { (self.squares / (self.count - 1) as f64).sqrt() } else { f64::NAN }
    }

    /// The mean's 95% interval: of a share under Jeffreys' prior, so that a few alike make nobody certain; else normal.
    fn interval(&self, share: bool) -> (f64, f64) {
        let mean = self.mean();
        if !share {
            return (mean - self.half(), mean + self.half());
        }
        let (middle, variance) = jeffreys(mean, self.count as f64);
        let (low, high) = share_interval(middle, variance, 0.95);
        (low.min(mean), high.max(mean))
    }

    /// Half the length of the mean's normal 95% interval.
    fn half(&self) -> f64 {
        normal_quantile(0.975) * self.deviation() / (self.count as f64).sqrt()
    }
}

impl Engine {
    /// As [`Engine::segment`], with what each cell is worth: of each of `values`, columns of numbers or flags that need
    /// no peer, `NAME.mean` over the members who have one, its 95% interval `NAME.lower` to `NAME.upper` (of a flag
    /// under Jeffreys' prior; of a number normal, unknown of less than two), and `NAME.sum`. Read at the engine's clock. Cost: a read of the columns.
    ///
    /// # Errors
    /// `UnknownSegment` and `UnknownColumn` with the nearest name; `SchemaMissing` for a column toward a peer;
    /// `SchemaType` for one of names or times; `Interrupted`.
    pub fn segment_values(&self, name: &str, values: &[&str]) -> Result<Table> {
        let world = self.world()?;
        let segment = world.segment(name)?;
        let columns = world.numbers(values)?;
        if columns.is_empty() {
            return Ok(world.cells(segment));
        }
        let who: Vec<u32> = world.live().collect();
        let read = world.values(&who, NONE, &columns, world.moment(None)?)?;
        let mut table = world.cells(segment);
        let cells = world.sizes(segment);
        let places = world.places(segment, &who, &cells);
        for ((name, column), values) in values.iter().zip(&columns).zip(&read) {
            let share = world.program.columns.get(*column).is_some_and(|spec| spec.kind == Type::Bool);
            let mut samples = vec![Sample::default(); cells.len()];
            for (place, value) in places.iter().zip(values) {
                if let Some(sample) = samples.get_mut(*place) {
                    sample.add(*value);
                }
            }
            let each = |of: &dyn Fn(&Sample) -> f64| Column::Number(samples.iter().map(of).collect());
            table.push(&format!("{name}.mean"), each(&Sample::mean));
            table.push(&format!("{name}.lower"), each(&|sample| sample.interval(share).0));
            table.push(&format!("{name}.upper"), each(&|sample| sample.interval(share).1));
            table.push(&format!("{name}.sum"), each(&|sample| sample.mean * sample.count as f64));
        }
        Ok(table)
    }

    /// Where the members of each cell drift: a row for each cell and column, the rows of one cell being its drift
    /// vector.
    ///
    /// Of those who are in the cell now and of whom the column was known just before `since` (as [`Engine::training_set`]
    /// reads, so that what came at `since` is part of the drift) and is known now:
    /// `customers`, the mean `before` and `after`, their difference `drift` with its 95% interval from `lower` to
    /// `upper` (normal, of paired differences), and `scaled`, the drift in standard deviations that the column had among
    /// all customers `since`. `columns` are numbers or flags that need no peer; `None` is what the segment goes by:
    /// under its axes, or under those of the micro-segments on its axes, quantities and the shares of needs.
    /// Cost: a replay of the journal.
    ///
    /// # Errors
    /// As [`Engine::segment_values`] and [`Engine::training_set`]; `SchemaMissing` where the segment goes by no number
    /// and none is given.
    pub fn drift(&self, name: &str, since: i64, columns: Option<&[&str]>) -> Result<Table> {
        let past = self.world_before(since, i64::MAX)?;
        let world = self.world()?;
        let segment = world.segment(name)?;
        let behind: Vec<String> = world.behind(segment);
        let names: Vec<&str> = columns.map_or_else(|| behind.iter().map(String::as_str).collect(), <[&str]>::to_vec);
        if names.is_empty() {
            let text = format!("`{name}` goes by no number that could drift");
            return Err(Error::new(ErrorKind::SchemaMissing, text).hint("name columns"));
        }
        let who: Vec<u32> = world.live().collect();
        let after = world.values(&who, NONE, &world.numbers(&names)?, world.moment(None)?)?;
        // Who was not there yet has no place in the past.
        let then: Vec<u32> = past.live().filter(|customer| world.state.is_live(*customer)).collect();
        let known = past.values(&then, NONE, &past.numbers(&names)?, since - 1)?;
        let cells = world.sizes(segment);
        let places = world.places(segment, &who, &cells);
        let mut moves = vec![vec![[(); 3].map(|()| Sample::default()); names.len()]; cells.len()];
        let mut all = vec![Sample::default(); names.len()];
        for (column, (after, before)) in after.iter().zip(&known).enumerate() {
            before.iter().for_each(|value| all[column].add(*value));
            for (row, customer) in who.iter().enumerate() {
                let Ok(old) = then.binary_search(customer) else { continue };
                let (before, after) = (before[old], after[row]);
                if !before.is_nan() && !after.is_nan() {
                    let values = [before, after, after - before];
                    moves[places[row]][column].iter_mut().zip(values).for_each(|(sample, value)| sample.add(value));
                }
            }
        }
        let rows = || moves.iter().enumerate().flat_map(|(cell, of)| of.iter().enumerate().map(move |of| (cell, of)));
        let each = |of: &dyn Fn(usize, &[Sample; 3]) -> f64| {
            Column::Number(rows().map(|(_, (column, samples))| of(column, samples)).collect())
        };
        let mut table = Table::new();
        table.push("cell", Column::text(rows().map(|(cell, _)| cells.get(cell).map(|(name, _)| name.clone()))));
        table.push("column", Column::text(rows().map(|(_, (column, _))| names.get(column).map(|&name| name.into()))));
        table.push("customers", Column::Integer(rows().map(|(_, (_, of))| of[2].count as i64).collect()));
        table.push("before", each(&|_, of| of[0].mean()));
        table.push("after", each(&|_, of| of[1].mean()));
        table.push("drift", each(&|_, of| of[2].mean()));
        table.push("lower", each(&|_, of| of[2].mean() - of[2].half()));
        table.push("upper", each(&|_, of| of[2].mean() + of[2].half()));
        table.push("scaled", each(&|column, of| of[2].mean() / all[column].deviation()));
        Ok(table)
    }
}

impl World {
    /// Where the cell of each customer stands among the cells of a segment.
    fn places(&self, segment: usize, who: &[u32], cells: &[(String, i64)]) -> Vec<usize> {
        let mut known: BTreeMap<u32, usize> = BTreeMap::new();
        let place = |cell: u32| {
            let text = self.cell_text(cell);
            cells.binary_search_by(|(name, _)| name.as_str().cmp(&text)).unwrap_or(0)
        };
        let cell = |customer: &u32| self.state.member(segment, *customer).cell;
        who.iter().map(cell).map(|cell| *known.entry(cell).or_insert_with(|| place(cell))).collect()
    }

    /// Columns of numbers or flags that need no peer.
    fn numbers(&self, names: &[&str]) -> Result<Vec<usize>> {
        let one = |name: &&str| match self.column_alone(name)? {
            (column, Type::Number | Type::Bool) => Ok(column),
            _ => Err(Error::new(ErrorKind::SchemaType, format!("`{name}` has no mean"))),
        };
        names.iter().map(one).collect()
    }

    /// Names of the numbers that a segment goes by.
    fn behind(&self, segment: usize) -> Vec<String> {
        let (mut found, mut seen) = (Vec::new(), vec![false; self.program.columns.len()]);
        let mut left: Vec<usize> = self.program.segments.get(segment).map_or_else(Vec::new, |spec| spec.reads.clone());
        left.reverse();
        while let Some(column) = left.pop() {
            if seen.get_mut(column).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            let Some(spec) = self.program.columns.get(column) else { continue };
            match (&spec.source, spec.kind) {
                (_, Type::Number | Type::Bool) if !spec.toward && !spec.name.starts_with('.') => found.push(column),
                (Source::Cell(segment) | Source::Axis { segment, .. }, _) => {
                    let own = self.program.segments.get(*segment);
                    left.extend(own.into_iter().flat_map(|spec| spec.reads.iter().rev()));
                }
                (Source::Model { model, part: 0 }, _) => {
                    let inputs = self.program.models.get(*model).map_or(&[][..], |(_, model)| model.inputs());
                    let columns = inputs.iter().rev().filter_map(|input| match input {
                        Input::Column(column) => Some(*column),
                        Input::Histogram(_) => None,
                    });
                    left.extend(columns);
                }
                _ => {}
            }
        }
        found.sort_unstable();
        found.iter().filter_map(|column| self.program.columns.get(*column)).map(|spec| spec.name.clone()).collect()
    }
}
