//! `[score.NAME] mean = "...", toward = "peer"`: the score of A when A deals with B.
//!
//! s(A toward B) = (kappa m + sum of the pair's evidence) / (kappa + weight of that evidence), with
//! m = actor effect of A + partner effect of B - general mean (Kenny's social relations model,
//! [`crate::models::dyads`]). `shrink = "fit"` finds kappa by empirical Bayes, a number fixes it.
//! Parts: `evidence` (the weight behind the pair), `actor` and `partner` (the two effects on their
//! own), `se`. Unknown before a fit, and without a peer. The fit's verdict `pair` says whether the
//! pair adds anything beyond A and B. Fold class: sums, exact to rounding in any order.
//!
//! `toward = "community"` is the score of A when A deals with the community that the peer is in: the pair is
//! A and the community, whose partner effect is that of all dealings with its members. It names the column
//! of communities by `community`, where there are several.
//!
//! Keys: `mean`, `on`, `where`, `toward`, `community`, `shrink` (default `fit`), `half_life`.

use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::definition::Section;
use crate::definition::model::{Column, Window, Word};
use crate::definition::node::NodeValue;
use crate::expr::Type;
use crate::models::dyads::{self, Dyad, Effects, Evidence, Observation, Protocol, Shrinkage, Variances};
use crate::program::{
    ColumnModel, Direction, Explained, FeatureRequest, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering,
    Op, Part, Per, Population, Social, Whose,
};

/// The kind of scores toward a peer.
pub(super) struct TowardKind;

struct Toward {
    /// Weight and sum of the pair, of A as actor, of B as partner; squares of the pair.
    inputs: [Input; 7],
    /// Columns of the pair alone: weight, sum, squares.
    raw: [usize; 3],
    /// The communities that stand for the peers, if they do.
    community: Option<usize>,
    /// Feature whose events are the observations.
    sum: usize,
    parts: Vec<Part>,
    kappa: Option<f64>,
    decays: bool,
}

/// Everything that the definition says about a score toward a peer.
struct Declared {
    kinds: Vec<usize>,
    mean: Word<String>,
    squares: Word<String>,
    filter: Option<Word<String>>,
    window: Window,
    community: Option<usize>,
}

/// A sum that is kept: the column that it is read by, the column of the pair or customer alone, the feature.
#[derive(Clone, Copy)]
struct Kept {
    input: Input,
    raw: usize,
    feature: usize,
}

impl Kind for TowardKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.get("mean").is_some()
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let mean = section.text("mean");
        let on = section.words("on");
        let filter = section.text("where");
        let half_life = section.duration("half_life");
        let toward = section.one_of("toward", &["peer", "community", "supplier", "company"]);
        let named = section.text("community");
        let shrink = section.node("shrink").map(|node| (node.value.clone(), node.place));
        section.require("toward", "`toward = \"peer\"`");
        section.require("on", "the event kinds whose events are the evidence");
        let kappa = match shrink.map(|(value, _)| value) {
            None => None,
            Some(NodeValue::Text(text)) if text == "fit" => None,
            Some(NodeValue::Number(kappa)) if kappa >= 0.0 => Some(kappa),
            Some(_) => {
                section.report_here("`shrink` takes \"fit\" or a number of at least 0", None);
                None
            }
        };
        section.finish();
        let (mean, toward) = (mean?, toward?);
        let community = match toward.value.as_str() {
            "peer" => None,
            "community" => Some(lowering.community_of(named.as_ref(), &toward)?),
            _ => {
                lowering.not_yet(&toward, "only `toward = \"peer\"` and `\"community\"` are in this version yet");
                return None;
            }
        };
        let kinds = lowering.paired_kinds(&on);
        if kinds.is_empty() || kinds.len() < on.len() {
            return None;
        }
        // Reports a mistake in the expression once, at its place.
        lowering.over_events(&mean, &kinds)?;
        let squares = Word { value: format!("({0}) * ({0})", mean.value), place: mean.place, path: mean.path.clone() };
        let window = half_life.as_ref().map_or(Window::Lifetime, |span| Window::HalfLife(span.value));
        let decays = half_life.is_some();
        let declared = Declared { kinds, mean, squares, filter, window, community };
        let name = &column.name.value;
        let mut keep = |part: &str, op: Op, whose: Whose| declared.keep(name, part, op, whose, lowering);
        let weight = keep("pair.weight", Op::Count, Whose::Pair)?;
        let sum = keep("pair.sum", Op::Sum, Whose::Pair)?;
        let squares = keep("pair.squares", Op::Sum, Whose::Pair)?;
        let inputs = [
            weight.input,
            sum.input,
            keep("actor.weight", Op::Count, Whose::Own)?.input,
            keep("actor.sum", Op::Sum, Whose::Own)?.input,
            keep("partner.weight", Op::Count, Whose::Peer)?.input,
            keep("partner.sum", Op::Sum, Whose::Peer)?.input,
            squares.input,
        ];
        let raw = [weight.raw, sum.raw, squares.raw];
        let sum = sum.feature;
        let parts = ["", "evidence", "actor", "partner", "se"];
        let parts = parts.map(|name| Part { name: name.to_owned(), kind: Type::Number }).to_vec();
        Some(Lowered::Model(Box::new(Toward { inputs, raw, community, sum, parts, kappa, decays })))
    }
}

