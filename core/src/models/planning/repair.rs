//! Plans from prices: those who gain most choose first among what is left, then leasts are met.

use super::dual::{Found, Part};
use super::problem::{NOTHING, Problem};

/// A plan in the making.
struct Made {
    choice: Vec<usize>,
    /// What is left of each limit, scaled.
    left: Vec<f64>,
    value: f64,
}

impl Problem<'_> {
    /// Offers `found` a plan that keeps capacities and caps, from prices.
    pub fn repair(&self, part: &Part, own: &[f64], found: &mut Found) {
        let prices = self.prices(own);
        let mut reduced = Vec::new();
        let mut order: Vec<(usize, f64)> = Vec::with_capacity(part.rows.len());
        for (place, row) in part.rows.iter().enumerate() {
            self.reduced(&prices, *row, &mut reduced);
            let most = reduced.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            order.push((place, most));
        }
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let choice = vec![NOTHING; part.rows.len() * self.most()];
        let mut made = Made { choice, left: part.capacity.clone(), value: 0.0 };
        // First what pays its price, then what is worth anything, then something better with what is left.
        for pass in 0..3 {
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
        found.better(part.short(self.used(part, &made).into_iter()), made.value, &made.choice);
    }

    /// Puts into a place what ranks highest of what fits; in the last pass by value, else by the gain at the prices.
    fn fill_slot(&self, part: &Part, place: usize, slot: usize, (pass, reduced): (usize, &[f64]), made: &mut Made) {
        let (row, first) = (part.rows[place], self.candidates(part.rows[place]).start);
        let own = place * self.most()..(place + 1) * self.most();
        let had = std::mem::replace(&mut made.choice[slot], NOTHING);
        let worth = if had == NOTHING { 0.0 } else { self.value(had) };
        if had != NOTHING {
            self.take(had, -1.0, &mut made.left);
        }
        let mut best = (had != NOTHING).then_some((had, worth));
        for candidate in self.candidates(row) {
            let gain = if pass < 2 { reduced[candidate - first] } else { self.value(candidate) };
            let open = pass > 0 || gain > 0.0;
            if open
                && best.is_none_or(|(_, most)| gain > most)
                && self.fits(candidate, &made.left)
                && self.allowed(row, &made.choice[own.clone()], candidate)
            {
                best = Some((candidate, gain));
            }
        }
        if let Some((candidate, _)) = best {
            self.take(candidate, 1.0, &mut made.left);
            made.value += self.value(candidate) - worth;
            made.choice[slot] = candidate;
        }
    }

    fn used(&self, part: &Part, made: &Made) -> Vec<f64> {
        let mut used = vec![0.0; part.least.len()];
        for candidate in made.choice.iter().filter(|candidate| **candidate != NOTHING) {
            used.iter_mut().enumerate().for_each(|(limit, used)| *used += self.uses(limit, *candidate));
        }
        used
    }

    /// Gives candidates that use a limit to those who lose least by it, until its least is met; no other least is
    /// given up for it.
    fn reach(&self, part: &Part, limit: usize, made: &mut Made) {
        let mut used = self.used(part, made);
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
            if used[limit] >= part.least[limit] - 1e-12 {
                return;
            }
            let place = slot / self.most();
            let had = std::mem::replace(&mut made.choice[slot], NOTHING);
            let mut after = used.clone();
            if had != NOTHING {
                self.take(had, -1.0, &mut made.left);
                self.take(had, 1.0, &mut after);
            }
            let fits = self.fits(candidate, &made.left)
                && self.allowed(
                    part.rows[place],
                    &made.choice[place * self.most()..(place + 1) * self.most()],
                    candidate,
                );
            self.take(candidate, -1.0, &mut after);
            let others = (0..after.len()).filter(|other| *other != limit);
            let keeps = others.clone().all(|other| after[other] >= used[other].min(part.least[other]) - 1e-12);
            let chosen = if fits && keeps && after[limit] > used[limit] { candidate } else { had };
            if chosen != NOTHING {
                self.take(chosen, 1.0, &mut made.left);
            }
            if chosen == candidate {
                made.value += self.value(candidate) - if had == NOTHING { 0.0 } else { self.value(had) };
                used = after;
            }
            made.choice[slot] = chosen;
        }
    }
}
