//! Facts: what is remembered of a customer beyond profile and runs. A fact folds the events of a type, by its kind: how many, how much,
//! when last. A [`Layout`] numbers the facts and says which event type touches which; [`Facts`] keeps their states, and a fact that no event
//! has touched takes no memory.
//!
//! A new kind is a file beside [`mod@count`] with its state and its fold, a variant of [`Kind`] and of [`State`], and its arm where they are
//! dispatched: [`Facts::touch`] and the stored form.

mod count;
mod sum;
mod last;
mod layout;
mod facts;
mod stored;

pub use count::Count;
pub use facts::{Fact, Facts, Reading, State};
pub use last::Last;
pub use layout::{Definition, Kind, LAST_ORDER, LIFETIME_VALUE, Layout, ORDERS};
pub(crate) use stored::{put_fact, read_fact};
pub use sum::Sum;
