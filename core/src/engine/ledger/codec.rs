//! The ledger in bytes, for checkpoints and digests.

use std::collections::BTreeMap;

use super::responses::Responses;
use super::{Account, Ledger, Open};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::Asked;
use crate::data::codec::{Reader, Writer};

/// Version of the bytes.
pub(in crate::engine) const VERSION: u64 = 3;

impl Account {
    fn encode(&self, out: &mut Writer) {
        let counts = [self.decisions, self.withheld, self.answered, self.expired];
        counts.into_iter().for_each(|count| out.u64(count));
        [self.expected, self.cost, self.realised].into_iter().for_each(|money| out.f64(money));
        out.count(self.outcomes.len());
        for (kind, count) in &self.outcomes {
            out.u32(*kind);
            out.u64(*count);
        }
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let [decisions, withheld, answered, expired] = [from.u64()?, from.u64()?, from.u64()?, from.u64()?];
        let [expected, cost, realised] = [from.f64()?, from.f64()?, from.f64()?];
        let mut outcomes = BTreeMap::new();
        for _ in 0..from.count()? {
            outcomes.insert(from.u32()?, from.u64()?);
        }
        Ok(Account { decisions, withheld, expected, cost, realised, answered, expired, outcomes })
    }
}

impl Ledger {
    /// The ledger in bytes: those that end without a record and are due are as good as forgotten.
    pub fn encode(&self, now: i64) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.accounts.len());
        for (action, account) in &self.accounts {
            out.u32(*action);
            account.encode(&mut out);
        }
        out.count(self.cells.len());
        for ((segment, cell, action), account) in &self.cells {
            out.u64(*segment as u64);
            out.u32(*cell);
            out.u32(*action);
            account.encode(&mut out);
        }
        self.responses.encode(&mut out);
        let kept = self.open.iter().filter(|(_, open)| !open.lapses() || open.due >= now);
        let mut kept: Vec<(&u64, &Open)> = kept.collect();
        kept.sort_unstable_by_key(|(id, _)| **id);
        out.count(kept.len());
        for (id, open) in &kept {
            out.u64(**id);
            [open.asked.customer, open.asked.peer].into_iter().for_each(|who| out.u32(who));
            [open.asked.at, open.within, open.due].into_iter().for_each(|time| out.i64(time));
            open.keys.into_iter().for_each(|key| out.u32(key));
            out.count(open.cells.len());
            open.cells.iter().for_each(|cell| out.u32(*cell));
            out.count(open.features.len());
            open.features.iter().for_each(|feature| out.f64(*feature));
            out.u8(u8::from(open.withheld));
            out.u8(u8::from(open.answered));
            out.count(open.known.len());
            for (kind, at, value) in &open.known {
                out.u32(*kind);
                out.i64(*at);
                out.f64(*value);
            }
        }
        out.count(self.budgets.len());
        for (policy, (at, left)) in &self.budgets {
            out.u64(*policy as u64);
            out.i64(*at);
            out.f64(*left);
        }
        self.encode_proofs(now, &kept, &mut out);
        out.into_bytes()
    }

    /// A ledger from its bytes.
    ///
    /// # Errors
    /// `StoreCorrupt` for bytes that are none.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::with_entries(bytes, bytes.len());
        let mut ledger = Ledger::default();
        for _ in 0..from.count()? {
            let action = from.u32()?;
            ledger.accounts.insert(action, Account::decode(&mut from)?);
        }
        for _ in 0..from.count()? {
            let segment = from.u64()? as usize;
            let (cell, action) = (from.u32()?, from.u32()?);
            ledger.cells.insert((segment, cell, action), Account::decode(&mut from)?);
        }
        ledger.responses = Responses::decode(&mut from)?;
        for _ in 0..from.count()? {
            let id = from.u64()?;
            let [customer, peer] = [from.u32()?, from.u32()?];
            let [at, within, due] = [from.i64()?, from.i64()?, from.i64()?];
            let keys = [from.u32()?, from.u32()?, from.u32()?, from.u32()?];
            let cells = (0..from.count()?).map(|_| from.u32()).collect::<Result<_>>()?;
            let features = (0..from.count()?).map(|_| from.f64()).collect::<Result<_>>()?;
            let (withheld, answered) = (from.u8()? == 1, from.u8()? == 1);
            let mut known = Vec::new();
            for _ in 0..from.count()? {
                known.push((from.u32()?, from.i64()?, from.f64()?));
            }
            let asked = Asked { customer, peer, at };
            let open = Open { asked, keys, cells, features, withheld, within, due, answered, known, proof: None };
            if open.lapses() { &mut ledger.lapsing } else { &mut ledger.waiting }.insert((due, id));
            if ledger.open.insert(id, open).is_some() {
                return Err(Error::new(ErrorKind::StoreCorrupt, "the checkpoint's ledger holds a decision twice"));
            }
        }
        for _ in 0..from.count()? {
            let policy = from.u64()? as usize;
            ledger.budgets.insert(policy, (from.i64()?, from.f64()?));
        }
        ledger.decode_proofs(&mut from)?;
        from.finish().map_err(|_| Error::new(ErrorKind::StoreCorrupt, "the checkpoint's ledger has bytes too many"))?;
        Ok(ledger)
    }
}
