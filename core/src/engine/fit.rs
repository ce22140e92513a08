//! Learning the population.

use std::cell::RefCell;

use super::Engine;
use super::population::Snapshot;
use super::react::Cause;
use super::report::{FitReport, FittedColumn};
use super::world::{World, axis_name, parameters};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::Scratch;
use crate::data::record::{Fitted, Record};
use crate::definition::did_you_mean;
use crate::segments::fit_edges;

impl Engine {
    /// Learns the population: every fitted column, or those named, in dependency order, from one
    /// snapshot at the engine's clock; then assigns all customers anew, which triggers nothing.
    ///
    /// A column that has too little to learn from is reported as skipped and keeps what it had.
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
        let mut learnt = Fitted { at, parameters: Vec::new() };
        let fits = self.state.fits.len();
        let found = self
            .fit_models(wanted, &mut report, &mut learnt)
            .and_then(|()| self.fit_axes(wanted, &mut report, &mut learnt));
        self.state.fits.truncate(fits);
        // A model is learnt to its end; a host that wants to stop is asked once more before anything changes.
        if let Err(error) = found.and_then(|()| self.journal.go_on()).and_then(|()| self.install(&learnt)) {
            self.state.fits.truncate(fits);
            if self.install(&Fitted::default()).is_err() {
                self.reload();
            }
            return Err(error);
        }
        if learnt.parameters.is_empty() {
            return Ok(report);
        }
        let moved = match self.look_at_all(at, Cause::Fit) {
            Ok(moved) => moved,
            Err(error) => {
                self.reload();
                return Err(error);
            }
        };
        report.moved = moved.crossings.len() as u64;
        let mut records = vec![Record::Fit(learnt)];
        if !moved.events.at.is_empty() {
            records.push(Record::Events(moved.events));
        }
        self.commit(records)?;
        Ok(report)
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
    fn fit_models(&mut self, wanted: impl Fn(&str) -> bool, report: &mut FitReport, learnt: &mut Fitted) -> Result<()> {
        for index in 0..self.program.models.len() {
            let Some((name, model)) =
                self.program.models.get(index).filter(|(name, model)| model.needs_fit() && wanted(name))
            else {
                continue;
            };
            self.journal.go_on()?;
            let previous = parameters(&self.state, name);
            let snapshot = Snapshot {
                view: self.view(),
                journal: &self.journal,
                seed: self.seed,
                scratch: RefCell::new(Scratch::default()),
            };
            let mut column = FittedColumn { name: name.clone(), ..FittedColumn::default() };
            match model.fit(&snapshot, previous) {
                Ok(outcome) => {
                    let fitted = model.prepare(Some(&outcome.parameters))?;
                    learnt.parameters.push((name.clone(), outcome.parameters));
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

    fn fit_axes(&self, wanted: impl Fn(&str) -> bool, report: &mut FitReport, learnt: &mut Fitted) -> Result<()> {
        let snapshot = Snapshot {
            view: self.view(),
            journal: &self.journal,
            seed: self.seed,
            scratch: RefCell::new(Scratch::default()),
        };
        for segment in &self.program.segments {
            for axis in &segment.axes {
                let name = axis_name(&segment.name, &axis.name);
                if !wanted(&name) {
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
