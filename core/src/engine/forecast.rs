//! What the opportunities under way will bring.

use super::Engine;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::models::survival::Forecast;
use crate::program::Source;

/// The parts of a pipeline that say what is under way: stage, age, worth.
const PARTS: [usize; 3] = [5, 4, 6];

impl Engine {
    /// What the opportunities under way will bring, by a column of the model `pipeline`: a table of `group`,
    /// `opportunities`, `worth` (the sum of what they are worth), `forecast` (the sum of worth x chance to be won),
    /// `lower` and `upper` (less with .05, more with .05, by chance and by how well the chances are known).
    ///
    /// A row each label of the column `by` (names, flags, quantities cut at their quintiles; who has none is left to
    /// the total), as that of the salesperson, and one without a group, the total. Intervals don't add up. Who was won
    /// or lost takes no part, nor whose stage was not seen by the fit or whose worth is unknown. Read at `at`, by
    /// default the engine's clock. Cost: a read of the columns, and 400 passes over the opportunities.
    ///
    /// # Errors
    /// `UnknownColumn` with the nearest name; `SchemaType` for a column that is no pipeline; `NotEnoughData` before a fit;
    /// `SchemaMissing` for a `by` toward a peer; `TimePast`; `Interrupted`.
    pub fn forecast(&self, column: &str, by: Option<&str>, at: Option<i64>) -> Result<Table> {
        let world = self.world()?;
        let (place, _) = world.column_alone(column)?;
        let model = match world.program.columns.get(place).map(|spec| &spec.source) {
            Some(Source::Model { model, .. }) if world.is_pipeline(*model) => *model,
            _ => return Err(Error::new(ErrorKind::SchemaType, format!("the column `{column}` is no pipeline"))),
        };
        let of_model = |part: usize| {
            let is = |source: &Source| matches!(source, Source::Model { model: of, part: own } if (*of, *own) == (model, part));
            world.program.columns.iter().position(|spec| is(&spec.source)).unwrap_or(place)
        };
        let who: Vec<u32> = world.live().collect();
        let labels = by.map(|by| world.labels(by, &who)).transpose()?;
        let values = world.values(&who, NONE, &PARTS.map(of_model), world.moment(at)?)?;
        let row = |row: usize| values.iter().map(move |column| column.get(row).copied().unwrap_or(f64::NAN));
        let mut groups: Vec<(Option<&str>, Vec<[f64; 3]>)> = Vec::new();
        groups.extend(labels.iter().flat_map(|labels| &labels.texts).map(|text| (Some(text.as_str()), Vec::new())));
        let mut all = Vec::with_capacity(who.len());
        for place in 0..who.len() {
            let mut open = [f64::NAN; 3];
            open.iter_mut().zip(row(place)).for_each(|(slot, value)| *slot = value);
            let label = labels.as_ref().and_then(|labels| labels.of.get(place));
            if let Some((_, group)) = label.and_then(|label| groups.get_mut(*label as usize)) {
                group.push(open);
            }
            all.push(open);
        }
        groups.push((None, all));
        let total = |open: &[[f64; 3]]| {
            let found = world.fitted.get(model).and_then(|fitted| fitted.forecast(open));
            found.ok_or_else(|| {
                Error::new(ErrorKind::NotEnoughData, format!("`{column}` was not fitted yet")).hint("call `fit`")
            })
        };
        let found = groups.iter().map(|(_, open)| total(open)).collect::<Result<Vec<Forecast>>>()?;
        let number = |of: fn(&Forecast) -> f64| Column::Number(found.iter().map(of).collect());
        let mut table = Table::new();
        table.push("group", Column::text(groups.iter().map(|(name, _)| name.map(str::to_owned))));
        table.push("opportunities", Column::Integer(found.iter().map(|one| one.opportunities as i64).collect()));
        table.push("worth", number(|one| one.worth));
        table.push("forecast", number(|one| one.value));
        table.push("lower", number(|one| one.lower));
        table.push("upper", number(|one| one.upper));
        Ok(table)
    }
}

impl World {
    /// Whether a model is one of sales in stages.
    fn is_pipeline(&self, model: usize) -> bool {
        let Some((name, _)) = self.program.models.get(model) else { return false };
        let mut columns = self.definition.model().columns.iter();
        columns.any(|column| column.name.value == *name && column.table.text("model") == Some("pipeline"))
    }
}
