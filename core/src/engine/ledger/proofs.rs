//! What came of decisions whose window is over, and which still wait: the basis of trials, of the response by contact,
//! and of shares that allow for delays.
//!
//! Counts of what is over do not depend on the order in which it came, and neither early successes nor late failures
//! weigh more than their share in them. Kept for actions that ask for it alone, and of what was sent alone.

use std::collections::BTreeMap;

use super::responses::labels_of;
use super::{Fields, Ledger, Open, Words};
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::data::record::NONE;
use crate::models::bandit::Tally;
use crate::models::evaluation::{ByContact, ResponseByContact, SequentialRatio};
use crate::program::{ActionSpec, TrialSpec};
use crate::state::State;

/// Parts of a window that delays are told apart by.
const PARTS: usize = 32;
/// How many delays the assumption is worth that any delay within the window is as likely.
const ASSUMED: f64 = 10.0;
/// Most times chosen that are told apart; a further one counts as this.
const MOST: u32 = 16;

/// What an open decision keeps for this.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Proof {
    /// How often the action was chosen within the span of its contacts, and sent, this time included; 0 where they are
    /// not counted.
    contact: [u32; 2],
    /// When the first success came, or `i64::MIN`.
    pub came: i64,
    /// The labels of its cell, where it waits for an outcome that may be delayed.
    labels: Option<Vec<u32>>,
}

/// What came of the decisions of one action whose window is over.
#[derive(Debug, Clone, Default, PartialEq)]
struct Closed {
    tally: Tally,
    /// Successes by the part of the window in which they came.
    delays: [u64; PARTS],
    /// By times chosen and sent.
    contacts: BTreeMap<[u32; 2], Tally>,
}

/// Decisions that wait, by when they were taken, in parts of their window: without a success so far, and with one.
type Waits = BTreeMap<i64, [u32; 2]>;

/// The fold of what is over and what waits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Proofs {
    closed: BTreeMap<u32, Closed>,
    waits: BTreeMap<u32, BTreeMap<Vec<u32>, Waits>>,
}

/// The length of the parts of a window.
fn part(within: i64) -> i64 {
    (within / PARTS as i64).max(1)
}

impl Closed {
    fn add(&mut self, open: &Open, proof: &Proof) {
        self.tally.add(open.answered);
        if open.answered {
            let place = (proof.came.saturating_sub(open.asked.at) / part(open.within)).clamp(0, PARTS as i64 - 1);
            self.delays[place as usize] += 1;
        }
        if proof.contact != [0, 0] {
            self.contacts.entry(proof.contact).or_default().add(open.answered);
        }
    }

    /// The probability that an outcome has come by an age in parts of the window, if it comes within the window at all.
    fn come_by(&self) -> impl Fn(f64) -> f64 {
        let mut sums = [0.0; PARTS + 1];
        for (place, count) in self.delays.iter().enumerate() {
            sums[place + 1] = sums[place] + *count as f64 + ASSUMED / PARTS as f64;
        }
        move |age| {
            let place = age.clamp(0.0, PARTS as f64);
            let whole = (place as usize).min(PARTS - 1);
            (sums[whole] + (place - whole as f64) * (sums[whole + 1] - sums[whole])) / sums[PARTS]
        }
    }
}

impl Proofs {
    fn wait(&mut self, open: &Open, change: impl Fn(&mut [u32; 2])) {
        let Some(labels) = open.proof.as_ref().and_then(|proof| proof.labels.as_ref()) else { return };
        let [action, ..] = open.keys;
        let bucket = open.asked.at.div_euclid(part(open.within));
        let cells = self.waits.entry(action).or_default();
        for axes in 0..=labels.len() {
            let waits = cells.entry(labels.iter().take(axes).copied().collect()).or_default();
            let counts = waits.entry(bucket).or_default();
            change(counts);
            if *counts == [0, 0] {
                waits.remove(&bucket);
            }
        }
    }

    /// A decision waits.
    pub fn open(&mut self, open: &Open) {
        self.wait(open, |[waiting, _]| *waiting += 1);
    }

    /// Its first success came.
    pub fn answer(&mut self, open: &Open) {
        self.wait(open, |[waiting, answered]| {
            *waiting = waiting.saturating_sub(1);
            *answered += 1;
        });
    }

    /// It waits no more, whatever came of it.
    pub fn forget(&mut self, open: &Open) {
        let place = usize::from(open.answered);
        self.wait(open, |counts| counts[place] = counts[place].saturating_sub(1));
    }

