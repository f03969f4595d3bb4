//! Reports: the topics are read for them, and they are told.

mod read;
mod text;

pub use read::read;
pub use text::{brief, text};
