//! `[tree.NAME]`: segments that a tree grows toward a response, or toward the uplift of a treatment.
//!
//! A conditional inference tree ([`crate::models::ctree`]) over the columns `of`, toward the column `target` (a
//! number or a flag), or with `treatment` (a flag, drawn by lot) toward what the treatment changes in it. The
//! column is the id of a leaf, `leaf_1` on; over refits a leaf keeps the id of the one with which it shares most
//! customers (at least half of both together). Every leaf has a rule that can be read, and evaluated. Parts:
//! `expected`, the mean of the target (or the uplift) in the leaf at the fit, with its 95% interval from `lower`
//! to `upper`. Unknown before a fit.
//!
//! Keys: `target`, `of`, `treatment`, `alpha` (default 0.05), `minimum` (default 50), `depth` (default 4, at most 8).

mod fitted;

use fitted::{Fitted, Parameters, characteristics};

use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Word};
use crate::expr::Type;
use crate::models::ctree::{ConditionalTree, ConditionalTreeParams, Node};
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Part, Population};

/// Deepest tree: a leaf's id is interned before there is a leaf.
const DEEPEST: u32 = 8;

/// The kind of grown segments.
pub(super) struct TreeKind;

/// A column that a tree may ask for.
#[derive(Debug, Clone)]
struct Asked {
    name: String,
    kind: Type,
}

struct Grown {
    inputs: Vec<Input>,
    asked: Vec<Asked>,
    target: usize,
    treatment: Option<usize>,
    parts: Vec<Part>,
    params: ConditionalTreeParams,
    /// Interned ids of the leaves.
    names: Vec<u32>,
}

impl Kind for TreeKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "tree"
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let target = section.text("target");
        let treatment = section.text("treatment");
        let of = section.words("of");
        let alpha = section.number_where("alpha", "a number between 0 and 1", |alpha| alpha > 0.0 && alpha < 1.0);
        let minimum = section.integer("minimum", 1).map_or(50, |word| word.value);
        let depth = section.integer("depth", 1);
        section.require("target", "the column toward which the tree grows");
        section.require("of", "the columns that it may ask for");
        section.finish();
        if let Some(depth) = depth.as_ref().filter(|depth| depth.value > DEEPEST) {
            lowering.mistake(depth, format!("a tree has at most {DEEPEST} questions in a row"), None);
            return None;
        }
        let target = column_of(lowering, &target?, &[Type::Number, Type::Bool], "a number or a flag")?.0;
        let treatment = match treatment {
            Some(word) => Some(column_of(lowering, &word, &[Type::Bool], "a flag")?.0),
            None => None,
        };
        let (mut inputs, mut asked) = (Vec::new(), Vec::<Asked>::new());
        for word in &of {
            let is = |column: usize| lowering.program.columns.get(column).is_some_and(|spec| spec.name == word.value);
            let wrong = match () {
                () if is(target) => Some("is the target, which would be told by itself"),
                () if treatment.is_some_and(is) => Some("is the treatment, which chance alone has chosen"),
                () if asked.iter().any(|known| known.name == word.value) => Some("is asked for already"),
                () => None,
            };
            if let Some(wrong) = wrong {
                lowering.mistake(word, format!("`{}` {wrong}", word.value), None);
                return None;
            }
            let allowed = [Type::Number, Type::Bool, Type::Key];
            let (found, kind) = column_of(lowering, word, &allowed, "a number, a flag or a name")?;
            inputs.push(Input::Column(found));
            asked.push(Asked { name: word.value.clone(), kind });
        }
        if of.is_empty() {
            return None;
        }
        let depth = depth.map_or(4, |word| word.value);
        let names = (1..=1_u32 << depth).map(|leaf| lowering.key(&format!("leaf_{leaf}"))).collect();
        let params =
            ConditionalTreeParams { alpha: alpha.map_or(0.05, |word| word.value), minimum: u64::from(minimum), depth };
        let number = |name: &str| Part { name: name.to_owned(), kind: Type::Number };
        let parts = std::iter::once(Part { name: String::new(), kind: Type::Key });
        let parts = parts.chain(["expected", "lower", "upper"].map(number)).collect();
        Some(Lowered::Model(Box::new(Grown { inputs, asked, target, treatment, parts, params, names })))
    }
}

