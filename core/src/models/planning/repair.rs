//! Plans from prices: those who gain most choose first among what is left, then leasts are met.

use super::aim::{Aim, Part};
use super::dual::Found;
use super::problem::{NOTHING, Prices, Problem};

/// A plan in the making.
struct Made {
    choice: Vec<usize>,
    /// What is left of each limit, scaled.
    left: Vec<f64>,
    /// What is used of each limit, where any least asks for it.
    used: Vec<f64>,
    value: f64,
}

impl Problem<'_> {
    /// Offers `found` a plan that keeps capacities and caps, from prices.
    pub fn repair(&self, part: &Part, own: &[f64], found: &mut Found) {
        let prices = self.prices(part.aim, own);
        let used = if part.asks() { vec![0.0; own.len()] } else { Vec::new() };
        let choice = vec![NOTHING; part.rows.len() * self.most()];
        let mut made = Made { choice, left: part.capacity.clone(), used, value: 0.0 };
        if part.covers {
            self.cover(part, &prices, &mut made);
        }
        let mut reduced = Vec::new();
        let mut order: Vec<(usize, f64)> = Vec::with_capacity(part.rows.len());
        for (place, row) in part.rows.iter().enumerate() {
            self.reduced(&prices, *row, &mut reduced);
            let most = reduced.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            order.push((place, most));
        }
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        // First what pays its price, then what is worth anything, then something better with what is left.
        for pass in if part.aim == Aim::Least { 2..3 } else { 0..3 } {
            for (place, _) in &order {
                let row = part.rows[*place];
                if pass < 2 {
                    self.reduced(&prices, row, &mut reduced);
                }
                for slot in place * self.most()..(place + 1) * self.most() {
                    if made.choice[slot] == NOTHING || pass == 2 {
                        self.fill_slot(part, *place, slot, (pass, &reduced), &mut made);
                    }
                }
            }
        }
        for limit in 0..part.least.len() {
            if part.least[limit] > 0.0 {
                self.reach(part, limit, &mut made);
            }
        }
        found.better(part.short(made.used.iter().copied()), made.value, &made.choice);
    }

    /// Gives what unmet leasts ask for, in the order of what it gains at the prices, while it fits.
    fn cover(&self, part: &Part, prices: &Prices<'_>, made: &mut Made) {
        let mut reduced = Vec::new();
        let mut asked: Vec<(f64, usize, usize)> = Vec::new();
        for (place, row) in part.rows.iter().enumerate() {
            self.reduced(prices, *row, &mut reduced);
            let own = self.candidates(*row).zip(&reduced).filter(|(candidate, _)| self.helps(part, made, *candidate));
            asked.extend(own.map(|(candidate, gain)| (*gain, place, candidate)));
        }
        self.give(part, asked, true, made);
    }

    /// Gives candidates by rank, while they fit; or those alone that count to a least that is not met.
    fn give(&self, part: &Part, mut ranked: Vec<(f64, usize, usize)>, asked: bool, made: &mut Made) {
        let value = |candidate: usize| self.value(candidate);
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(value(b.2).total_cmp(&value(a.2))).then(a.2.cmp(&b.2)));
        for (_, place, candidate) in ranked {
            let own = place * self.most()..(place + 1) * self.most();
            let Some(slot) = own.clone().find(|slot| made.choice[*slot] == NOTHING) else { continue };
            if (!asked || self.helps(part, made, candidate))
                && self.fits(candidate, &made.left)
                && self.allowed(part.rows[place], &made.choice[own], candidate)
            {
                self.put(slot, candidate, made);
                made.value += self.value(candidate);
            }
        }
    }

    /// Offers `found` the plans of simple orders, so that it is no worse than they: first what leasts ask for, and where
    /// `all` then all else, by value, by what is taken of a limit that asks for nothing, and by the one for the other.
    pub fn simple(&self, part: &Part, all: bool, found: &mut Found) {
        let limits = (0..part.least.len()).filter(|limit| part.least[*limit] <= 0.0);
        let by = limits.flat_map(|limit| [(Some(limit), 0.0), (Some(limit), 1.0)]).chain([(None, 1.0)]);
        for (limit, worth) in by {
            let rank = |candidate: usize| match limit.map(|limit| self.uses(limit, candidate)) {
                Some(uses) if worth > 0.0 => self.value(candidate) / uses,
                Some(uses) => -uses,
                None => self.value(candidate),
            };
            let (choice, used) = (vec![NOTHING; part.rows.len() * self.most()], vec![0.0; part.least.len()]);
            let mut made = Made { choice, left: part.capacity.clone(), used, value: 0.0 };
            for asked in [true, false] {
                let open = |made: &Made, candidate: usize| if asked { self.helps(part, made, candidate) } else { all };
                let of = |(place, row): (usize, &usize)| {
                    let own = self.candidates(*row).filter(|candidate| open(&made, *candidate));
                    own.map(move |candidate| (candidate, place)).collect::<Vec<(usize, usize)>>()
                };
                let ranked = part.rows.iter().enumerate().flat_map(of);
                let ranked = ranked.map(|(candidate, place)| (rank(candidate), place, candidate)).collect();
                self.give(part, ranked, asked, &mut made);
            }
            for slot in 0..made.choice.len() {
                self.fill_slot(part, slot / self.most(), slot, (2, &[]), &mut made);
            }
            found.better(part.short(made.used.iter().copied()), made.value, &made.choice);
        }
    }

    /// Whether a candidate counts to a least that is not met.
    fn helps(&self, part: &Part, made: &Made, candidate: usize) -> bool {
        let open = |limit: &usize| made.used[*limit] < part.least[*limit] - 1e-12;
        (0..part.least.len()).filter(open).any(|limit| self.uses(limit, candidate) > 0.0)
    }

    /// Puts a candidate, or nothing, into a place; the value is the caller's.
    fn put(&self, slot: usize, candidate: usize, made: &mut Made) {
        let had = std::mem::replace(&mut made.choice[slot], candidate);
        for (candidate, times) in [(had, -1.0), (candidate, 1.0)] {
            if candidate != NOTHING {
                self.take(candidate, times, &mut made.left);
                self.take(candidate, -times, &mut made.used);
            }
        }
    }

    /// Puts into a place what ranks highest of what fits; in the last pass by value, and no least is given up for it;
    /// else by the gain at the prices.
    fn fill_slot(&self, part: &Part, place: usize, slot: usize, (pass, reduced): (usize, &[f64]), made: &mut Made) {
        let (row, first) = (part.rows[place], self.candidates(part.rows[place]).start);
        let own = place * self.most()..(place + 1) * self.most();
        let had = made.choice[slot];
        let worth = if had == NOTHING { 0.0 } else { self.value(had) };
        let mut best = (had != NOTHING).then_some((had, worth));
        if had != NOTHING {
            self.put(slot, NOTHING, made);
        }
        for candidate in self.candidates(row) {
            let gain = if pass < 2 { reduced[candidate - first] } else { self.value(candidate) };
            let open = pass > 0 || gain > 0.0;
            if open
                && best.is_none_or(|(_, most)| gain > most)
                && self.fits(candidate, &made.left)
                && self.allowed(row, &made.choice[own.clone()], candidate)
                && self.keeps(part, had, candidate, made)
            {
                best = Some((candidate, gain));
            }
        }
        if let Some((candidate, _)) = best {
            self.put(slot, candidate, made);
            made.value += self.value(candidate) - worth;
        }
    }

    /// Whether a candidate in the place of one that was taken out meets leasts as far as that did.
    fn keeps(&self, part: &Part, had: usize, candidate: usize, made: &Made) -> bool {
        let met = |(limit, used): (usize, &f64)| {
            let before = (used + self.uses(limit, had)).min(part.least[limit]);
            before <= 0.0 || used + self.uses(limit, candidate) >= before - 1e-12
        };
        had == NOTHING || made.used.iter().enumerate().all(met)
    }

    /// Gives candidates that use a limit to those who lose least by it, until its least is met; no other least is
    /// given up for it.
    fn reach(&self, part: &Part, limit: usize, made: &mut Made) {
        if made.used[limit] >= part.least[limit] - 1e-12 {
            return;
        }
        let mut swaps: Vec<(f64, usize, usize)> = Vec::new();
        for (place, row) in part.rows.iter().enumerate() {
            for slot in place * self.most()..(place + 1) * self.most() {
                let had = made.choice[slot];
                let (worth, uses) = if had == NOTHING { (0.0, 0.0) } else { (self.value(had), self.uses(limit, had)) };
                for candidate in self.candidates(*row) {
                    let more = self.uses(limit, candidate) - uses;
                    if more > 0.0 {
                        swaps.push(((worth - self.value(candidate)) / more, slot, candidate));
                    }
                }
            }
        }
        swaps.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, slot, candidate) in swaps {
            if made.used[limit] >= part.least[limit] - 1e-12 {
                return;
            }
            let place = slot / self.most();
            let own = place * self.most()..(place + 1) * self.most();
            let had = made.choice[slot];
            let (worth, uses) = if had == NOTHING { (0.0, 0.0) } else { (self.value(had), self.uses(limit, had)) };
            self.put(slot, NOTHING, made);
            let better = self.fits(candidate, &made.left)
                && self.allowed(part.rows[place], &made.choice[own], candidate)
                && self.uses(limit, candidate) > uses
                && self.keeps(part, had, candidate, made);
            self.put(slot, if better { candidate } else { had }, made);
            if better {
                made.value += self.value(candidate) - worth;
            }
        }
    }
}
