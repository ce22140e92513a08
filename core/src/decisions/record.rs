//! The candidates of a decision as the journal keeps them: short text, from which a later reader takes
//! what each action was worth, or where it fell.
//!
//! `HASH` of the definition in 16 hexadecimal digits, one letter an action (`A` for one that is priced,
//! else the letter of its reason), and of each priced action the factors that are not the same for
//! everyone, 11 digits of six bits each; behind them the priority where the definition has a formula of
//! its own or budgets, and the price of attention where it is no constant.

use super::arbitrate::Arbitrated;
use super::decision::Reason;
use crate::program::{DecisionSpec, Factor, Formula};

/// An action of a recorded decision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Where it fell, if it was not priced.
    pub reason: Option<Reason>,
    /// Response, weight, value, lever, cost; unknown for one that was not priced.
    pub factors: [f64; 5],
    /// Its priority; unknown for one that was not priced.
    pub priority: f64,
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Digits of a number.
const LONG: usize = 11;
/// Digits of the hash.
const HASH: usize = 16;

pub(super) fn encode(spec: &DecisionSpec, found: &Arbitrated, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{:016x}", spec.hash).as_bytes());
    out.extend(found.judged.iter().map(|judged| b'A' + judged.reason.map_or(0, |reason| reason as u8)));
    for (judged, action) in found.judged.iter().zip(&spec.actions).filter(|(judged, _)| judged.reason.is_none()) {
        for (place, value) in judged.factors.iter().enumerate() {
            if action.varies(place) {
                number(out, *value);
            }
        }
        if spec.priority.is_some() || spec.is_paced() {
            number(out, judged.priority);
        }
    }
    if varies(&spec.attention) {
        number(out, found.attention);
    }
}

fn varies(formula: &Option<Formula>) -> bool {
    formula.as_ref().is_some_and(|formula| formula.expr.constant().is_none())
}

fn number(out: &mut Vec<u8>, value: f64) {
    let bits = value.to_bits();
    let digits: [u8; LONG] = std::array::from_fn(|place| DIGITS[(bits >> (6 * place) & 63) as usize]);
    out.extend_from_slice(&digits);
}

/// Features under the hash of their list.
pub(super) fn encode_features(hash: u64, features: impl Iterator<Item = f64>, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{hash:016x}").as_bytes());
    features.for_each(|value| number(out, value));
}

/// The features that were recorded under the hash of a list; nothing for a text that was not.
pub(crate) fn decode_features(hash: u64, text: &str) -> Option<Vec<f64>> {
    let (_, rest) = decode_hash(text).filter(|(known, _)| *known == hash)?;
    let mut rest = rest.as_bytes();
    let mut found = Vec::with_capacity(rest.len() / LONG);
    while !rest.is_empty() {
        found.push(next_number(&mut rest)?);
    }
    Some(found)
}

fn next_number(rest: &mut &[u8]) -> Option<f64> {
    let (digits, behind) = rest.split_at_checked(LONG)?;
    *rest = behind;
    let digit = |digit: &u8| DIGITS.iter().position(|known| known == digit).map(|digit| digit as u64);
    let places = digits.iter().enumerate().map(|(place, known)| Some(digit(known)? << (6 * place)));
    places.sum::<Option<u64>>().map(f64::from_bits)
}

/// The hash of the definition, and what stands behind it.
pub(crate) fn decode_hash(text: &str) -> Option<(u64, &str)> {
    Some((u64::from_str_radix(text.get(..HASH)?, 16).ok()?, text.get(HASH..)?))
}

/// The candidates in the order of the definition `spec`, and the price of attention; nothing for a text
/// that was not recorded under it.
pub(crate) fn decode(spec: &DecisionSpec, text: &str) -> Option<(Vec<Candidate>, f64)> {
    let (_, text) = decode_hash(text).filter(|(hash, _)| *hash == spec.hash)?;
    let (letters, mut rest) = text.as_bytes().split_at_checked(spec.actions.len())?;
    let mut next = || next_number(&mut rest);
    let mut candidates = Vec::with_capacity(letters.len());
    for (letter, action) in letters.iter().zip(&spec.actions) {
        let number = usize::from(letter.checked_sub(b'A')?);
        let mut found = Candidate { reason: None, factors: [f64::NAN; 5], priority: f64::NAN };
        if number > 0 {
            found.reason = Some(*Reason::ALL.get(number - 1)?);
            candidates.push(found);
            continue;
        }
        for (place, (value, factor)) in found.factors.iter_mut().zip(&action.factors).enumerate() {
            *value = match factor {
                Factor::Constant(value) if !action.varies(place) => *value,
                _ => next()?,
            };
        }
        let [response, weight, value, lever, cost] = found.factors;
        let told = spec.priority.is_some() || spec.is_paced();
        found.priority = if told { next()? } else { response * weight * value * lever - cost };
        candidates.push(found);
    }
    let attention = match &spec.attention {
        Some(_) if varies(&spec.attention) => next()?,
        Some(formula) => formula.expr.constant()?,
        None => 0.0,
    };
    Some((candidates, attention))
}
