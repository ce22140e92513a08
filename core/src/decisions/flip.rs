//! The smallest change of one value read that would make another action win.

use super::decision::Basis;
use crate::expr::Type;
use crate::program::{BUDGET, CONTACT, DEVIATION, PULL, RESPONSE, TRIAL};

/// A change of one value that turns a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// The column's name; of a contact policy, what it counts, and of a learnt response, whose, in words.
    pub column: String,
    /// The value that was read; flags are 0 and 1, times microseconds since 1970 UTC, names the numbers of
    /// [`crate::Engine::key_text`].
    pub from: f64,
    /// The nearest value found at which the decision turns.
    pub to: f64,
    /// What would win then; `None` is silence.
    pub action: Option<String>,
    /// One sentence.
    pub why: String,
}

/// Steps of doubling by which a number is moved before it is given up.
const REACH: i32 = 60;
/// The first step, as a share of the number's size (or of one).
const FIRST: f64 = 1.0 / 1024.0;

/// Tries every value that was read, alone: a flag is turned; a name becomes each that the decisions compare it
/// with, in the order in which the engine met them; a number is moved down and up in steps
/// that double, and the turning point between two steps is then found by bisection. The least relative
/// change wins, |to - from| / max(|from|, 1), a turned flag or another name counting as 1; of equals the first read.
pub(super) fn smallest(basis: &Basis) -> Option<Flip> {
    let trial = Trial { basis, now: basis.winner(&basis.values) };
    let mut best: Option<(f64, Flip)> = None;
    for (place, kind) in basis.reads.kinds.iter().enumerate() {
        let Some(from) = basis.values.get(place).copied() else { continue };
        let found = match kind {
            Type::Bool => trial.turned(place, from),
            Type::Key => trial.renamed(place, from),
            Type::Number | Type::Time if !from.is_nan() => trial.moved(place, from),
            _ => None,
        };
        let Some(to) = found else { continue };
        let size = if matches!(kind, Type::Bool | Type::Key) { 1.0 } else { (to - from).abs() / from.abs().max(1.0) };
        if best.as_ref().is_none_or(|(least, _)| size < *least) {
            best = trial.flip(place, from, to).map(|flip| (size, flip));
        }
    }
    best.map(|(_, flip)| flip)
}

impl Basis {
    /// What wins over some values, as a position.
    fn winner(&self, values: &[f64]) -> Option<usize> {
        self.with(values, |_, found| found.slate.first().copied())
    }
}

struct Trial<'a> {
    basis: &'a Basis,
    now: Option<usize>,
}

