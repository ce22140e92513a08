//! Columns that are read from the live ties around a customer, or around a customer and a peer.

use std::collections::BTreeMap;

use super::plan::{Asked, Plan, View};
use crate::base::numeric::ln;
use crate::data::record::NONE;
use crate::graph::{Csr, Dyad, propagated_trust, rarity};
use crate::program::{DyadPart, FittedModel, Social, Source, Whose};

/// The columns of a pair at `at`: the numbers of [`crate::graph::Dyads`] over the layer's graph, to the
/// bit. O(both degrees, and the degrees of the common neighbours).
pub(crate) fn dyad(view: View<'_>, layer: usize, customer: u32, peer: u32, at: i64) -> Dyad {
    let around = |node: u32| view.state.peers_in(view.program, layer, node, at);
    let (own, theirs) = (around(customer), around(peer));
    let numbers = |peers: &[crate::state::Peer]| peers.iter().map(|peer| peer.peer).collect::<Vec<u32>>();
    let tie = own.iter().find(|tie| tie.peer == peer).map_or((0.0, 0.0), |tie| (tie.forth, tie.back));
    Dyad::new(tie, &numbers(&own), (peer, &numbers(&theirs)), |node| rarity(around(node).len()))
}

/// The value of a column that is read from live ties; NaN without a peer where it needs one, and for a pair of one.
pub(super) fn social(view: View<'_>, social: &Social, asked: Asked) -> f64 {
    match social {
        Social::Exposure { toward: false, tie, of } => exposure(view, *tie, *of, Asked { peer: NONE, ..asked }),
        Social::Membership { toward: false, tie, community } => mixing(&shares(view, *tie, *community, asked)),
        _ if asked.peer == NONE => f64::NAN,
        Social::Community { feature, whose, community } => toward(view, *feature, *whose, *community, asked),
        Social::Exposure { tie, of, .. } => exposure(view, *tie, *of, asked),
        Social::Membership { tie, community, .. } => membership(view, *tie, *community, asked),
        // Nobody is a peer of their own.
        _ if asked.peer == asked.customer => f64::NAN,
        Social::Trust { tie, hops } => trust(view, *tie, *hops, asked),
        Social::Similarity { topics } => similarity(view, topics, asked),
        Social::Strength { tie } => {
            let peers = view.state.peers_in(view.program, *tie, asked.customer, asked.at);
            peers.iter().find(|peer| peer.peer == asked.peer).map_or(0.0, |peer| peer.forth)
        }
        Social::Dyad { tie, part } => {
            let pair = dyad(view, *tie, asked.customer, asked.peer, asked.at);
            match part {
                DyadPart::Reciprocity => pair.reciprocity,
                DyadPart::Common => f64::from(pair.common),
                DyadPart::Overlap => pair.overlap,
                DyadPart::AdamicAdar => pair.adamic_adar,
            }
        }
    }
}

/// The communities of a column.
fn named(view: View<'_>, community: usize) -> Option<&dyn FittedModel> {
    match view.program.columns.get(community).map(|spec| &spec.source) {
        Some(Source::Model { model, .. }) => view.fitted.get(*model).map(|model| &**model),
        _ => None,
    }
}

/// The share of the customer's ties, in both directions, with the members of each community, rising by name;
/// they sum to 1. O(pairs of the customer).
fn shares(view: View<'_>, tie: usize, community: usize, asked: Asked) -> Vec<(f64, f64)> {
    let Some(model) = named(view, community) else { return Vec::new() };
    let peers = view.state.peers_in(view.program, tie, asked.customer, asked.at);
    let mut into: Vec<(f64, f64)> = peers
        .iter()
        .map(|peer| (model.name_of(peer.peer), (peer.forth + peer.back).max(0.0)))
        .filter(|(name, strength)| !name.is_nan() && *strength > 0.0)
        .collect();
    into.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = into.iter().map(|(_, strength)| strength).sum();
    let share = |part: &[(f64, f64)]| (part[0].0, part.iter().map(|(_, strength)| strength).sum::<f64>() / all);
    into.chunk_by(|a, b| a.0 == b.0).map(share).collect()
}

