//! How surely members belong to their cells.

use std::collections::BTreeMap;

use super::Engine;
use super::world::World;
use crate::base::Result;
use crate::base::numeric::special::normal_cdf;
use crate::data::ids::OwnedId;
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::models::pooling::{jeffreys, share_interval};
use crate::program::{AskedNames, AxisSpec, Cut, Input, Source, UNKNOWN, cell_labels};

/// Columns on columns that are followed: a definition has no more floors.
const DEEPEST: u32 = 16;

/// What a cell asks of one column, with the places of what it reads.
#[derive(Debug, Clone)]
enum Term {
    /// The shares of some names, and how many events stand behind all shares.
    Share { of: Vec<usize>, others: bool, evidence: Option<usize> },
    /// A quantity, measured with an error, from one edge to below another.
    Between { value: usize, error: usize, low: f64, high: f64 },
    /// How far a name is believed.
    Believed { value: usize },
}

/// The chance to belong, and what the interval is made of: the first two moments of what that chance may be.
#[derive(Debug, Clone, Copy)]
struct Chance {
    score: f64,
    mean: f64,
    square: f64,
}

impl Engine {
    /// How surely each member belongs to its cell: `customer`, `cell`, the score `belonging` from 0 to 1 and its 95%
    /// interval from `lower` to `upper`; of one cell, or of all but `unknown`, in order of first sight.
    ///
    /// The score is the chance that the cell is the customer's, the axes taken as independent: on an axis of needs
    /// the share of the topic, with the uncertainty of a share of so many events (Jeffreys' prior); on a quantity with a part
    /// `standard_error` the chance to lie between the edges (normal); of a trait its confidence, where that is declared.
    /// Micro-segments ask what their rule asks. What is known without an error, as a community, a leaf of a tree or a
    /// rule over columns, is certain: 1. The interval is that of the beta
    /// distribution of the score's mean and variance. Where a customer is held by hysteresis, the score says so.
    /// Unknown where the columns are. Read at the engine's clock. Cost: a read of the columns.
    ///
    /// # Errors
    /// `UnknownSegment` with the nearest name, also for a cell that the segment can't have; `Interrupted`.
    pub fn belonging(&self, name: &str, cell: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let segment = world.segment(name)?;
        cell.map_or(Ok(()), |cell| world.cell_known(segment, cell))?;
        let mut terms: BTreeMap<u32, (String, Vec<Term>)> = BTreeMap::new();
        let (mut who, mut cells) = (Vec::new(), Vec::new());
        for customer in world.live() {
            let at = world.state.member(segment, customer).cell;
            let (text, _) = terms.entry(at).or_insert_with(|| {
                let text = world.cell_text(at);
                let terms = world.terms_of_cell(segment, &cell_labels(&text), 0);
                (text, terms)
            });
            if cell.map_or(text != UNKNOWN, |cell| text == cell) {
                who.push(customer);
                cells.push(at);
            }
        }
        let mut columns: Vec<usize> = terms.values().flat_map(|(_, terms)| terms).flat_map(Term::columns).collect();
        columns.sort_unstable();
        columns.dedup();
        let values = world.values(&who, NONE, &columns, world.moment(None)?)?;
        let mut figures: [Vec<f64>; 3] = Default::default();
        for (row, at) in cells.iter().enumerate() {
            let value = |column: usize| match columns.binary_search(&column) {
                Ok(place) => values.get(place).and_then(|values| values.get(row)).copied().unwrap_or(f64::NAN),
                Err(_) => f64::NAN,
            };
            let own = terms.get(at).map_or(&[][..], |(_, terms)| terms.as_slice());
            let chance = own.iter().fold(Chance::certain(1.0), |all, term| all.and(term.chance(&value)));
            figures.iter_mut().zip(chance.figures()).for_each(|(column, figure)| column.push(figure));
        }
        let name = |customer: &u32| world.state.ids.name(*customer).cloned().unwrap_or(OwnedId::Erased);
        let mut table = Table::new();
        table.push("customer", Column::Id(who.iter().map(name).collect()));
        table.push("cell", Column::text(cells.iter().map(|at| terms.get(at).map(|(text, _)| text.clone()))));
        for (name, figure) in ["belonging", "lower", "upper"].into_iter().zip(figures) {
            table.push(name, Column::Number(figure));
        }
        Ok(table)
    }
}

impl Term {
    fn columns(&self) -> Vec<usize> {
        match self {
            Term::Share { of, evidence, .. } => of.iter().chain(evidence).copied().collect(),
            Term::Between { value, error, .. } => vec![*value, *error],
            Term::Believed { value } => vec![*value],
        }
    }

    fn chance(&self, value: &dyn Fn(usize) -> f64) -> Chance {
        match self {
            Term::Share { of, others, evidence } => {
                let share: f64 = of.iter().map(|column| value(*column)).sum();
                let score = if *others { 1.0 - share } else { share }.clamp(0.0, 1.0);
                evidence.map_or(Chance::certain(score), |column| Chance::counted(score, value(column)))
            }
            Term::Between { value: column, error, low, high } => {
                let (middle, error) = (value(*column), value(*error));
                let below = |edge: f64| match error > 0.0 {
                    true => normal_cdf((edge - middle) / error),
                    false if middle.is_nan() => f64::NAN,
                    false => f64::from(u8::from(middle < edge)),
                };
                Chance::certain(below(*high) - below(*low))
            }
            Term::Believed { value: column } => Chance::certain(value(*column).clamp(0.0, 1.0)),
        }
    }
}