impl Trial<'_> {
    fn winner(&self, place: usize, value: f64) -> Option<usize> {
        let mut values = self.basis.values.clone();
        if let Some(changed) = values.get_mut(place) {
            *changed = value;
        }
        self.basis.winner(&values)
    }

    fn turns(&self, place: usize, value: f64) -> bool {
        self.winner(place, value) != self.now
    }

    fn turned(&self, place: usize, from: f64) -> Option<f64> {
        let to = if from == 1.0 { 0.0 } else { 1.0 };
        self.turns(place, to).then_some(to)
    }

    fn renamed(&self, place: usize, from: f64) -> Option<f64> {
        let names = self.basis.reads.compared.get(place)?.iter().map(|(key, _)| f64::from(*key));
        names.into_iter().find(|to| *to != from && self.turns(place, *to))
    }

    fn moved(&self, place: usize, from: f64) -> Option<f64> {
        let ways = [-1.0, 1.0].into_iter().filter_map(|way| self.threshold(place, from, way));
        ways.min_by(|a, b| (a - from).abs().total_cmp(&(b - from).abs()))
    }

    /// The turning point on one side, written as shortly as it may be.
    fn threshold(&self, place: usize, from: f64, way: f64) -> Option<f64> {
        let (mut near, mut step) = (from, FIRST * from.abs().max(1.0));
        let mut far = None;
        for _ in 0..REACH {
            let to = from + way * step;
            if self.turns(place, to) {
                far = Some(to);
                break;
            }
            near = to;
            step *= 2.0;
        }
        let mut far = far?;
        if self.basis.is_count(place) {
            let whole = if way < 0.0 { near.ceil() - 1.0 } else { near.floor() + 1.0 };
            return (whole >= 0.0 && self.turns(place, whole)).then_some(whole);
        }
        loop {
            let middle = near + (far - near) / 2.0;
            if middle == near || middle == far {
                break;
            }
            if self.turns(place, middle) { far = middle } else { near = middle }
        }
        let short = (0..17).filter_map(|digits| format!("{far:.digits$e}").parse::<f64>().ok());
        let close = |to: &f64| (to - far).abs() <= (far - from).abs() * FIRST && self.turns(place, *to);
        // Zero is the shortest of all: products underflow beside it.
        Some(std::iter::once(0.0).chain(short).find(close).unwrap_or(far))
    }

    fn flip(&self, place: usize, from: f64, to: f64) -> Option<Flip> {
        let (basis, kind) = (self.basis, *self.basis.reads.kinds.get(place)?);
        let action = self.winner(place, to).and_then(|winner| basis.spec.actions.get(winner));
        let action = action.map(|action| action.name.clone());
        let (column, hidden) = basis.called(place)?;
        let shown = if hidden { column.clone() } else { format!("`{column}`") };
        let (was, were) = (basis.shown(kind, from), basis.shown(kind, to));
        let then = action.as_ref().map_or_else(|| "silence".to_owned(), |name| format!("`{name}`"));
        let why = format!("{then} would win if {shown} were {were} instead of {was}");
        Some(Flip { column, from, to, action, why })
    }
}

impl Basis {
    /// Whether a column counts the contacts or outcomes of a policy.
    fn is_count(&self, place: usize) -> bool {
        let column = self.reads.columns.get(place).copied().unwrap_or(usize::MAX);
        self.spec.contacts.iter().any(|policy| {
            let cap = policy.cap.as_ref().is_some_and(|cap| cap.count == column);
            cap || policy.cool_off.as_ref().is_some_and(|off| off.count == column)
        })
    }

    /// A column as a person calls it: hidden ones by what they count; and whether it is one.
    fn called(&self, place: usize) -> Option<(String, bool)> {
        let (name, column) = (self.reads.names.get(place)?, *self.reads.columns.get(place)?);
        let policies = || self.spec.contacts.iter();
        let capped = policies().find_map(|policy| {
            let cap = policy.cap.as_ref().filter(|cap| cap.count == column)?;
            Some(format!("contacts by `{}` within {}", policy.name, crate::data::time::format_span(cap.per)))
        });
        let cooled = || {
            let off = policies().filter_map(|policy| policy.cool_off.as_ref());
            let off = off.into_iter().find(|off| [off.count, off.earliest, off.latest].contains(&column))?;
            let what = match column {
                _ if column == off.count => "number",
                _ if column == off.latest => "time of the latest",
                _ => "time of the earliest of the last",
            };
            Some(format!("the {what} of outcomes `{}`", off.outcome))
        };
        let drawn = || Some(format!("the doubt of the learnt response to `{}`", name.strip_prefix(DEVIATION)?));
        let learnt = || Some(format!("the learnt response to `{}`", name.strip_prefix(RESPONSE)?));
        let spent = || Some(format!("what is left of the budget of `{}`", name.strip_prefix(BUDGET)?));
        let pulled = || Some(format!("how well a peer can meet the need of `{}`", name.strip_prefix(PULL)?));
        let tried = || Some(format!("where the trial of `{}` stands", name.strip_prefix(TRIAL)?));
        let counted = || Some(format!("the contacts of `{}`", name.strip_prefix(CONTACT)?.rsplit_once('.')?.0));
        let hidden = capped.or_else(cooled).or_else(learnt).or_else(drawn).or_else(spent).or_else(pulled);
        let hidden = hidden.or_else(tried).or_else(counted);
        Some(hidden.map_or_else(|| (name.clone(), false), |words| (words, true)))
    }
}
