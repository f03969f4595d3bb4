//! The seeded world in which Cartwheel is tried.
//!
//! There: [`mod@reference`], the naive reference model of what the core decides, [`history`], random histories that drive
//! both programs, [`grammar`], random configurations for them, and [`trace`], the language in which rules and journeys are tested as timelines. Not there yet, of what the design gives this crate: the simulated log, disk, clock and provider, faults and
//! checkers, which run several owners of a shard against each other under one seed.

pub mod grammar;
pub mod history;
pub mod reference;
pub mod trace;