impl Chance {
    fn certain(mean: f64) -> Self {
        Chance { score: mean, mean, square: mean * mean }
    }

    /// A share of so many events, under Jeffreys' prior: a single event makes nobody certain.
    fn counted(score: f64, events: f64) -> Self {
        let (mean, variance) = jeffreys(score, events);
        Chance { score, mean, square: mean * mean + variance }
    }

    /// Both, independent of each other.
    fn and(self, other: Chance) -> Self {
        Chance { score: self.score * other.score, mean: self.mean * other.mean, square: self.square * other.square }
    }

    /// The score and its 95% interval, which holds the score.
    fn figures(self) -> [f64; 3] {
        let Chance { score, mean, square } = self;
        let (low, high) = share_interval(mean, square - mean * mean, 0.95);
        [score, low.min(score), high.max(score)]
    }
}

impl World {
    fn terms_of_cell(&self, segment: usize, labels: &[String], depth: u32) -> Vec<Term> {
        let Some(spec) = self.program.segments.get(segment).filter(|spec| spec.rules.is_empty()) else {
            return Vec::new();
        };
        let one = |(axis, (spec, label)): (usize, (&AxisSpec, &String))| {
            let label = self.state.keys.get(label)?;
            Some(self.terms_of_axis((segment, axis), spec, &AskedNames { names: vec![label], others: false }, depth))
        };
        spec.axes.iter().zip(labels).enumerate().filter_map(one).flatten().collect()
    }

    /// What some labels of an axis ask.
    fn terms_of_axis(&self, place: (usize, usize), axis: &AxisSpec, asked: &AskedNames, depth: u32) -> Vec<Term> {
        let edges = match &axis.cut {
            Cut::Names { .. } => return self.terms_of(axis.of, asked, depth + 1),
            Cut::Edges(edges) => edges.as_slice(),
            Cut::Quantiles(_) => self.edges.get(place.0, place.1).unwrap_or(&[]),
        };
        let at = |label: &u32| axis.labels.iter().position(|known| known == label);
        match (self.part_of(axis.of, "standard_error"), asked.names.as_slice()) {
            (Some(error), [label]) if !asked.others => at(label).map_or_else(Vec::new, |at| {
                let low = at.checked_sub(1).and_then(|at| edges.get(at)).copied().unwrap_or(f64::NEG_INFINITY);
                let high = edges.get(at).copied().unwrap_or(f64::INFINITY);
                vec![Term::Between { value: axis.of, error, low, high }]
            }),
            _ => Vec::new(),
        }
    }

    /// What some names of a column ask.
    fn terms_of(&self, column: usize, asked: &AskedNames, depth: u32) -> Vec<Term> {
        let Some(spec) = self.program.columns.get(column).filter(|_| depth < DEEPEST) else { return Vec::new() };
        match &spec.source {
            Source::Axis { segment, axis } => {
                let own = self.program.segments.get(*segment).and_then(|spec| spec.axes.get(*axis));
                own.map_or_else(Vec::new, |own| self.terms_of_axis((*segment, *axis), own, asked, depth))
            }
            Source::Cell(segment) => match asked.names.as_slice() {
                [cell] if !asked.others => {
                    self.terms_of_cell(*segment, &cell_labels(self.state.keys.text(*cell)), depth + 1)
                }
                _ => Vec::new(),
            },
            Source::Trait(_) => {
                self.part_of(column, "confidence").map_or_else(Vec::new, |value| vec![Term::Believed { value }])
            }
            Source::Model { model, part: 0 } => self.terms_of_model(column, *model, asked, depth),
            _ => Vec::new(),
        }
    }

    fn terms_of_model(&self, column: usize, model: usize, asked: &AskedNames, depth: u32) -> Vec<Term> {
        let share = |name: &u32| self.part_of(column, self.state.keys.text(*name));
        let shares: Vec<usize> = asked.names.iter().filter_map(share).collect();
        if !asked.names.is_empty() && shares.len() == asked.names.len() {
            let evidence = self.part_of(column, "evidence");
            return vec![Term::Share { of: shares, others: asked.others, evidence }];
        }
        let ([name], Some(fitted), Some((_, spec))) =
            (asked.names.as_slice(), self.fitted.get(model), self.program.models.get(model))
        else {
            return Vec::new();
        };
        let asks = fitted.asks(*name);
        let terms = spec.inputs().iter().zip(asks).map(|(input, asked)| match (input, asked) {
            (Input::Column(column), Some(asked)) => self.terms_of(*column, &asked, depth + 1),
            _ => Vec::new(),
        });
        terms.flatten().collect()
    }

    /// The column that is a part of another.
    fn part_of(&self, column: usize, part: &str) -> Option<usize> {
        let name = &self.program.columns.get(column)?.name;
        self.program.column(&format!("{name}.{part}"))
    }
}
