//! The admin listener: health, metrics, the JSON API and the console. `engine/docs/admin-api.md` is its contract.
//!
//! It reads and never changes anything. Data comes through [`AdminSource`]; [`Board`] builds most of it from the snapshots that
//! shards and delivery publish.

mod access;
mod board;
mod console;
mod drawing;
mod graph;
mod outlook;
mod routes;
mod server;
mod source;
mod stream;
pub mod view;

pub use access::{AccessError, AdminConfig, TokenConfig};
pub use board::{Board, BoardClock};
pub use console::{decision_in_words, reason_in_words};
pub use drawing::{lines_of_beginning, lines_of_step, svg};
pub use graph::graphs;
pub(crate) use outlook::outlook;
pub use server::{AdminServer, Admitted, BindError, Doorkeeper};
pub use source::{AdminSource, SourceError};
