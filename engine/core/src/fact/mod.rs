//! Facts: what is remembered of a customer beyond profile and runs. A fact folds the events of some types, by its kind: how many, how much,
//! when last, which. A [`Layout`] numbers the facts; [`Facts`] keeps their states, and a fact that no event has touched takes no memory. A fact is a
//! function of the set of its events, not of their order, within its bounds.
//!
//! Where one number says it all, the state is that number ([`mod@count`], [`mod@sum`], [`mod@last`]). Else single contributions stay open ([`mod@tally`]), or
//! keys ([`mod@set`]), or entries ([`mod@ledger`]). A level ([`mod@level`]) is made of other facts: its state is where the customer stands.
//!
//! A new kind is a file with its state, its fold and its `merge`, a variant of [`Kind`] and of [`State`], and its arm where they are dispatched:
//! [`State`], how it is read, its stored form, its memory.

mod path;
mod rows;
mod count;
mod sum;
mod last;
mod ladder;
mod feed;
mod book;
mod definition;
mod layout;
mod tally;
mod set;
mod ledger;
mod level;
mod occurrence;
mod facts;
mod reading;
mod expiry;
mod memory;
mod stored;
#[cfg(test)]
mod tests;

pub use book::{Book, BookLine, EntryKind, MAX_ENTRIES};
pub use count::Count;
pub use definition::{Amount, Bounds, Definition, Kind, MAX_ITEMS, Role, Takes};
pub use facts::{Fact, Facts, State};
pub use feed::Feed;
pub use ladder::{Distance, Ladder, Line, MAX_LINES};
pub use last::Last;
pub use layout::{LAST_ORDER, LIFETIME_VALUE, Layout, ORDERS};
pub use ledger::{Entry, Ledger, Lot, MAX_AMOUNT};
pub use level::Standing;
pub use memory::MAX_BYTES;
pub use occurrence::Occurrence;
pub use path::{MAX_TEXT, Path, key_hash, key_of, key_text};
pub use reading::{KeyReading, Reading};
pub use set::Set;
pub(crate) use stored::{put_fact, read_fact};
pub use sum::Sum;
pub use tally::{Contribution, Tally, WHOLE};
