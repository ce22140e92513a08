//! Columns that are read from the live ties around a customer, or around a customer and a peer.

use super::plan::{Asked, Plan, View};
use crate::data::record::NONE;
use crate::graph::{Dyad, rarity};
use crate::program::{DyadPart, Social, Source, Whose};

/// The columns of a pair at `at`: the numbers of [`crate::graph::Dyads`] over the layer's graph, to the
/// bit. O(both degrees, and the degrees of the common neighbours).
pub(crate) fn dyad(view: View<'_>, layer: usize, customer: u32, peer: u32, at: i64) -> Dyad {
    let around = |node: u32| view.state.peers_in(view.program, layer, node, at);
    let (own, theirs) = (around(customer), around(peer));
    let numbers = |peers: &[crate::state::Peer]| peers.iter().map(|peer| peer.peer).collect::<Vec<u32>>();
    let tie = own.iter().find(|tie| tie.peer == peer).map_or((0.0, 0.0), |tie| (tie.forth, tie.back));
    Dyad::new(tie, &numbers(&own), (peer, &numbers(&theirs)), |node| rarity(around(node).len()))
}

/// The value of a column that is read from live ties; NaN without a peer where it needs one.
pub(super) fn social(view: View<'_>, social: &Social, asked: Asked) -> f64 {
    match social {
        Social::Exposure { tie, of } => exposure(view, *tie, *of, asked),
        _ if asked.peer == NONE => f64::NAN,
        Social::Community { feature, whose, community } => toward(view, *feature, *whose, *community, asked),
        Social::Similarity { topics } => similarity(view, topics, asked),
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

/// A sum toward the community of the peer; unknown where the peer is in none. O(pairs of the customer), or
/// O(members of the community).
fn toward(view: View<'_>, feature: usize, whose: Whose, community: usize, asked: Asked) -> f64 {
    let model = match view.program.columns.get(community).map(|spec| &spec.source) {
        Some(Source::Model { model, .. }) => view.fitted.get(*model),
        _ => None,
    };
    let Some((model, name)) = model.map(|model| (model, model.name_of(asked.peer))) else { return f64::NAN };
    if name.is_nan() {
        return f64::NAN;
    }
    let state = view.state;
    if whose == Whose::Pair {
        let peers = state.peers(asked.customer).into_iter().filter(|peer| model.name_of(*peer) == name);
        return peers.map(|peer| state.pair_feature(view.program, feature, asked.customer, peer, asked.at)).sum();
    }
    model.members(name).iter().map(|member| state.feature(view.program, feature, *member, asked.at)).sum()
}

/// Mean of a column over the peers that ties lead to, by strength; unknown where nobody has it.
fn exposure(view: View<'_>, tie: usize, of: usize, asked: Asked) -> f64 {
    let plan = Plan::new(view.program, &[of]);
    let (mut sum, mut all) = (0.0, 0.0);
    for peer in view.state.peers_in(view.program, tie, asked.customer, asked.at) {
        let value = read(view, &plan, peer.peer, asked.at)[0];
        if peer.forth > 0.0 && !value.is_nan() {
            sum += peer.forth * value;
            all += peer.forth;
        }
    }
    sum / all
}

/// Cosine of the shares of topics of two customers.
fn similarity(view: View<'_>, topics: &[usize], asked: Asked) -> f64 {
    let plan = Plan::new(view.program, topics);
    let (own, theirs) = (read(view, &plan, asked.customer, asked.at), read(view, &plan, asked.peer, asked.at));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(&own, &theirs) / (dot(&own, &own).sqrt() * dot(&theirs, &theirs).sqrt())
}

/// Columns of somebody else than the customer who is asked for.
fn read(view: View<'_>, plan: &Plan, customer: u32, at: i64) -> Vec<f64> {
    let mut out = vec![f64::NAN; plan.outputs().len()];
    plan.read(view, Asked { customer, peer: NONE, at }, &mut super::Scratch::default(), &mut out);
    out
}
