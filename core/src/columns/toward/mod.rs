//! `[score.NAME] mean = "...", toward = "peer"`: the score of A when A deals with B.
//!
//! s(A toward B) = (kappa m + sum of the dyad's evidence) / (kappa + weight of the evidence), where
//! m = actor effect of A + partner effect of B - global mean, each shrunk to the global mean
//! (Kenny's social relations model; DESIGN of the priors in [`crate::models::dyads`]). `shrink = "fit"`
//! finds kappa by empirical Bayes, a number fixes it. Parts: `evidence` is the weight behind the pair,
//! `actor` and `partner` the two effects. Fold class: sums, exact to rounding in any order.

use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::definition::Section;
use crate::definition::model::{Column, Window, Word};
use crate::expr::Type;
use crate::program::{
    ColumnModel, Direction, Explained, FeatureRequest, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering,
    Op, Part, Per, Population, Whose,
};

/// The kind of scores toward a peer.
pub(super) struct TowardKind;
