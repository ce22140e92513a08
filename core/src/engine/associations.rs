//! Which characteristics go with which: associations, lifts, look-alikes.

use std::collections::BTreeSet;

use super::Engine;
use super::labels::Labels;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::OwnedId;
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::definition::did_you_mean;
use crate::expr::Type;
use crate::models::associate::{Characteristic, Crosstab, Lift, LookAlike, LookAlikeParams, benjamini_hochberg};
use crate::program::Source;

/// Most rows of a table of lifts.
const MOST_ROWS: usize = 1_000_000;

/// Rows with the same label of a column that parts them.
type Part = (Option<String>, Vec<usize>);

impl Engine {
    /// How strongly a column goes with others: chi-squared with its p-value, Cramer's V as it is and with its
    /// bias taken out (Bergsma 2013), and mutual information in nats, a row a column.
    ///
    /// `of` is any column that needs no peer, such as a segment, one of its axes (`strategic.need`) or a trait;
    /// `with` are the columns to hold against it, by default the traits. Labels are names, `true` and `false`; a
    /// quantity is cut at its quintiles. With `within`, each of its labels is looked at by itself: a trait inside
    /// a need. Who has an unknown label takes no part in that row, and a column with one label is associated with
    /// nothing: its figures are unknown. `q_value` controls the share of false findings over all rows (Benjamini,
    /// Hochberg 1995). Read at the engine's clock. Cost: a read of the columns, and a sort for each row.
    ///
    /// # Errors
    /// `UnknownColumn` with the nearest name; `SchemaMissing` for a column toward a peer; `Interrupted`.
    pub fn associations(&self, of: &str, with: Option<&[&str]>, within: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let who: Vec<u32> = world.live().collect();
        let target = world.labels(of, &who)?;
        let parts = world.parts(within, &who)?;
        let traits = world.traits_but(&[Some(of), within]);
        let with: Vec<&str> = with.map_or_else(|| traits.iter().map(String::as_str).collect(), <[&str]>::to_vec);
        let mut found: Vec<(Option<String>, &str, Crosstab)> = Vec::new();
        for name in with {
            let labels = world.labels(name, &who)?;
            for (part, rows) in &parts {
                found.push((part.clone(), name, Crosstab::new(target.pairs(&labels, rows))));
            }
        }
        let p: Vec<f64> = found.iter().map(|(.., table)| table.p_value()).collect();
        let numbers =
            |of: &dyn Fn(&Crosstab) -> f64| Column::Number(found.iter().map(|(.., table)| of(table)).collect());
        let mut table = Table::new();
        if let Some(within) = within {
            table.push(within, Column::text(found.iter().map(|(part, ..)| part.clone())));
        }
        table.push("column", Column::text(found.iter().map(|(_, name, _)| Some((*name).to_owned()))));
        table.push("customers", Column::Integer(found.iter().map(|(.., table)| table.total() as i64).collect()));
        table.push("labels", Column::Integer(found.iter().map(|(.., table)| table.columns().len() as i64).collect()));
        table.push("chi_squared", numbers(&Crosstab::chi_squared));
        table.push("degrees", numbers(&Crosstab::degrees));
        table.push("p_value", Column::Number(p.clone()));
        table.push("q_value", Column::Number(benjamini_hochberg(&p)?));
        table.push("cramers_v", numbers(&Crosstab::cramers_v));
        table.push("cramers_v_corrected", numbers(&Crosstab::cramers_v_corrected));
        table.push("mutual_information", numbers(&Crosstab::mutual_information));
        Ok(table)
    }

    /// How much more often each label of `with` is met inside each label of `of` than among all, a row a pair of
    /// labels: the counts of a crosstab, the share inside and elsewhere and the `gap` between them, and the lift
    /// with its 95% interval, Fisher's exact p-value and the q-value over all rows.
    ///
    /// Columns, labels and `within` are as in [`Engine::associations`]. Pairs that never meet have a row too.
    ///
    /// # Errors
    /// As [`Engine::associations`]; `SchemaRange` for more than a million pairs of labels.
    pub fn lifts(&self, of: &str, with: &str, within: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let who: Vec<u32> = world.live().collect();
        let (target, labels) = (world.labels(of, &who)?, world.labels(with, &who)?);
        let mut found: Vec<(Option<String>, u32, u32, Lift)> = Vec::new();
        for (part, rows) in world.parts(within, &who)? {
            let table = Crosstab::new(target.pairs(&labels, &rows));
            if found.len() + table.rows().len() * table.columns().len() > MOST_ROWS {
                let message = format!("more than {MOST_ROWS} pairs of labels of `{of}` and `{with}`");
                return Err(Error::new(ErrorKind::SchemaRange, message));
            }
            for (row, _) in table.rows() {
                let one = |(column, _): &(u32, u64)| (part.clone(), *row, *column, table.lift(*row, *column));
                found.extend(table.columns().iter().map(one));
            }
        }
        let numbers = |of: &dyn Fn(&Lift) -> f64| Column::Number(found.iter().map(|(.., lift)| of(lift)).collect());
        let counts =
            |of: &dyn Fn(&Lift) -> u64| Column::Integer(found.iter().map(|(.., lift)| of(lift) as i64).collect());
        let q = benjamini_hochberg(&found.iter().map(|(.., lift)| lift.p_value).collect::<Vec<f64>>())?;
        let mut table = Table::new();
        if let Some(within) = within {
            table.push(within, Column::text(found.iter().map(|(part, ..)| part.clone())));
        }
        table.push("cell", Column::text(found.iter().map(|(_, row, ..)| Some(target.text(*row).to_owned()))));
        table.push("label", Column::text(found.iter().map(|(_, _, column, _)| Some(labels.text(*column).to_owned()))));
        table.push("count", counts(&|lift| lift.both));
        table.push("cell_size", counts(&|lift| lift.group));
        table.push("share", numbers(&Lift::share));
        table.push("elsewhere", numbers(&Lift::elsewhere));
        table.push("gap", numbers(&|lift| lift.share() - lift.elsewhere()));
        table.push("lift", numbers(&|lift| lift.lift));
        table.push("lower", numbers(&|lift| lift.interval.0));
        table.push("upper", numbers(&|lift| lift.interval.1));
        table.push("p_value", numbers(&|lift| lift.p_value));
        table.push("q_value", Column::Number(q));
        Ok(table)
    }

