//! `[score.NAME] model = "humps"`: in which hump of the market a customer stands, category by category.
//!
//! A line is of the upper tier where `high` holds (a national brand, say; or a private one, to look from
//! the other side). The column is the chance that the customer's cells (categories with at least `lines`
//! lines) are of the upper hump, on average ([`crate::models::humps::BinomialHumps`]). Parts:
//! `mixing` (0 in one hump alone, 1 half in each), `category_1` to `category_k` (the chance of each of
//! `categories`, with the share of the hump where the customer has no line); and without a fit `both`
//! (a cell at or above `upper` and another at or below `lower`), `share` (of lines that are high), `cells`.
//!
//! The fit's verdict `humps` says whether the cells have two humps, by the dip and by BIC; `both` whether
//! more customers stand in both than with tiers shuffled within categories, in 20 runs. Fold class: counts,
//! exact in any order.
//!
//! Keys: `on`, `where`, `by` (the category, default `need`), `high`, `lines` (3), `upper` (0.8),
//! `lower` (0.2), `categories`.

mod fitted;

use fitted::{Fitted, Parameters};

use super::hidden::{Hidden, each, numbered, or_else, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Window};
use crate::expr::Type;
use crate::models::humps::{BinomialHumps, CellRule, both_humps, both_humps_verdict, shuffled, two_humps};
use crate::program::{
    ColumnModel, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering, Op, Part, Population,
};

/// Runs of the shuffled null.
const RUNS: u32 = 20;

/// The kind of humps.
pub(super) struct HumpsKind;

struct Humps {
    /// Lines by category, and those of the upper tier.
    inputs: Vec<Input>,
    parts: Vec<Part>,
    rule: CellRule,
    categories: Vec<u32>,
    names: Vec<String>,
}

/// One category of a customer.
#[derive(Debug, Clone, Copy)]
struct Cell {
    category: u32,
    lines: f64,
    high: f64,
}

impl Kind for HumpsKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("humps")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let default = CellRule::default();
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let by = section.text("by");
        let high = section.text("high");
        let lines = section.integer("lines", 1).map_or(default.lines, |word| word.value);
        let share = |share: f64| (0.0..=1.0).contains(&share);
        let upper = section.number_where("upper", "a share from 0 to 1", share).map_or(default.high, |word| word.value);
        let lower = section.number_where("lower", "a share from 0 to 1", share).map_or(default.low, |word| word.value);
        let categories = section.words("categories");
        section.require("on", "the event kinds whose lines count");
        section.require("high", "when a line is of the upper tier, as in `high = 'tier == \"national\"'`");
        if lower >= upper {
            section.report_here(format!("`lower` is {lower}, but must be below `upper`, {upper}"), None);
            return None;
        }
        section.finish();
        let (high, kinds) = (high?, lowering.kinds_named(&on));
        if on.is_empty() || kinds.len() < on.len() {
            return None;
        }
        // Reports a mistake in the expression once, at its place.
        let expr = lowering.over_events(&high, &kinds)?;
        lowering.expect_type(&high, &expr, Type::Bool);
        let both = match &filter {
            Some(filter) => high.with(format!("({}) && ({})", filter.value, high.value)),
            None => high.clone(),
        };
        let (name, by) = (&column.name.value, or_else(by, &column.name, "need"));
        let mut count = |filter: Option<&_>| {
            let hidden = Hidden { name, kinds: &kinds, filter };
            hidden.histogram(Op::Histogram, &by, Window::Lifetime, lowering)
        };
        let inputs = vec![count(filter.as_ref())?, count(Some(&both))?];
        let kinds = [("both", Type::Bool), ("share", Type::Number), ("cells", Type::Number)];
        let fitted = ["", "mixing"].map(|part| (part, Type::Number));
        let mut all = parts(fitted.into_iter().chain(kinds));
        all.extend(numbered("category", categories.len()));
        Some(Lowered::Model(Box::new(Humps {
            inputs,
            parts: all,
            rule: CellRule { lines, high: upper, low: lower },
            categories: categories.iter().map(|word| lowering.key(&word.value)).collect(),
            names: categories.into_iter().map(|word| word.value).collect(),
        })))
    }
}

