//! The shell around the shards: threads, clock, supervision, and what a person sees.
//!
//! So far: [`metrics`] (the closed list of what is measured) and [`admin`] (health, metrics, JSON API and console).

pub mod admin;
pub mod metrics;
