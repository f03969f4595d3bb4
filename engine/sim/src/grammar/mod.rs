//! Random configurations for property tests: journeys and a policy drawn from a small grammar, a history under them, and a way to make
//! both as small as a difference allows.
//!
//! Bugs of two rules that meet are found where few features stand beside each other in many combinations. A configuration begins as one to three
//! bare journeys; then some features, each a file of [`features`], are put into it. A feature that is new is one file and one line in its list.

mod case;
mod config;
mod edit;
mod events;
mod features;
mod shrink;
mod written;

pub use case::Case;
pub use config::Config;
pub use features::{FEATURES, Feature};