    /// Its window is over.
    pub fn close(&mut self, open: &Open) {
        let Some(proof) = &open.proof else { return };
        self.forget(open);
        let [action, ..] = open.keys;
        self.closed.entry(action).or_default().add(open, proof);
    }

    /// What is to be added to the failures in a cell of an action for the decisions that wait: each counts for the
    /// probability that its outcome would have come by now (as Chapelle 2014 weighs them), and so does one whose
    /// outcome came.
    pub fn waiting(&self, spec: &ActionSpec, labels: &[u32], at: i64) -> f64 {
        let Some(waits) = self.waits.get(&spec.key).and_then(|cells| cells.get(labels)) else { return 0.0 };
        let none = Closed::default();
        let closed = self.closed.get(&spec.key).unwrap_or(&none);
        let (length, come_by) = (part(spec.within), closed.come_by());
        let of = |(bucket, [waiting, answered]): (&i64, &[u32; 2])| {
            let taken = bucket.saturating_mul(length).saturating_add(length / 2);
            let come = come_by(at.saturating_sub(taken) as f64 / length as f64);
            f64::from(*waiting) * come - f64::from(*answered) * (1.0 - come)
        };
        waits.iter().map(of).sum()
    }

    /// The same where words have other numbers.
    pub fn renumbered(&self, key: impl Fn(u32) -> u32) -> Proofs {
        let named = |labels: &Vec<u32>| labels.iter().map(|label| key(*label)).collect::<Vec<u32>>();
        let cells =
            |cells: &BTreeMap<Vec<u32>, Waits>| cells.iter().map(|(it, waits)| (named(it), waits.clone())).collect();
        Proofs {
            closed: self.closed.iter().map(|(action, closed)| (key(*action), closed.clone())).collect(),
            waits: self.waits.iter().map(|(action, found)| (key(*action), cells(found))).collect(),
        }
    }

    /// The words that it uses, more than once.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        let waits = self.waits.iter().flat_map(|(action, cells)| cells.keys().flatten().copied().chain([*action]));
        self.closed.keys().copied().chain(waits)
    }

    pub fn bytes(&self) -> usize {
        let contacts: usize = self.closed.values().map(|closed| closed.contacts.len()).sum();
        let waits: usize = self.waits.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum();
        self.closed.len() * size_of::<Closed>() + (contacts + waits) * size_of::<([u32; 2], Tally)>()
    }

    fn encode(&self, out: &mut Writer) {
        let tally = |tally: &Tally, out: &mut Writer| {
            [tally.successes, tally.failures].into_iter().for_each(|count| out.u64(count));
        };
        out.count(self.closed.len());
        for (action, closed) in &self.closed {
            out.u32(*action);
            tally(&closed.tally, out);
            closed.delays.iter().for_each(|count| out.u64(*count));
            out.count(closed.contacts.len());
            for (contact, found) in &closed.contacts {
                contact.iter().for_each(|count| out.u32(*count));
                tally(found, out);
            }
        }
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let tally = |from: &mut Reader<'_>| Ok::<_, Error>(Tally { successes: from.u64()?, failures: from.u64()? });
        let mut found = Proofs::default();
        for _ in 0..from.count()? {
            let closed = found.closed.entry(from.u32()?).or_default();
            closed.tally = tally(from)?;
            for count in &mut closed.delays {
                *count = from.u64()?;
            }
            for _ in 0..from.count()? {
                let contact = [from.u32()?, from.u32()?];
                closed.contacts.insert(contact, tally(from)?);
            }
        }
        Ok(found)
    }
}

