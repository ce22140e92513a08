//! Learning the population.

use super::Engine;
use super::population::Snapshot;
use super::react::Cause;
use super::report::{FitReport, FittedColumn};
use super::world::{World, axis_name, parameters};
use crate::base::{Error, ErrorKind, Result};
use crate::data::published::published_name;
use crate::data::record::{Fitted, Record};
use crate::definition::did_you_mean;
use crate::program::{Input, Source};
use crate::segments::fit_edges;

impl Engine {
    /// Learns the population: every fitted column, or those named, in dependency order, from one
    /// snapshot at the engine's clock; then assigns all customers anew, which triggers nothing. What reads
    /// membership, such as micro-segments, is fitted after that, from where everyone stands then.
    ///
    /// A column that has too little to learn from is reported as skipped and keeps what it had; one that an earlier fit
    /// gave values by customer, of ties or events that are all gone, loses them.
    /// Cost: a pass over all customers for each column, plus what the model takes.
    ///
    /// # Errors
    /// `UnknownColumn` for a name that no fitted column or axis has; `Interrupted`; `Store...` if it
    /// can't be recorded.
    pub fn fit(&self, names: Option<&[&str]>) -> Result<FitReport> {
        self.world_mut()?.fit(names)
    }
}

impl World {
    fn fit(&mut self, names: Option<&[&str]>) -> Result<FitReport> {
        self.check_names(names)?;
        self.ready()?;
        let wanted = |name: &str| names.is_none_or(|names| names.contains(&name));
        let at = self.moment(None)?;
        let mut report = FitReport { at, ..FitReport::default() };
        let stages = self.stages();
        let last = stages.iter().copied().max().unwrap_or(0);
        let mut records = Vec::new();
        for stage in 0..=last {
            let of_stage = |column: Option<usize>| column.and_then(|at| stages.get(at)).copied().unwrap_or(0) == stage;
            let learnt = match self.fit_stage(&wanted, &of_stage, &mut report) {
                Ok(learnt) => learnt,
                Err(error) => {
                    if !records.is_empty() {
                        self.reload();
                    }
                    return Err(error);
                }
            };
            if learnt.parameters.is_empty() {
                continue;
            }
            let moved = match self.look_at_all(at, Cause::Fit) {
                Ok(moved) => moved,
                Err(error) => {
                    self.reload();
                    return Err(error);
                }
            };
            report.moved += moved.crossings.len() as u64;
            records.push(Record::Fit(learnt));
            if !moved.events.at.is_empty() {
                records.push(Record::Events(moved.events));
            }
        }
        if !records.is_empty() {
            self.commit(records)?;
        }
        Ok(report)
    }

    /// Fits what belongs to a stage, and publishes it; on an error what was there before is back.
    fn fit_stage(
        &mut self,
        wanted: &impl Fn(&str) -> bool,
        of_stage: &impl Fn(Option<usize>) -> bool,
        report: &mut FitReport,
    ) -> Result<Fitted> {
        let mut learnt = Fitted { at: report.at, parameters: Vec::new() };
        let fits = self.state.fits.len();
        let found = self
            .fit_models(wanted, of_stage, report, &mut learnt)
            .and_then(|()| self.fit_axes(wanted, of_stage, report, &mut learnt));
        self.state.fits.truncate(fits);
        // A model is learnt to its end; a host that wants to stop is asked once more before anything changes.
        if let Err(error) = found.and_then(|()| self.journal.go_on()).and_then(|()| self.install(&learnt)) {
            self.state.fits.truncate(fits);
            if self.install(&Fitted::default()).is_err() {
                self.reload();
            }
            return Err(error);
        }
        Ok(learnt)
    }

    /// When each column can be fitted: what reads membership waits until the segments that it reads were fitted and
    /// everyone was assigned anew.
    fn stages(&self) -> Vec<usize> {
        let mut stages: Vec<usize> = Vec::with_capacity(self.program.columns.len());
        for column in &self.program.columns {
            let of = |column: &usize| stages.get(*column).copied().unwrap_or(0);
            let stage = match &column.source {
                Source::Formula(expr) => expr.inputs().iter().map(|input| of(&(*input as usize))).max(),
                Source::Model { model, .. } => {
                    let inputs = self.program.models.get(*model).map_or(&[][..], |(_, model)| model.inputs());
                    inputs
                        .iter()
                        .filter_map(|input| if let Input::Column(column) = input { Some(of(column)) } else { None })
                        .max()
                }
                Source::Axis { segment, .. } | Source::Cell(segment) => {
                    let reads = self.program.segments.get(*segment).map_or(&[][..], |segment| &segment.reads);
                    Some(1 + reads.iter().map(of).max().unwrap_or(0))
                }
                _ => None,
            };
            stages.push(stage.unwrap_or(0));
        }
        stages
    }

