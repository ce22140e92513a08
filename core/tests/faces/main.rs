//! What every face promises: each kind of error can be met, a callback is a score, the guide is complete.

#![cfg(test)]

mod callbacks;
mod errors;
mod guide;
mod opening;
mod trained;
