//! `[score.NAME] model = "engagement"`: what a customer is worth, own purchases and beyond (Kumar et al. 2010).
//!
//! CEV = CLV + CRV + CIV + CKV, and the parts `lifetime`, `referral`, `influence`, `knowledge` add exactly.
//! `lifetime` and `knowledge` are expressions over columns, read now: a CLV, and the decayed sum of
//! contribution x helpfulness, say. Referrals are the events `referrals`, from who brought to who came: the
//! first that names a newcomer is credited with the newcomer's `margin` (default: its lifetime value), unless
//! it would have come anyway, and with the acquisition cost that was `saved`. `influence` is an expression:
//! over the customer's own columns it is read now (a spread value, say); toward a peer it is what the
//! customer brought about in that peer, summed at the fit without the pairs that are referrals, so that no
//! tie is credited twice. Further parts: `debited`, the part of the own lifetime value for which others
//! are credited, and `net`, the value less that, which counts nothing twice over customers.
//!
//! What others did is dated by the fit ([`crate::models::clv::engagement`]); before one everything but
//! `lifetime` and `knowledge` is unknown. Fold class: that of its inputs.
//!
//! Keys: `lifetime`, `referrals`, `margin`, `saved` and `anyway` (expressions over the referral), `influence`,
//! `knowledge`.

mod fitted;

use fitted::{Credit, Fitted};

use super::hidden::{formula, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::data::record::NONE;
use crate::definition::Section;
use crate::definition::model::{Column, Word};
use crate::expr::{Expr, Type};
use crate::models::clv::{Influence, Referral, engagement};
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Part, Population, Wanted};

/// The kind of engagement values.
pub(super) struct EngagementKind;

struct Engagement {
    /// Lifetime, knowledge and influence of the customer's own; those that are not declared are missing.
    inputs: Vec<Input>,
    parts: Vec<Part>,
    sources: Sources,
}

/// Where the values come from, as columns.
struct Sources {
    lifetime: usize,
    /// What a newcomer brings.
    margin: usize,
    knowledge: Option<usize>,
    influence: Option<usize>,
    /// Whether influence is that on a peer.
    toward: bool,
    /// The referrals, with what each saved and whether the newcomer would have come anyway.
    referrals: Option<Wanted>,
}

impl Kind for EngagementKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("engagement")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let lifetime = section.expression("lifetime");
        let referrals = section.words("referrals");
        let margin = section.expression("margin");
        let saved = section.expression("saved");
        let anyway = section.text("anyway");
        let influence = section.expression("influence");
        let knowledge = section.expression("knowledge");
        section.require("lifetime", "what the own purchases are worth, as in `lifetime = \"clv\"`");
        if let (true, Some(word)) = (referrals.is_empty(), margin.as_ref().or(saved.as_ref()).or(anyway.as_ref())) {
            section.report(word.problem("this is said of referrals, and no `referrals` names any", None));
        }
        section.finish();
        let name = &column.name.value;
        let lifetime = formula(name, "lifetime", &lifetime?, Type::Number, lowering)?;
        let mut optional = |part: &str, word: &Option<Word<String>>| match word {
            Some(word) => formula(name, part, word, Type::Number, lowering).map(Some),
            None => Some(None),
        };
        let margin = optional("margin", &margin)?.unwrap_or(lifetime);
        let (knowledge, influence) = (optional("knowledge", &knowledge)?, optional("influence", &influence)?);
        let toward = |column: usize| lowering.program.columns.get(column).is_some_and(|spec| spec.toward);
        if [Some(lifetime), Some(margin), knowledge].into_iter().flatten().any(toward) {
            lowering.mistake(&column.name, "only `influence` may read columns toward a peer", None);
            return None;
        }
        let is_toward = influence.is_some_and(toward);
        let referrals = match referrals.is_empty() {
            true => None,
            false => Some(wanted(&referrals, saved.as_ref(), anyway.as_ref(), &column.name, lowering)?),
        };
        let own = influence.filter(|_| !is_toward);
        let inputs = [Some(lifetime), knowledge, own].into_iter().flatten().map(Input::Column).collect();
        let sources = Sources { lifetime, margin, knowledge, influence, toward: is_toward, referrals };
        let names = ["", "lifetime", "referral", "influence", "knowledge", "debited", "net"];
        let parts = parts(names.map(|part| (part, Type::Number)));
        Some(Lowered::Model(Box::new(Engagement { inputs, parts, sources })))
    }
}