/// The categories of a customer.
fn cells(inputs: Inputs<'_>) -> impl Iterator<Item = Cell> {
    let of = |place: usize| inputs.histograms.get(place).map_or(&[][..], Vec::as_slice);
    let (lines, high) = (of(0), of(1));
    let found =
        move |key: u32| high.binary_search_by_key(&key, |(known, _)| *known).ok().and_then(|place| high.get(place));
    lines.iter().map(move |(category, lines)| Cell {
        category: *category,
        lines: *lines,
        high: found(*category).map_or(0.0, |(_, high)| *high),
    })
}

/// Lines in columns, as the models take them.
#[derive(Default)]
struct Lines {
    customer: Vec<u32>,
    category: Vec<u32>,
    high: Vec<bool>,
    /// High lines and all lines of each cell that counts.
    cells: (Vec<f64>, Vec<f64>),
}

impl Humps {
    fn lines(&self, population: &dyn Population) -> Result<Lines> {
        let mut all = Lines::default();
        each(population, &self.inputs, |inputs| {
            for cell in cells(inputs) {
                let (lines, high) = (cell.lines as usize, cell.high as usize);
                all.customer.extend(std::iter::repeat_n(inputs.customer, lines));
                all.category.extend(std::iter::repeat_n(cell.category, lines));
                all.high.extend((0..lines).map(|line| line < high));
                if cell.lines >= f64::from(self.rule.lines) {
                    all.cells.0.push(cell.high);
                    all.cells.1.push(cell.lines);
                }
            }
        })?;
        Ok(all)
    }
}

impl ColumnModel for Humps {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let Lines { customer, category, high, cells } = self.lines(population)?;
        let lines = self.rule.lines;
        if cells.0.len() < 2 {
            let error = format!("{} cells have {lines} lines or more, and humps need at least two", cells.0.len());
            return Err(Error::new(ErrorKind::NotEnoughData, error));
        }
        // An older fit is a start, no more: what can't be read is left.
        let start = previous.and_then(|bytes| Parameters::decode(bytes).ok()).map(|kept| kept.humps);
        let fit = BinomialHumps::fit_from(&cells.0, &cells.1, start)?;
        let shares: Vec<f64> = cells.0.iter().zip(&cells.1).map(|(high, lines)| high / lines).collect();
        let two = two_humps(&shares)?;
        let found = both_humps(&customer, &category, &high, &self.rule)?;
        let chance = shuffled(&customer, &category, &high, &self.rule, RUNS, population.seed())?;
        let diagnostics = [
            ("low", fit.humps.low),
            ("high", fit.humps.high),
            ("share", fit.humps.share),
            ("bic_one", fit.bic_one),
            ("bic_two", fit.bic_two),
            ("steps", f64::from(fit.iterations)),
            ("dip", two.dip),
            ("dip_p", two.p),
            ("cells", found.cells as f64),
            ("customers", found.customers as f64),
            ("several", found.several as f64),
            ("both", found.both as f64),
            ("both_by_chance", chance.mean),
            ("both_by_chance_deviation", chance.deviation),
        ];
        let verdicts =
            vec![("humps".to_owned(), two.verdict), ("both".to_owned(), both_humps_verdict(&found, &chance))];
        let notes = self.names.iter().zip(1..).map(|(name, place)| (format!("category_{place}"), name.clone()));
        Ok(FitOutcome {
            parameters: Parameters { humps: fit.humps }.encode(),
            diagnostics: diagnostics.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            verdicts,
            notes: notes.collect(),
        })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let humps = parameters.map(Parameters::decode).transpose()?.map(|kept| kept.humps);
        Ok(Box::new(Fitted { humps, rule: self.rule, categories: self.categories.clone() }))
    }
}
