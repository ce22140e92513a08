//! What ties make of customers: communities, places in the graph, what flares up.
//!
//! The graph is that of the ties at the moment of the fit; every value stands until the next one.
//! Customers who came since have none. Order class: that of the fit.

mod across;
mod adoption;
mod centrality;
mod communities;
mod flash;
mod flow;
mod influence;
mod layers;
mod mass;
mod pairs;
mod reach;
mod referrals;
mod values;

pub(super) use across::AcrossKind;
pub(super) use adoption::AdoptionKind;
pub(super) use centrality::CentralityKind;
pub(super) use communities::CommunityKind;
pub(super) use flash::FlashKind;
pub(super) use flow::FlowKind;
pub(super) use influence::InfluenceKind;
pub(super) use mass::MassKind;
pub(super) use pairs::PairKind;
pub(super) use reach::ReachKind;
pub(super) use referrals::ReferralKind;
