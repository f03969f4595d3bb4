//! The shell around the shards: threads, clock, supervision, and what a person sees.
//!
//! In the order in which an event passes: [`clock`] is the only now(); [`engine`] assigns partitions to shard threads, drives each shard and
//! supervises it; [`deliver`] hands commands to providers; [`metrics`] is the closed list of what is measured; [`admin`] shows it.

pub mod admin;
pub mod clock;
mod current;
pub mod deliver;
pub mod engine;
mod listener;
pub mod metrics;
mod own;
mod producer;
