//! How customers move between the cells of a segment: transitions, stability, drift.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::data::time::format_time;
use crate::models::cluster::adjusted_rand;
use crate::models::markov::Transitions;
use crate::models::watch::stability_index;

/// Most spans that an interval is cut into.
const MOST_SPANS: i64 = 10_000;
/// Stability indices from which a distribution counts as shifting, and as moved (Siddiqi 2006).
const SHIFTING: f64 = 0.1;
const MOVED: f64 = 0.25;

/// How far a distribution with this stability index has drifted.
pub(super) fn drift(index: f64) -> Option<String> {
    let word = match index {
        _ if index.is_nan() => return None,
        _ if index < SHIFTING => "stable",
        _ if index < MOVED => "shifting",
        _ => "moved",
    };
    Some(word.to_owned())
}

impl Engine {
    /// How customers moved between the cells of a segment: `from`, `to`, `count` and `probability`, for each pair
    /// of cells with either.
    ///
    /// Compared is membership at `since` and at `until` (`None` is the engine's clock), as the journal has the
    /// crossings, those at that very microsecond included, as every read has it; [`Engine::training_set`] alone reads
    /// just before its moment. With `every`, a span in microseconds, the interval is cut into spans of that length, the last
    /// incomplete one left out, and the moves over each span are counted together. `probability` is of being in `to`
    /// `steps` spans after having been in `from`, if every span is like those counted and only the cell matters:
    /// for one step the share of those counted, and 1 of staying where nobody was. Probabilities of one `from`
    /// sum to 1. Who was in no cell yet, not met included, is in `unknown`. Cost: a pass over the journal, and
    /// one over the customers a span.
    ///
    /// # Errors
    /// `UnknownSegment` with the nearest name; `SchemaRange` for an interval that does not end after it begins, a
    /// span that is not positive or longer than the interval, more than 10,000 spans, or more than 4,096 cells;
    /// `TimePast` before the base into which `[time] keep` has folded the journal; `Store...` if the journal
    /// can't be read.
    pub fn transitions(
        &self,
        name: &str,
        since: i64,
        until: Option<i64>,
        every: Option<i64>,
        steps: u32,
    ) -> Result<Table> {
        let world = self.world()?;
        let moments = moments(&world, since, until, every)?;
        let mut counts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        let mut before: Option<Vec<u32>> = None;
        world.cells_at(name, &moments, |now| {
            for (from, to) in before.iter().flatten().zip(now) {
                *counts.entry((*from, *to)).or_default() += 1;
            }
            before = Some(now.to_vec());
        })?;
        let cells: BTreeSet<String> =
            counts.keys().flat_map(|(from, to)| [*from, *to]).map(|cell| world.cell_text(cell)).collect();
        let cells: Vec<String> = cells.into_iter().collect();
        let place = |cell: u32| cells.binary_search(&world.cell_text(cell)).unwrap_or(0);
        let moves = counts.iter().map(|((from, to), count)| (place(*from), place(*to), *count));
        let moves = Transitions::new(cells.len(), moves)?;
        let after = moves.after(steps);
        let shown: Vec<usize> = (0..after.len()).filter(|at| after[*at] > 0.0 || moves.counts()[*at] > 0).collect();
        let mut table = Table::new();
        table.push("from", Column::text(shown.iter().map(|at| cells.get(at / cells.len()).cloned())));
        table.push("to", Column::text(shown.iter().map(|at| cells.get(at % cells.len()).cloned())));
        table.push("count", Column::Integer(shown.iter().map(|at| moves.counts()[*at] as i64).collect()));
        table.push("probability", Column::Number(shown.iter().map(|at| after[*at]).collect()));
        Ok(table)
    }