impl Declared {
    /// Keeps one hidden sum and gives the column that reads it, and the feature.
    fn keep(&self, name: &str, part: &str, op: Op, whose: Whose, lowering: &mut Lowering<'_>) -> Option<Kept> {
        let hidden = format!(".{name}.{part}");
        let value = if part.ends_with("squares") { &self.squares } else { &self.mean };
        let feature = lowering.feature(FeatureRequest {
            kinds: self.kinds.clone(),
            filter: self.filter.as_ref(),
            direction: if whose == Whose::Peer { Direction::In } else { Direction::Out },
            per: if whose == Whose::Pair { Per::Pair } else { Per::Customer },
            occasion: false,
            op,
            value: Some(value),
            by: None,
            window: self.window,
        })?;
        let raw = lowering.feature_column(hidden.clone(), feature, whose, Type::Number);
        let input = match self.community.filter(|_| whose != Whose::Own) {
            None => raw,
            Some(community) => {
                let social = Social::Community { feature, whose, community };
                lowering.social_column(format!("{hidden}.community"), social)
            }
        };
        Some(Kept { input: Input::Column(input), raw, feature })
    }
}

fn evidence(inputs: Inputs<'_>, first: usize) -> Evidence {
    let at = |place: usize| inputs.values.get(place).copied().unwrap_or(f64::NAN);
    Evidence { weight: at(first), sum: at(first + 1) }
}

/// The pair's evidence, A's as actor, B's as partner; `None` without a peer.
fn all(inputs: Inputs<'_>) -> Option<[Evidence; 3]> {
    let all = [evidence(inputs, 0), evidence(inputs, 2), evidence(inputs, 4)];
    all.iter().all(|kept| kept.weight.is_finite()).then_some(all)
}

impl Toward {
    /// Who stands for each customer as a partner: the customer, or the number of the community's name.
    fn partners(&self, population: &dyn Population) -> Result<Vec<Option<u32>>> {
        let Some(community) = self.community else { return Ok((0..population.customers() as u32).map(Some).collect()) };
        let names = population.column(community)?;
        Ok(names.into_iter().map(|name| (!name.is_nan()).then_some(name as u32)).collect())
    }

    /// Sums over each pair that has evidence.
    fn dyads(&self, population: &dyn Population, partners: &[Option<u32>]) -> Result<Vec<Dyad>> {
        let rows = population.pairs(&self.raw)?;
        let dyad = |row: crate::program::PairRow| {
            let [weight, sum, squares] = row.values.try_into().ok()?;
            let partner = partners.get(row.peer as usize).copied().flatten()?;
            let dyad = Dyad { actor: row.customer, partner, weight, squared_weight: weight, sum, squares };
            (weight > 0.0).then_some(dyad)
        };
        let mut dyads: Vec<Dyad> = rows.into_iter().filter_map(dyad).collect();
        if self.community.is_some() {
            dyads.sort_by_key(|dyad| (dyad.actor, dyad.partner));
            dyads.dedup_by(|next, kept| {
                let same = (next.actor, next.partner) == (kept.actor, kept.partner);
                if same {
                    kept.weight += next.weight;
                    kept.squared_weight += next.squared_weight;
                    kept.sum += next.sum;
                    kept.squares += next.squares;
                }
                same
            });
        }
        Ok(dyads)
    }
}

