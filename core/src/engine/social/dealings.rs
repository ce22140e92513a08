//! What everyone deals in at one moment, found by customer and by need.

use rayon::prelude::*;

use super::super::world::World;

/// What everyone deals in: rows by customer, the needs of each rising.
pub(in crate::engine) struct Dealings {
    begins: Vec<usize>,
    needs: Vec<u32>,
    skills: Vec<f64>,
    /// The root of the squares of each customer's skills.
    lengths: Vec<f64>,
    /// Who deals in each need, rising.
    dealt: Vec<usize>,
    dealers: Vec<u32>,
    /// The skills of everyone in each need, added up.
    popular: Vec<f64>,
    /// Customers who count, and how many they are.
    live: Vec<bool>,
    pub customers: usize,
}

/// What one customer deals in.
#[derive(Clone, Copy)]
pub(super) struct Dealt<'a> {
    pub needs: &'a [u32],
    pub skills: &'a [f64],
    pub length: f64,
}

impl Dealt<'_> {
    /// How well the customer knows a need, if at all.
    pub fn skill(&self, need: u32) -> Option<f64> {
        self.needs.binary_search(&need).ok().map(|place| self.skills[place])
    }
}

/// How far dealings in a need count: one counts half.
pub(super) fn skill(weight: f64) -> f64 {
    weight / (weight + 1.0)
}

impl Dealings {
    /// What the customers of a world deal in at `at`. O(dealings of all), in parallel.
    pub fn new(world: &World, feature: usize, at: i64) -> Self {
        let mut live = vec![false; world.state.customers() as usize];
        world.live().for_each(|customer| live[customer as usize] = true);
        let read = |histogram: &mut Vec<(u32, f64)>, customer: u32| {
            histogram.clear();
            if live[customer as usize] {
                world.state.histogram(&world.program, feature, customer, at, histogram);
            }
            let known = histogram.iter().filter(|(_, weight)| *weight > 0.0);
            known.map(|(need, weight)| (*need, skill(*weight))).collect::<Vec<_>>()
        };
        let rows: Vec<Vec<(u32, f64)>> =
            (0..world.state.customers()).into_par_iter().map_init(Vec::new, read).collect();
        let keys = world.state.keys.len();
        let mut out = Dealings {
            begins: vec![0],
            needs: Vec::new(),
            skills: Vec::new(),
            lengths: Vec::with_capacity(rows.len()),
            dealt: vec![0; keys + 1],
            dealers: Vec::new(),
            popular: vec![0.0; keys],
            customers: live.iter().filter(|live| **live).count(),
            live,
        };
        for row in &rows {
            for (need, skill) in row {
                out.needs.push(*need);
                out.skills.push(*skill);
                out.popular[*need as usize] += skill;
                out.dealt[*need as usize + 1] += 1;
            }
            out.begins.push(out.needs.len());
            out.lengths.push(row.iter().map(|(_, skill)| skill * skill).sum::<f64>().sqrt());
        }
        (0..keys).for_each(|need| out.dealt[need + 1] += out.dealt[need]);
        let mut next = out.dealt.clone();
        out.dealers = vec![0; out.needs.len()];
        for (customer, row) in (0u32..).zip(&rows) {
            for (need, _) in row {
                let place = &mut next[*need as usize];
                out.dealers[*place] = customer;
                *place += 1;
            }
        }
        out
    }

    /// Whether a customer counts.
    pub fn is_live(&self, customer: u32) -> bool {
        self.live.get(customer as usize).copied().unwrap_or(false)
    }

    /// What a customer deals in.
    pub fn of(&self, customer: u32) -> Dealt<'_> {
        let own = customer as usize;
        let row = match self.begins.get(own..own + 2) {
            Some(ends) => ends[0]..ends[1],
            None => 0..0,
        };
        let length = self.lengths.get(own).copied().unwrap_or(0.0);
        Dealt { needs: &self.needs[row.clone()], skills: &self.skills[row], length }
    }

    /// Who deals in a need, rising.
    pub fn dealers(&self, need: u32) -> &[u32] {
        match self.dealt.get(need as usize..need as usize + 2) {
            Some(ends) => &self.dealers[ends[0]..ends[1]],
            None => &[],
        }
    }

    /// The skills of everyone in each need, added up, by number.
    pub fn popular(&self) -> &[f64] {
        &self.popular
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let places = self.begins.len() + self.dealt.len() + self.popular.len() + self.lengths.len();
        places * 8 + self.live.len() + self.needs.len() * (4 + 8 + 4)
    }
}