/// The share of ties with the community of the peer; unknown without ties, and where the peer is in none.
fn membership(view: View<'_>, tie: usize, community: usize, asked: Asked) -> f64 {
    let name = named(view, community).map_or(f64::NAN, |model| model.name_of(asked.peer));
    let shares = shares(view, tie, community, asked);
    if name.is_nan() || shares.is_empty() {
        return f64::NAN;
    }
    shares.iter().find(|(known, _)| *known == name).map_or(0.0, |(_, share)| *share)
}

/// Entropy of shares in nats: 0 where all ties are with one community.
fn mixing(shares: &[(f64, f64)]) -> f64 {
    if shares.is_empty() { f64::NAN } else { shares.iter().fold(0.0, |all, (_, share)| all - share * ln(*share)) }
}

/// A sum toward the community of the peer; unknown where the peer is in none. O(pairs of the customer), or
/// O(members of the community).
fn toward(view: View<'_>, feature: usize, whose: Whose, community: usize, asked: Asked) -> f64 {
    let Some(model) = named(view, community) else { return f64::NAN };
    let name = model.name_of(asked.peer);
    if name.is_nan() {
        return f64::NAN;
    }
    let state = view.state;
    // A sum of nothing is 0, not the -0 of an empty sum.
    let add = |all: f64, own: f64| all + own;
    if whose == Whose::Pair {
        let other = |peer: &u32| *peer != asked.customer && model.name_of(*peer) == name;
        let peers = state.peers(asked.customer).into_iter().filter(other);
        return peers
            .map(|peer| state.pair_feature(view.program, feature, asked.customer, peer, asked.at))
            .fold(0.0, add);
    }
    model.members(name).iter().map(|member| state.feature(view.program, feature, *member, asked.at)).fold(0.0, add)
}

/// Mean of a column over the peers that ties lead to, by strength; unknown where nobody has it. Whoever is
/// asked about has no say.
fn exposure(view: View<'_>, tie: usize, of: usize, asked: Asked) -> f64 {
    let plan = Plan::new(view.program, &[of]);
    let (mut sum, mut all) = (0.0, 0.0);
    let peers = view.state.peers_in(view.program, tie, asked.customer, asked.at);
    for peer in peers.iter().filter(|peer| peer.forth > 0.0 && peer.peer != asked.peer) {
        let value = read(view, &plan, Asked { customer: peer.peer, ..asked })[0];
        if !value.is_nan() {
            sum += peer.forth * value;
            all += peer.forth;
        }
    }
    sum / all
}

/// Trust along chains ([`propagated_trust`]) over the ties within so many steps of the customer.
/// O(ties of those within them).
fn trust(view: View<'_>, tie: usize, hops: usize, asked: Asked) -> f64 {
    let mut near = vec![asked.customer];
    let mut place = BTreeMap::from([(asked.customer, 0u32)]);
    let (mut source, mut target, mut weight) = (Vec::new(), Vec::new(), Vec::new());
    let mut begin = 0;
    for _ in 0..hops {
        let end = near.len();
        for own in begin..end {
            let Some(&node) = near.get(own) else { break };
            for peer in view.state.peers_in(view.program, tie, node, asked.at).iter().filter(|it| it.forth > 0.0) {
                let there = *place.entry(peer.peer).or_insert(near.len() as u32);
                if there as usize == near.len() {
                    near.push(peer.peer);
                }
                source.push(own as u32);
                target.push(there);
                weight.push(peer.forth);
            }
        }
        begin = end;
    }
    let Some(&sink) = place.get(&asked.peer) else { return f64::NAN };
    let graph = Csr::from_edges(near.len(), &source, &target, Some(&weight), true);
    graph.map_or(f64::NAN, |graph| propagated_trust(&graph, 0, sink, hops))
}

/// Cosine of the shares of topics of two customers.
fn similarity(view: View<'_>, topics: &[usize], asked: Asked) -> f64 {
    let plan = Plan::new(view.program, topics);
    let of = |customer: u32| read(view, &plan, Asked { customer, peer: NONE, at: asked.at });
    let (own, theirs) = (of(asked.customer), of(asked.peer));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(&own, &theirs) / (dot(&own, &own).sqrt() * dot(&theirs, &theirs).sqrt())
}

/// Columns of somebody else than the customer who is asked for.
fn read(view: View<'_>, plan: &Plan, asked: Asked) -> Vec<f64> {
    let mut out = vec![f64::NAN; plan.outputs().len()];
    plan.read(view, asked, &mut super::Scratch::default(), &mut out);
    out
}