/// A column that needs no peer, of one of some types.
fn column_of(
    lowering: &mut Lowering<'_>,
    word: &Word<String>,
    allowed: &[Type],
    expected: &str,
) -> Option<(usize, Type)> {
    let found = lowering.read_column(word)?;
    let (kind, toward) = lowering.program.columns.get(found).map(|spec| (spec.kind, spec.toward))?;
    if toward || !allowed.contains(&kind) {
        lowering.mistake(word, format!("`{}` is not {expected} that a customer has alone", word.value), None);
        return None;
    }
    Some((found, kind))
}

/// Ids for the leaves of a tree, by their nodes: one that holds most of the customers of an old leaf keeps its id.
fn keep_ids(
    tree: &ConditionalTree,
    old: Option<&(ConditionalTree, Vec<(usize, usize)>)>,
    rows: &[Vec<f64>],
    most: usize,
) -> Vec<(usize, usize)> {
    let leaves = tree.leaves();
    let mut ids: Vec<Option<usize>> = vec![None; leaves.len()];
    if let Some((before, known)) = old {
        let mut shared = std::collections::BTreeMap::<(usize, usize), usize>::new();
        let (mut now, mut then) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
        for row in rows {
            let (new, old) = (tree.leaf(row), before.leaf(row));
            *shared.entry((new, old)).or_default() += 1;
            *now.entry(new).or_insert(0_usize) += 1;
            *then.entry(old).or_insert(0_usize) += 1;
        }
        for ((new, old), both) in shared {
            let either = now[&new] + then[&old] - both;
            let id = known.iter().find(|(leaf, _)| *leaf == old).map(|(_, id)| *id);
            if let (Some(place), true) = (leaves.iter().position(|(leaf, _)| *leaf == new), 2 * both > either) {
                ids[place] = id;
            }
        }
    }
    let mut free = (0..most).filter(|id| !ids.contains(&Some(*id))).collect::<Vec<usize>>().into_iter();
    leaves.iter().zip(&ids).map(|((leaf, _), id)| (*leaf, id.unwrap_or_else(|| free.next().unwrap_or(0)))).collect()
}

impl ColumnModel for Grown {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    /// A leaf moves only where a column does that it is asked for.
    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let columns = super::values_of(population, &self.inputs)?;
        let mut target = population.column(self.target)?;
        let flags = self.treatment.map(|treatment| population.column(treatment)).transpose()?;
        let treated = flags.map(|flags| {
            // Who has no arm takes no part.
            target.iter_mut().zip(&flags).filter(|(_, flag)| flag.is_nan()).for_each(|(target, _)| *target = f64::NAN);
            flags.iter().map(|flag| *flag == 1.0).collect::<Vec<bool>>()
        });
        let of = characteristics(&self.asked, &columns);
        let known = target.iter().filter(|target| target.is_finite()).count();
        if (known as u64) < 2 * self.params.minimum {
            let least = 2 * self.params.minimum;
            let message = format!("{known} customers have the target; a tree needs {least}");
            return Err(Error::new(ErrorKind::NotEnoughData, message));
        }
        let tree = ConditionalTree::fit(&of, &target, treated.as_deref(), &self.params)?;
        let rows: Vec<Vec<f64>> = (0..target.len())
            .filter(|row| target[*row].is_finite())
            .map(|row| columns.iter().filter_map(|column| column.get(row).copied()).collect())
            .collect();
        let old = previous.map(Parameters::decode).transpose()?.map(|kept| (kept.tree, kept.ids));
        let ids = keep_ids(&tree, old.as_ref(), &rows, self.names.len());
        let splits = tree.nodes().iter().filter(|node| matches!(node, Node::Split { .. })).count();
        let diagnostics = vec![
            ("customers".to_owned(), known as f64),
            ("leaves".to_owned(), ids.len() as f64),
            ("splits".to_owned(), splits as f64),
        ];
        let parameters = Parameters { tree, ids };
        let bytes = parameters.encode();
        let fitted = Fitted::new(parameters, &self.names, &self.asked);
        let say = |key: u32| population.key(key).to_owned();
        let note = |name: u32| Some((say(name), fitted.describe(name, &say)?.rule));
        let notes = fitted.names().filter_map(note).collect();
        Ok(FitOutcome { parameters: bytes, diagnostics, notes, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let Some(bytes) = parameters else { return Ok(Box::new(Fitted::unknown())) };
        let parameters = Parameters::decode(bytes)?;
        if parameters.tree.width() != self.asked.len() {
            return Err(Error::new(ErrorKind::StoreCorrupt, "a tree over another number of columns"));
        }
        Ok(Box::new(Fitted::new(parameters, &self.names, &self.asked)))
    }
}