impl Ledger {
    /// What a decision keeps, if its action asks for it and it was sent.
    pub(super) fn proof(
        spec: Option<&ActionSpec>,
        words: &Words,
        state: &State,
        (fields, row): (&Fields<'_>, usize),
        cells: &[u32],
    ) -> Option<Proof> {
        let spec = spec?;
        let delays = spec.learnt.as_ref().filter(|learnt| learnt.delays);
        if spec.trial.is_none() && spec.by_contact.is_none() && delays.is_none() {
            return None;
        }
        let count = |word: u32| fields.number(word, row).clamp(0.0, f64::from(MOST)) as u32;
        let contact = spec.by_contact.as_ref().map_or([0, 0], |_| [count(words.chosen), count(words.contact)]);
        let labels = delays
            .map(|learnt| labels_of(state, learnt.by.and_then(|segment| cells.get(segment)).copied().unwrap_or(NONE)));
        Some(Proof { contact, came: i64::MIN, labels })
    }

    /// Decisions that are over at a moment and not yet folded away.
    fn closing(&self, at: i64) -> impl Iterator<Item = &Open> {
        let due = self.lapsing.iter().take_while(move |(due, _)| *due < at);
        let due = due.chain(self.waiting.iter().take_while(move |(due, _)| *due < at));
        due.filter_map(|(_, id)| self.open.get(id)).filter(|open| open.proof.is_some())
    }

    /// What came of an action that has to prove itself, of what was sent and is over at a moment.
    pub fn closed_tally(&self, action: u32, at: i64) -> Tally {
        let mut tally = self.proofs.closed.get(&action).map_or_else(Tally::default, |closed| closed.tally);
        self.closing(at).filter(|open| open.keys[0] == action).for_each(|open| tally.add(open.answered));
        tally
    }

    /// The trial of an action, as of a moment.
    pub fn trial(&self, action: u32, at: i64, trial: &TrialSpec) -> SequentialRatio {
        let tally = self.closed_tally(action, at);
        trial.test.after(tally.successes, tally.failures)
    }

    /// How the response to an action falls from contact to contact, as of a moment.
    pub fn by_contact(&self, action: u32, at: i64) -> ResponseByContact {
        let mut contacts = self.proofs.closed.get(&action).map_or_else(BTreeMap::new, |it| it.contacts.clone());
        let closing = self.closing(at).filter(|open| open.keys[0] == action);
        for (open, proof) in closing.filter_map(|open| Some((open, open.proof.as_ref()?))) {
            contacts.entry(proof.contact).or_default().add(open.answered);
        }
        let rows = contacts.into_iter().filter(|([_, sent], _)| *sent > 0);
        let rows: Vec<ByContact> = rows
            .map(|([chosen, sent], tally)| ByContact { chosen, sent, rows: tally.trials(), successes: tally.successes })
            .collect();
        ResponseByContact::of_withheld(&rows)
    }

    /// What is over and what open decisions keep for it, behind everything else; nothing where there is none.
    pub(super) fn encode_proofs(&self, now: i64, kept: &[(&u64, &Open)], out: &mut Writer) {
        let mut proofs = self.proofs.clone();
        self.lapsing.iter().take_while(|(due, _)| *due < now).filter_map(|(_, id)| self.open.get(id)).for_each(
            |open| {
                proofs.close(open);
            },
        );
        let kept: Vec<(u64, &Proof)> =
            kept.iter().filter_map(|(id, open)| Some((**id, open.proof.as_ref()?))).collect();
        if proofs.closed.is_empty() && kept.is_empty() {
            return;
        }
        proofs.encode(out);
        out.count(kept.len());
        for (id, proof) in kept {
            out.u64(id);
            proof.contact.iter().for_each(|count| out.u32(*count));
            out.i64(proof.came);
            out.u8(u8::from(proof.labels.is_some()));
            let labels = proof.labels.as_deref().unwrap_or_default();
            out.count(labels.len());
            labels.iter().for_each(|label| out.u32(*label));
        }
    }

    /// # Errors
    /// `StoreCorrupt` for bytes that are none.
    pub(super) fn decode_proofs(&mut self, from: &mut Reader<'_>) -> Result<()> {
        if from.remaining() == 0 {
            return Ok(());
        }
        self.proofs = Proofs::decode(from)?;
        for _ in 0..from.count()? {
            let id = from.u64()?;
            let (contact, came, waits) = ([from.u32()?, from.u32()?], from.i64()?, from.u8()? == 1);
            let labels: Vec<u32> = (0..from.count()?).map(|_| from.u32()).collect::<Result<_>>()?;
            let Some(open) = self.open.get_mut(&id) else {
                return Err(Error::new(
                    ErrorKind::StoreCorrupt,
                    "the checkpoint's ledger proves a decision that is not open",
                ));
            };
            open.proof = Some(Proof { contact, came, labels: waits.then_some(labels) });
            self.proofs.open(open);
            if open.answered {
                self.proofs.answer(open);
            }
        }
        Ok(())
    }
}

impl Open {
    /// The same where words have other numbers.
    pub(super) fn proof_renumbered(&self, key: impl Fn(u32) -> u32) -> Option<Proof> {
        let mut proof = self.proof.clone()?;
        proof.labels.iter_mut().flatten().for_each(|label| *label = key(*label));
        Some(proof)
    }
}