    /// Who is like the customers with a label of a column, most alike first: `customer` and `probability`, of all
    /// who have another label or an unknown one, such as newcomers of whom only traits are known.
    ///
    /// A logistic regression over `by` (columns that need no peer; unknown values are no obstacle), calibrated on
    /// rows that it had not seen ([`LookAlike`]), learns who among those with a known label has this one. `most`
    /// bounds the rows. Read at the engine's clock; nothing is recorded. Cost: six regressions over the
    /// customers.
    ///
    /// # Errors
    /// As [`Engine::associations`]; `UnknownSegment` for a label that nobody has; `SchemaMissing` without columns;
    /// `NotEnoughData` for less than ten customers with the label or ten with another.
    pub fn look_alikes(&self, of: &str, label: &str, by: &[&str], most: Option<usize>) -> Result<Table> {
        let world = self.world()?;
        let who: Vec<u32> = world.live().collect();
        let target = world.labels(of, &who)?;
        let wanted = target.named(label).ok_or_else(|| {
            let error = Error::new(ErrorKind::UnknownSegment, format!("nobody has the label `{label}` of `{of}`"));
            match did_you_mean(label, target.texts.iter().map(String::as_str)) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?;
        if by.is_empty() {
            return Err(Error::new(ErrorKind::SchemaMissing, "look-alikes need columns to be alike in"));
        }
        let found = by.iter().map(|name| world.column_alone(name)).collect::<Result<Vec<(usize, Type)>>>()?;
        let columns: Vec<usize> = found.iter().map(|(column, _)| *column).collect();
        let values = world.values(&who, NONE, &columns, world.moment(None)?)?;
        let known: Vec<usize> = (0..who.len()).filter(|row| target.of[*row] != NONE).collect();
        let others: Vec<usize> = (0..who.len()).filter(|row| target.of[*row] != wanted).collect();
        let at = |rows: &[usize]| -> Vec<Vec<f64>> {
            values.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect()
        };
        let member: Vec<bool> = known.iter().map(|row| target.of[*row] == wanted).collect();
        let params = LookAlikeParams { seed: world.seed, ..LookAlikeParams::default() };
        let model = LookAlike::fit(&characteristics(&found, &at(&known)), &member, &params)?;
        let p = model.predict(&characteristics(&found, &at(&others)))?;
        let mut order: Vec<usize> = (0..others.len()).collect();
        order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
        order.truncate(most.unwrap_or(usize::MAX));
        let name = |place: &usize| world.state.ids.name(who[others[*place]]).cloned().unwrap_or(OwnedId::Erased);
        let mut table = Table::new();
        table.push("customer", Column::Id(order.iter().map(name).collect()));
        table.push("probability", Column::Number(order.iter().map(|place| p[*place]).collect()));
        Ok(table)
    }
}

pub(super) fn characteristics<'a>(found: &[(usize, Type)], values: &'a [Vec<f64>]) -> Vec<Characteristic<'a>> {
    let one = |((_, kind), values): (&(usize, Type), &'a Vec<f64>)| match kind {
        Type::Key | Type::Bool => Characteristic::Label(values),
        _ => Characteristic::Number(values),
    };
    found.iter().zip(values).map(one).collect()
}

impl World {
    /// The rows of each label of a column; all in one part without a column.
    fn parts(&self, within: Option<&str>, who: &[u32]) -> Result<Vec<Part>> {
        let Some(name) = within else { return Ok(vec![(None, (0..who.len()).collect())]) };
        let labels: Labels = self.labels(name, who)?;
        let mut parts: Vec<Part> = labels.texts.iter().map(|text| (Some(text.clone()), Vec::new())).collect();
        for (row, label) in labels.of.iter().enumerate() {
            if let Some((_, rows)) = parts.get_mut(*label as usize) {
                rows.push(row);
            }
        }
        Ok(parts)
    }

    /// The names of all traits, without some.
    fn traits_but(&self, without: &[Option<&str>]) -> Vec<String> {
        let without: BTreeSet<&str> = without.iter().flatten().copied().collect();
        let traits = self.program.columns.iter().filter(|column| matches!(column.source, Source::Trait(_)));
        traits.map(|column| column.name.clone()).filter(|name| !without.contains(name.as_str())).collect()
    }
}
