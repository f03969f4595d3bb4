//! Dead letters: what the dead-letter topic holds, and writing events back from it.

mod letter;
mod read;
mod replay;

pub use letter::{Letter, UNKNOWN};
pub use read::{Since, read};
pub use replay::{Replayed, replay};
