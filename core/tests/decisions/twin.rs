//! A twin of the contact policies that counts its own log by brute force.

use super::*;
use bactrian::base::random::Random;

const CHANNELS: [&str; 3] = ["email", "sms", "app"];
const GROUPS: [&str; 3] = ["loyal", "sale", "news"];
const PROCESSES: [&str; 2] = ["marketing", "service"];
const OUTCOMES: [&str; 3] = ["ignored", "clicked", "expired"];
const LATENESS: i64 = DAY;

struct Action {
    name: String,
    words: [&'static str; 3],
    value: u64,
    fallback: bool,
    within: i64,
}

struct Policy {
    name: String,
    only: Vec<String>,
    cap: Option<(usize, i64)>,
    quiet: Option<(u32, u32)>,
    cool_off: Option<(usize, &'static str, i64)>,
}

/// Random actions and policies.
pub struct World {
    actions: Vec<Action>,
    policies: Vec<Policy>,
}

fn pick<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len() as u64) as usize]
}

impl World {
    pub fn random(random: &mut Random) -> Self {
        let actions = (0..2 + random.below(7)).map(|number| Action {
            name: format!("a{number}"),
            words: [pick(random, &CHANNELS), pick(random, &GROUPS), pick(random, &PROCESSES)],
            value: 1 + random.below(4),
            fallback: random.below(6) == 0,
            within: DAY * (1 + random.below(3) as i64),
        });
        let actions: Vec<Action> = actions.collect();
        let word = |random: &mut Random| {
            let action = &actions[random.below(actions.len() as u64) as usize];
            match random.below(4) {
                3 => action.name.clone(),
                sort => action.words[sort as usize].to_owned(),
            }
        };
        let mut policies: Vec<Policy> = Vec::new();
        for number in 0..1 + random.below(5) {
            let named = random.below(2) == 0;
            let name = match (named, random.below(4)) {
                (true, 0) => "all".to_owned(),
                (true, _) => word(random),
                _ => format!("policy{number}"),
            };
            let count = if named { random.below(2) } else { 1 + random.below(3) };
            let only = (0..count).map(|_| word(random)).collect();
            let cap = (random.below(4) > 0).then(|| {
                (random.below(5) as usize, [HOUR, 5 * HOUR, DAY, 4 * DAY, 20 * DAY][random.below(5) as usize])
            });
            let quiet = (random.below(5) == 0).then(|| pick(random, &[(21 * 60, 8 * 60), (600, 700), (0, 90)]));
            let cool_off = (random.below(3) == 0 || (cap.is_none() && quiet.is_none()))
                .then(|| (1 + random.below(3) as usize, pick(random, &OUTCOMES), DAY * (1 + random.below(5) as i64)));
            if policies.iter().all(|policy| policy.name != name) {
                policies.push(Policy { name, only, cap, quiet, cool_off });
            }
        }
        World { actions, policies }
    }

    pub fn text(&self) -> String {
        let mut text = String::from("[time]\nlateness = \"1d\"\n");
        for Action { name, words: [channel, group, process], value, fallback, within } in &self.actions {
            let within = within / DAY;
            text +=
                &format!("[action.{name}]\nchannel = \"{channel}\"\ngroup = \"{group}\"\nprocess = \"{process}\"\n");
            text += &format!("value = {value}\nfallback = {fallback}\nwithin = \"{within}d\"\n");
        }
        for policy in &self.policies {
            text += &format!("[contact.{}]\n", policy.name);
            if !policy.only.is_empty() {
                text += &format!("only = {:?}\n", policy.only);
            }
            if let Some((most, per)) = policy.cap {
                text += &format!("at_most = {most}\nper = \"{}h\"\n", per / HOUR);
            }
            if let Some((start, end)) = policy.quiet {
                let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
                text += &format!("quiet = \"{}-{}\"\n", clock(start), clock(end));
            }
            if let Some((after, outcome, span)) = policy.cool_off {
                let days = span / DAY;
                text += &format!("cool_off = {{ after = {after}, outcome = \"{outcome}\", for = \"{days}d\" }}\n");
            }
        }
        text
    }

    /// The word of an action for each sort: channel, group, process, name.
    fn word(&self, action: usize, sort: usize) -> &str {
        let action = &self.actions[action];
        action.words.get(sort).copied().unwrap_or(&action.name)
    }

    fn binds(&self, policy: &Policy, action: usize) -> bool {
        let sort_of =
            |word: &str| (0..4).find(|sort| (0..self.actions.len()).any(|action| self.word(action, *sort) == word));
        let own = std::iter::once(&policy.name).filter(|name| *name != "all");
        let words: Vec<(usize, &String)> =
            own.chain(&policy.only).filter_map(|word| Some((sort_of(word)?, word))).collect();
        (0..4).all(|sort| {
            let mut of_sort = words.iter().filter(|(known, _)| *known == sort).peekable();
            of_sort.peek().is_none() || of_sort.any(|(_, word)| self.word(action, sort) == *word)
        })
    }
}

#[derive(Clone, Copy)]
struct Contact {
    id: u64,
    at: i64,
    action: usize,
    closed: bool,
    kinds: [bool; 2],
}

#[derive(Default)]
struct Log {
    contacts: Vec<Contact>,
    /// Time, action, kind.
    outcomes: Vec<(i64, usize, &'static str)>,
}

/// What the twin has seen.
pub struct Twin<'w> {
    world: &'w World,
    logs: Vec<Log>,
}

