//! Every aggregate over every window, for customers, ties and groups, against brute force.

mod features;
mod laws;
mod replies;
mod table;
mod twin;
mod world;
