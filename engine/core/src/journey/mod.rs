//! A journey: as written ([`definition`]) -> read with spans and validated ([`load`]) -> compiled ([`plan`]) to
//! operations ([`op`]) with typed conditions ([`condition`]); kept as a [`bundle`]. What a customer's passage does with it stands in [`crate::apply`].

pub mod at;
pub mod bundle;
mod catalogue;
pub mod condition;
pub mod definition;
pub mod events_file;
pub mod facts_file;
pub mod feeding;
pub mod level;
pub mod load;
pub mod op;
pub mod plan;
mod problem;
pub mod rules;
pub mod shown;
