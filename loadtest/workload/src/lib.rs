//! Seeded shoppers: one model for the demo, the simulation, the load test and the benchmarks.
//!
//! Two uses. A [`Workload`] is a *stream*: exactly N events for M customers at a steady rate of synthetic time, made and encoded
//! faster than anything that reads them. A [`Story`] is a living shop: people with names and habits who abandon carts,
//! read their mail and come back, driven by a queue of future deeds and by the commands that are fed back to it.
//!
//! Both depend on their options alone, never on the wall clock, the machine or the order of a hash map: the same seed gives the
//! same bytes everywhere. Both write events as the contract has them (`id`, `type`, `customer`, `time`, then the subject).

pub mod bystanders;
pub mod names;
pub mod random;
pub mod skew;
pub mod story;
pub mod stream;

pub use names::customer_name;
pub use random::Random;
pub use skew::Skew;
pub use story::{Story, StoryEvent, StoryOptions};
pub use stream::{Kind, Options, Profile, Shopped, Workload};
