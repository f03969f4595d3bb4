//! A customer: hot state that decides (packed, in memory), cold documents that only a send needs (in a log, of which the
//! newest part is in memory until the checkpoint).

mod bounds;
mod chunks;
mod document;
mod documents;
mod heard;
mod hot;
mod kept;
mod latest;
mod names;
mod run;
pub mod places;
mod profile;
mod permission;
mod register;
mod seen;
mod stored;
mod tight;
mod zone;
mod zone_tables;

pub use bounds::{Forgotten, MAX_ENTRIES, MAX_LINGERING, MAX_RUNS, MAX_TOUCHES};
pub use chunks::{CHUNK, Chunks};
pub use document::{Document, DocumentKey, How, Version};
pub use documents::{
    Chain, DocumentEntry, Journal, LOG_BEGIN, LOG_SPAN, MAX_CONTENT, begin_of, segment_of,
};
pub use heard::Heard;
pub use hot::{Attribute, Customer, Entry, Touch};
pub use kept::{Kept, KeptDocuments, MAX_BROWSED};
pub use latest::{Latest, LatestId, LatestTimes, Use};
pub use names::FieldNames;
pub use profile::{Patch, attribute_hash, zone_of};
pub use register::{Change, Of, Register};
pub use run::{Pause, Place, PutOff, Reactions, Run, Sent};
pub use seen::SeenIds;
pub use stored::{StateError, decode_customer, encode_customer};
pub(crate) use tight::push_tightly;
pub use zone::Zones;
pub use zone_tables::{TablesError, ZoneTables};