/// The referrals, with what was saved (nothing) and whether the newcomer would have come anyway (no).
fn wanted(
    on: &[Word<String>],
    saved: Option<&Word<String>>,
    anyway: Option<&Word<String>>,
    name: &Word<String>,
    lowering: &mut Lowering<'_>,
) -> Option<Wanted> {
    let kinds = lowering.kinds_named(on);
    if kinds.len() < on.len() {
        return None;
    }
    let mut compiled = |word: Option<&Word<String>>, default: &str, kind: Type| -> Option<Expr> {
        let word = word.cloned().unwrap_or_else(|| name.with(default.to_owned()));
        let expr = lowering.over_events(&word, &kinds)?;
        lowering.expect_type(&word, &expr, kind);
        Some(expr)
    };
    let values = vec![compiled(saved, "0.0", Type::Number)?, compiled(anyway, "false", Type::Bool)?];
    Some(Wanted { kinds, filter: None, values })
}

impl Engagement {
    /// A column over all customers; what is unknown is worth nothing to others.
    fn values(population: &dyn Population, column: usize) -> Result<Vec<f64>> {
        let known = |value: f64| if value.is_nan() { 0.0 } else { value };
        Ok(population.column(column)?.into_iter().map(known).collect())
    }

    fn referrals(&self, population: &dyn Population, margin: &[f64]) -> Result<Vec<Referral>> {
        let Some(wanted) = &self.sources.referrals else { return Ok(Vec::new()) };
        let referral = |event: crate::program::Happened| {
            let [saved, anyway] = event.values.as_slice() else { return None };
            let pair = event.customer != NONE && event.peer != NONE && event.customer != event.peer;
            pair.then(|| Referral {
                from: event.customer,
                to: event.peer,
                came_anyway: *anyway == 1.0,
                margin: margin.get(event.peer as usize).copied().unwrap_or(0.0),
                saved: if saved.is_nan() { 0.0 } else { *saved },
            })
        };
        Ok(population.events(wanted)?.into_iter().filter_map(referral).collect())
    }

    fn influences(&self, population: &dyn Population) -> Result<Vec<Influence>> {
        let Some(column) = self.sources.influence.filter(|_| self.sources.toward) else { return Ok(Vec::new()) };
        let influence = |row: crate::program::PairRow| {
            let value = row.values.first().copied().filter(|value| value.is_finite() && *value != 0.0)?;
            (row.customer != row.peer).then_some(Influence { from: row.customer, to: row.peer, value })
        };
        Ok(population.pairs(&[column])?.into_iter().filter_map(influence).collect())
    }
}

impl ColumnModel for Engagement {
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

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let lifetime = Self::values(population, self.sources.lifetime)?;
        let margin = Self::values(population, self.sources.margin)?;
        if lifetime.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "nobody is known yet"));
        }
        let (referrals, influences) = (self.referrals(population, &margin)?, self.influences(population)?);
        let found = engagement(&lifetime, &referrals, &influences, &[])?;
        let mut credits = Vec::new();
        for customer in 0..lifetime.len() {
            let at = |values: &[f64]| values.get(customer).copied().unwrap_or(0.0);
            let (referral, influence, debited) = (at(&found.referral), at(&found.influence), at(&found.debited));
            if [referral, influence, debited] != [0.0; 3] {
                credits.push(Credit { customer: customer as u32, referral, influence, debited });
            }
        }
        let sum = |value: fn(&Credit) -> f64| credits.iter().map(value).sum::<f64>();
        let diagnostics = [
            ("referrals", referrals.len() as f64),
            ("influences", influences.len() as f64),
            ("referral", sum(|credit| credit.referral)),
            ("influence", sum(|credit| credit.influence)),
            ("debited", sum(|credit| credit.debited)),
        ];
        let mut out = Writer::default();
        out.count(credits.len());
        for credit in &credits {
            out.u32(credit.customer);
            [credit.referral, credit.influence, credit.debited].iter().for_each(|value| out.f64(*value));
        }
        let diagnostics = diagnostics.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Ok(FitOutcome { parameters: out.into_bytes(), diagnostics, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let decode = |bytes: &[u8]| {
            let mut from = Reader::new(bytes);
            let mut credits = Vec::new();
            for _ in 0..from.count()? {
                let customer = from.u32()?;
                credits.push(Credit { customer, referral: from.f64()?, influence: from.f64()?, debited: from.f64()? });
            }
            from.finish()?;
            Ok(credits)
        };
        let Sources { knowledge, influence, toward, .. } = self.sources;
        Ok(Box::new(Fitted {
            credits: parameters.map(decode).transpose()?,
            knowledge: knowledge.is_some(),
            influence: influence.is_some() && !toward,
        }))
    }
}
