//! Arbitration: the highest priority wins, if it is worth the customer's attention.

use super::contact::forbidden;
use super::outcome::{Decision, Factor, Loser, Reason};
use super::values_read;
use crate::columns::{Asked, Scratch, View};
use crate::data::time::Zone;
use crate::program::{ActionSpec, Formula};

/// The factors of an action that passed every gate.
#[derive(Debug, Clone, Copy)]
struct Factors {
    response: f64,
    weight: f64,
    value: f64,
    lever: f64,
    cost: f64,
}

impl Factors {
    fn of(action: &ActionSpec, scratch: &Scratch) -> Self {
        let factor = |formula: &Option<Formula>, default: f64| {
            formula.as_ref().map_or(default, |formula| scratch.evaluate(&formula.expr))
        };
        Factors {
            response: factor(&action.response, 1.0),
            weight: factor(&action.weight, 1.0),
            value: factor(&action.value, 0.0),
            lever: factor(&action.lever, 1.0),
            cost: factor(&action.cost, 0.0),
        }
    }

    fn priority(self) -> f64 {
        self.response * self.weight * self.value * self.lever - self.cost
    }

    fn named(self) -> Vec<Factor> {
        let all = [
            ("response", self.response),
            ("weight", self.weight),
            ("value", self.value),
            ("lever", self.lever),
            ("cost", self.cost),
        ];
        all.map(|(name, value)| Factor {
            name: name.to_owned(),
            value: if value.is_nan() { "unknown".to_owned() } else { format!("{value}") },
        })
        .to_vec()
    }
}

/// Decides over the columns that the scratch holds.
pub(super) fn decide(view: View<'_>, asked: Asked, scratch: &Scratch, zone: &Zone) -> Decision {
    let attention = view.program.decide.attention;
    let judged: Vec<Result<Factors, Loser>> =
        view.program.actions.iter().map(|action| judge(view, action, asked, scratch, zone)).collect();
    let mut winner: Option<(usize, Factors)> = None;
    for (index, factors) in
        judged.iter().enumerate().filter_map(|(index, judged)| Some((index, *judged.as_ref().ok()?)))
    {
        let best = winner.map_or(attention, |(_, best)| best.priority());
        if factors.priority() > best {
            winner = Some((index, factors));
        }
    }
    let losers = view.program.actions.iter().zip(judged).enumerate();
    let losers = losers
        .filter(|(index, _)| winner.is_none_or(|(winner, _)| winner != *index))
        .map(|(_, (action, judged))| match judged {
            Ok(factors) => outbid(view, action, factors, winner),
            Err(loser) => loser,
        })
        .collect();
    match winner.and_then(|(index, factors)| Some((view.program.actions.get(index)?, factors))) {
        Some((action, factors)) => chosen(action, factors, losers),
        None => silence(attention, losers),
    }
}

fn chosen(action: &ActionSpec, factors: Factors, losers: Vec<Loser>) -> Decision {
    let Factors { response, weight, value, lever, cost } = factors;
    let priority = factors.priority();
    Decision {
        id: 0,
        action: Some(action.name.clone()),
        propensity: 1.0,
        priority,
        factors: factors.named(),
        why: format!(
            "`{}` has the highest priority: {response:.4} x {weight:.4} x {value:.4} x {lever:.4} - {cost:.4} = {priority:.4}",
            action.name
        ),
        losers,
    }
}

fn silence(attention: f64, losers: Vec<Loser>) -> Decision {
    Decision {
        id: 0,
        action: None,
        propensity: 1.0,
        priority: attention,
        factors: Vec::new(),
        why: format!("silence: no action is allowed and worth more than {attention}, the price of attention"),
        losers,
    }
}

fn outbid(view: View<'_>, action: &ActionSpec, factors: Factors, winner: Option<(usize, Factors)>) -> Loser {
    let priority = factors.priority();
    let attention = view.program.decide.attention;
    let (reason, why) = match winner.filter(|_| priority > attention) {
        Some((_, best)) => (Reason::LowerPriority, format!("priority {priority:.4} against {:.4}", best.priority())),
        None => (Reason::BelowAttention, format!("priority {priority:.4} does not exceed {attention}")),
    };
    Loser { action: action.name.clone(), reason, why, read: factors.named() }
}

/// The factors of an action, or the first gate that it fails.
fn judge(view: View<'_>, action: &ActionSpec, asked: Asked, scratch: &Scratch, zone: &Zone) -> Result<Factors, Loser> {
    for (gate, formula) in &action.gates {
        let held = scratch.evaluate(&formula.expr);
        if held != 1.0 {
            let reason = match *gate {
                "eligible" => Reason::NotEligible,
                "applicable" => Reason::NotApplicable,
                _ => Reason::NotSuitable,
            };
            let state = if held.is_nan() { "unknown" } else { "false" };
            let why = format!("{gate} is {state}: `{}`", formula.text);
            return Err(Loser { action: action.name.clone(), reason, why, read: values_read(view, formula, scratch) });
        }
    }
    for policy in action.contacts.iter().filter_map(|index| view.program.contacts.get(*index)) {
        if let Some((reason, why)) = forbidden(policy, asked, scratch, zone) {
            return Err(Loser { action: action.name.clone(), reason, why, read: Vec::new() });
        }
    }
    let factors = Factors::of(action, scratch);
    if factors.priority().is_nan() {
        let why = "a factor of the priority is unknown".to_owned();
        return Err(Loser { action: action.name.clone(), reason: Reason::UnknownFactor, why, read: factors.named() });
    }
    Ok(factors)
}
