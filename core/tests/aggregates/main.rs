//! Every aggregate over every window, for customers, ties and groups, against brute force.

mod features;
mod laws;
mod looks;
mod partials;
mod replies;
mod sizing;
mod table;
mod threads;
mod twin;
mod world;