impl ColumnModel for Toward {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn toward(&self) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let partners = self.partners(population)?;
        let dyads = self.dyads(population, &partners)?;
        if dyads.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no pair has any evidence yet"));
        }
        let shrinkage = Shrinkage { kappa: self.kappa, ..Shrinkage::default() };
        let effects = Effects::fit(&dyads, &shrinkage)?;
        let history = population.history(self.sum)?;
        let observe = |(actor, peer, at, value): (u32, u32, i64, f64)| {
            let partner = partners.get(peer as usize).copied().flatten()?;
            Some(Observation { actor, partner, at, value })
        };
        let observations: Vec<Observation> = history.into_iter().filter_map(observe).collect();
        let protocol = Protocol { shrinkage, seed: population.seed(), ..Protocol::default() };
        let evaluation = dyads::evaluate(&observations, &protocol)?;
        let diagnostics = [
            ("mean", effects.mean),
            ("kappa", effects.kappa),
            ("actor_count", effects.actor_count),
            ("partner_count", effects.partner_count),
            ("pairs", effects.pairs as f64),
            ("observations", effects.weight),
            ("predicted", evaluation.met.n as f64),
            ("mse_mean", evaluation.met.mean),
            ("mse_actor", evaluation.met.actor),
            ("mse_partner", evaluation.met.partner),
            ("mse_additive", evaluation.met.additive),
            ("mse_pair", evaluation.met.pair),
            ("placebo_gain", evaluation.placebo.0),
        ];
        let mut verdict = evaluation.verdict;
        if self.decays {
            verdict.why.push_str("; measured without the decay");
        }
        Ok(FitOutcome {
            parameters: encode(&effects),
            diagnostics: diagnostics.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            verdicts: vec![("pair".to_owned(), verdict)],
            ..FitOutcome::default()
        })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        Ok(Box::new(Fitted { effects: parameters.map(decode).transpose()? }))
    }
}

fn encode(effects: &Effects) -> Vec<u8> {
    let mut out = Writer::default();
    let Variances { actor, partner, pair, residual } = effects.variances;
    let numbers =
        [effects.mean, effects.actor_count, effects.partner_count, effects.kappa, actor, partner, pair, residual];
    numbers.iter().for_each(|number| out.f64(*number));
    out.u64(effects.pairs);
    out.f64(effects.weight);
    out.into_bytes()
}

fn decode(bytes: &[u8]) -> Result<Effects> {
    let mut from = Reader::new(bytes);
    let effects = Effects {
        mean: from.f64()?,
        actor_count: from.f64()?,
        partner_count: from.f64()?,
        kappa: from.f64()?,
        variances: Variances { actor: from.f64()?, partner: from.f64()?, pair: from.f64()?, residual: from.f64()? },
        pairs: from.u64()?,
        weight: from.f64()?,
    };
    from.finish()?;
    Ok(effects)
}

/// The effects of the last fit, or none.
struct Fitted {
    effects: Option<Effects>,
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let (Some(effects), Some([pair, actor, partner])) = (self.effects, all(inputs)) else { return };
        let values = [
            effects.score(actor, partner, pair),
            pair.weight,
            effects.actor(actor),
            effects.partner(partner),
            effects.standard_error(pair),
        ];
        out.iter_mut().zip(values).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut values = [f64::NAN; 5];
        self.read(inputs, &mut values);
        let value = values.get(part).copied().unwrap_or(f64::NAN);
        let (Some(effects), Some([pair, actor, partner]), 0) = (self.effects, all(inputs), part) else {
            return Explained { value, parts: vec![("value".to_owned(), value)], evidence: Vec::new() };
        };
        let parts = effects.parts(actor, partner, pair);
        let named = [("mean", parts.mean), ("actor", parts.actor), ("partner", parts.partner), ("pair", parts.pair)];
        let evidence = [("pair", pair.weight), ("actor", actor.weight), ("partner", partner.weight)];
        let owned = |(name, value): (&str, f64)| (name.to_owned(), value);
        Explained { value, parts: named.map(owned).to_vec(), evidence: evidence.map(owned).to_vec() }
    }
}
