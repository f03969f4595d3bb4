//! A customer: hot state that decides (packed, in memory), cold documents that only a send needs (in a journal until the
//! checkpoint, then in the store).

mod documents;
mod hot;
mod run;
pub mod places;
mod profile;
mod stored;
mod zone;

pub use documents::{Document, Journal, Mark};
pub(crate) use hot::push_tightly;
pub use hot::{Customer, Entry, Touch};
pub use profile::{Change, attribute_hash, merge_profile, set_consent, zone_of};
pub use run::{Place, Run, Sent};
pub use stored::{StateError, decode_customer, encode_customer};
pub use zone::Zones;