    pub fn fitted_names(&self) -> Vec<String> {
        let models = self.program.models.iter().filter(|(_, model)| model.needs_fit()).map(|(name, _)| name.clone());
        let axes = self.program.segments.iter().flat_map(|segment| {
            let fitted = segment.axes.iter().filter(|axis| matches!(axis.cut, crate::program::Cut::Quantiles(_)));
            fitted.map(|axis| axis_name(&segment.name, &axis.name))
        });
        models.chain(axes).collect()
    }

    fn check_names(&self, names: Option<&[&str]>) -> Result<()> {
        let known = self.fitted_names();
        for name in names.unwrap_or_default() {
            if !known.iter().any(|known| known == name) {
                let error = Error::new(ErrorKind::UnknownColumn, format!("no fitted column `{name}`"));
                let hint = did_you_mean(name, known.iter().map(String::as_str));
                return Err(error.hint(hint.unwrap_or_else(|| format!("fitted columns are {}", known.join(", ")))));
            }
        }
        Ok(())
    }

    /// Fits each wanted model and makes it readable at once, since later ones may read it.
    fn fit_models(
        &mut self,
        wanted: &impl Fn(&str) -> bool,
        of_stage: &impl Fn(Option<usize>) -> bool,
        report: &mut FitReport,
        learnt: &mut Fitted,
    ) -> Result<()> {
        for index in 0..self.program.models.len() {
            let due = |name: &str| wanted(name) && of_stage(self.program.column(name));
            let Some((name, model)) =
                self.program.models.get(index).filter(|(name, model)| model.needs_fit() && due(name))
            else {
                continue;
            };
            self.journal.go_on()?;
            let previous = parameters(&self.state, name);
            let snapshot = Snapshot::new(self.view(), &self.journal, self.seed);
            let mut column = FittedColumn { name: name.clone(), ..FittedColumn::default() };
            let outcome = model.fit(&snapshot, previous);
            let words = snapshot.words.into_inner();
            match outcome {
                Ok(outcome) => {
                    let fitted = model.prepare(Some(&outcome.parameters))?;
                    let name = if model.publishes() { published_name(name) } else { name.clone() };
                    learnt.parameters.push((name, outcome.parameters));
                    words.since(0).iter().try_for_each(|word| self.state.keys.intern(word).map(drop))?;
                    column.diagnostics = outcome.diagnostics;
                    column.verdicts = outcome.verdicts;
                    column.notes = outcome.notes;
                    if let Some(place) = self.fitted.get_mut(index) {
                        *place = fitted;
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotEnoughData => column.skipped = Some(error.to_string()),
                Err(error) => return Err(error),
            }
            report.columns.push(column);
        }
        Ok(())
    }

    fn fit_axes(
        &self,
        wanted: &impl Fn(&str) -> bool,
        of_stage: &impl Fn(Option<usize>) -> bool,
        report: &mut FitReport,
        learnt: &mut Fitted,
    ) -> Result<()> {
        let snapshot = Snapshot::new(self.view(), &self.journal, self.seed);
        for segment in &self.program.segments {
            for axis in &segment.axes {
                let name = axis_name(&segment.name, &axis.name);
                if !wanted(&name) || !of_stage(Some(axis.of)) {
                    continue;
                }
                let mut column = FittedColumn { name: name.clone(), ..FittedColumn::default() };
                match fit_edges(&self.program, axis, &snapshot) {
                    Ok(None) => continue,
                    Ok(Some((edges, bytes))) => {
                        column.diagnostics = edges
                            .iter()
                            .enumerate()
                            .map(|(place, edge)| (format!("edge_{}", place + 1), *edge))
                            .collect();
                        learnt.parameters.push((name, bytes));
                    }
                    Err(error) if error.kind() == ErrorKind::NotEnoughData => column.skipped = Some(error.to_string()),
                    Err(error) => return Err(error),
                }
                report.columns.push(column);
            }
        }
        Ok(())
    }
}