    /// How steady a segment was between two moments, one row: of the `customers` who were in a cell at both, the
    /// share that
    /// `stayed`, the `adjusted_rand` index of the two partitions (Hubert, Arabie 1985) and the
    /// `transition_entropy` in nats (how uncertain the later cell is, given the earlier); of the sizes of cells
    /// the `stability_index` (PSI) and its
    /// `drift`: `stable` below 0.1, `moved` from 0.25 on, `shifting` between.
    ///
    /// Moments are as in [`Engine::transitions`]. Figures are unknown where nobody was in a cell.
    ///
    /// # Errors
    /// As [`Engine::transitions`].
    pub fn stability(&self, name: &str, since: i64, until: Option<i64>) -> Result<Table> {
        let world = self.world()?;
        let moments = moments(&world, since, until, None)?;
        let mut both: Vec<Vec<u32>> = Vec::new();
        world.cells_at(name, &moments, |now| both.push(now.to_vec()))?;
        let [before, after] = [0, 1].map(|at| both.get(at).map_or(&[] as &[u32], Vec::as_slice));
        let unknown = world.unknown_cell();
        let inside = |cell: u32| cell != NONE && Some(cell) != unknown;
        let stays: Vec<(u32, u32)> =
            before.iter().copied().zip(after.iter().copied()).filter(|(a, b)| inside(*a) && inside(*b)).collect();
        let (left, right): (Vec<u32>, Vec<u32>) = stays.iter().copied().unzip();
        let cells: BTreeSet<u32> = before.iter().chain(after).copied().filter(|cell| inside(*cell)).collect();
        let cells: Vec<u32> = cells.into_iter().collect();
        let place = |cell: &u32| cells.binary_search(cell).unwrap_or(0);
        let moves = Transitions::new(cells.len(), stays.iter().map(|(from, to)| (place(from), place(to), 1)))?;
        let sizes = |of: &[u32]| {
            let mut sizes = vec![0_u64; cells.len()];
            of.iter().filter(|cell| inside(**cell)).for_each(|cell| sizes[place(cell)] += 1);
            sizes
        };
        let index = stability_index(&sizes(after), &sizes(before)).unwrap_or(f64::NAN);
        let mut table = Table::new();
        table.push("customers", Column::Integer(vec![stays.len() as i64]));
        table.push("stayed", Column::Number(vec![moves.stayed()]));
        table.push("adjusted_rand", Column::Number(vec![adjusted_rand(&left, &right).unwrap_or(f64::NAN)]));
        table.push("transition_entropy", Column::Number(vec![moves.entropy()]));
        table.push("stability_index", Column::Number(vec![index]));
        table.push("drift", Column::text(std::iter::once(drift(index))));
        Ok(table)
    }
}

/// The moments between which moves are counted: two at least.
fn moments(world: &World, since: i64, until: Option<i64>, every: Option<i64>) -> Result<Vec<i64>> {
    let until = until.unwrap_or(world.state.now);
    let range = |message: String| Err(Error::new(ErrorKind::SchemaRange, message));
    if until <= since {
        return range(format!("{} does not lie after {}", format_time(until), format_time(since)));
    }
    let span = until.saturating_sub(since);
    let every = every.unwrap_or(span);
    if every <= 0 || every > span {
        return range("the span must be positive, and no longer than the interval".to_owned());
    }
    let spans = span / every;
    if spans > MOST_SPANS {
        return range(format!("{spans} spans; there may be {MOST_SPANS}"));
    }
    Ok((0..=spans).map(|index| since + index * every).collect())
}

impl World {
    /// The cell `unknown`, once anybody has gone back to it.
    fn unknown_cell(&self) -> Option<u32> {
        self.state.keys.get(crate::program::UNKNOWN)
    }

    /// Visits the cell of every live customer at each of some rising moments, as the journal has the crossings.
    fn cells_at(&self, name: &str, moments: &[i64], mut visit: impl FnMut(&[u32])) -> Result<()> {
        let segment = self.segment(name)?;
        let spec = &self.program.segments[segment];
        let past = self.beginning()?;
        let begins = past.state.now;
        if moments.first().is_some_and(|since| begins > *since) {
            let message =
                format!("what happened before {} was folded into the base of the journal", format_time(begins));
            return Err(Error::new(ErrorKind::TimePast, message).hint("`[time] keep` says how long records are kept"));
        }
        let unknown = self.unknown_cell().unwrap_or(NONE);
        let mut cells = vec![unknown; self.state.customers() as usize];
        for (customer, cell) in cells.iter_mut().enumerate().take(past.state.customers() as usize) {
            *cell =
                Some(past.state.member(segment, customer as u32).cell).filter(|cell| *cell != NONE).unwrap_or(unknown);
        }
        let live: Vec<u32> = self.live().collect();
        let mut left = moments.iter().copied().peekable();
        let mut show = |cells: &[u32]| {
            let seen: Vec<u32> = live.iter().filter_map(|customer| cells.get(*customer as usize).copied()).collect();
            visit(&seen);
        };
        self.each_crossing(Some(spec.key), |crossing| {
            while left.next_if(|moment| crossing.at > *moment).is_some() {
                show(&cells);
            }
            // A merged customer's path is that of the one kept.
            let kept = self.state.resolve(crossing.customer) == crossing.customer;
            if let Some(cell) = cells.get_mut(crossing.customer as usize).filter(|_| kept) {
                *cell = crossing.to.unwrap_or(unknown);
            }
        })?;
        left.for_each(|_| show(&cells));
        Ok(())
    }
}
