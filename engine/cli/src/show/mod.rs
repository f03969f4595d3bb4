//! What people are shown of a running engine: a customer's timeline, the shards' table.

pub mod program;
pub mod table;
pub mod mermaid;
mod outlook;
pub mod timeline;