impl<'w> Twin<'w> {
    pub fn new(world: &'w World) -> Self {
        Twin::of(world, 4)
    }

    pub fn of(world: &'w World, customers: u64) -> Self {
        Twin { world, logs: (0..customers).map(|_| Log::default()).collect() }
    }

    /// Notes what was sent.
    pub fn note(&mut self, who: usize, at: i64, action: Option<&str>) {
        let found = |name: &str| self.world.actions.iter().position(|action| action.name == name);
        if let Some(action) = action.and_then(found) {
            self.logs[who].contacts.push(Contact { id: 0, at, action, closed: false, kinds: [false; 2] });
        }
    }

    /// Every decision whose window and lateness lie before `at` and of which nothing came has expired.
    fn expire(&mut self, at: i64) {
        for log in &mut self.logs {
            for contact in log.contacts.iter_mut().filter(|contact| !contact.closed) {
                let end = contact.at + self.world.actions[contact.action].within;
                if end + LATENESS < at {
                    contact.closed = true;
                    if contact.kinds == [false; 2] {
                        log.outcomes.push((end, contact.action, "expired"));
                    }
                }
            }
        }
    }

    /// A new outcome of some open decision.
    pub fn outcome(&mut self, random: &mut Random, at: i64) -> Option<(u64, &'static str)> {
        self.expire(at);
        let log = &mut self.logs[random.below(4) as usize];
        let place = random.below(log.contacts.len().max(1) as u64) as usize;
        let kind = random.below(2) as usize;
        let contact = log.contacts.get_mut(place)?;
        let late = at > contact.at + self.world.actions[contact.action].within;
        if contact.closed || late || std::mem::replace(&mut contact.kinds[kind], true) {
            return None;
        }
        log.outcomes.push((at, contact.action, OUTCOMES[kind]));
        Some((contact.id, OUTCOMES[kind]))
    }

    fn barred(&self, policy: &Policy, log: &Log, at: i64, extra: usize) -> bool {
        let minute = (at.rem_euclid(DAY) / 60_000_000) as u32;
        let quiet = policy.quiet.is_some_and(|(start, end)| match start <= end {
            true => start <= minute && minute < end,
            false => minute >= start || minute < end,
        });
        let cooling = policy.cool_off.is_some_and(|(after, kind, span)| {
            let bound = |(_, action, known): &&(i64, usize, &str)| *known == kind && self.world.binds(policy, *action);
            let mut times: Vec<i64> = log.outcomes.iter().filter(bound).map(|(at, ..)| *at).collect();
            times.sort_unstable();
            let latest = times.last().copied().unwrap_or(0);
            times.len() >= after && latest - times[times.len() - after] < span && at - latest < span
        });
        let full = policy.cap.is_some_and(|(most, per)| {
            let recent = |contact: &&Contact| contact.at > at - per && self.world.binds(policy, contact.action);
            log.contacts.iter().filter(recent).count() + extra >= most
        });
        quiet || cooling || full
    }

    pub fn decide(&mut self, who: u64, at: i64, n: usize) -> Vec<String> {
        self.expire(at);
        let (world, log) = (self.world, &self.logs[who as usize]);
        let mut slate: Vec<usize> = Vec::new();
        while slate.len() < n {
            let allowed = |action: &usize| {
                let bound = world.policies.iter().filter(|policy| world.binds(policy, *action));
                let extra = |policy: &Policy| slate.iter().filter(|chosen| world.binds(policy, **chosen)).count();
                let mut bound = bound.into_iter();
                let group = |chosen: &usize| world.word(*chosen, 1) == world.word(*action, 1);
                !slate.iter().any(group) && !bound.any(|policy| self.barred(policy, log, at, extra(policy)))
            };
            let best = |fallback: bool| {
                let all = (0..world.actions.len()).filter(|action| world.actions[*action].fallback == fallback);
                all.filter(allowed).max_by_key(|action| (world.actions[*action].value, std::cmp::Reverse(*action)))
            };
            let Some(best) = best(false).or_else(|| slate.is_empty().then(|| best(true)).flatten()) else { break };
            slate.push(best);
        }
        slate.iter().map(|action| world.actions[*action].name.clone()).collect()
    }

    pub fn took(&mut self, who: u64, at: i64, decision: &Decision) {
        for choice in &decision.slate {
            let action = self.world.actions.iter().position(|action| action.name == choice.action).unwrap();
            self.logs[who as usize].contacts.push(Contact {
                id: choice.id,
                at,
                action,
                closed: false,
                kinds: [false; 2],
            });
        }
    }

    /// In every span of every policy's length there are at most as many contacts as it allows.
    pub fn hold_caps(&self) {
        for log in &self.logs {
            for (policy, (most, per)) in self.world.policies.iter().filter_map(|policy| Some((policy, policy.cap?))) {
                let bound = |contact: &&Contact| self.world.binds(policy, contact.action);
                let times: Vec<i64> = log.contacts.iter().filter(bound).map(|contact| contact.at).collect();
                for (place, at) in times.iter().enumerate() {
                    let within = times[..=place].iter().rev().take_while(|time| **time > at - per).count();
                    assert!(within <= most, "{within} contacts by {} within its span", policy.name);
                }
            }
        }
    }
}
