//! A checkpoint: a consistent stored copy of the shard, one atomic unit. [`Store`] is what keeps it: RocksDB in production
//! ([`rocks`]), memory in tests ([`memory`]).

#[cfg(any(test, feature = "rocksdb"))]
mod decision_log;
#[cfg(any(test, feature = "rocksdb"))]
mod document_log;
mod fields;
pub mod memory;
mod packed;
mod piece;
#[cfg(any(test, feature = "rocksdb"))]
mod pieces;
#[cfg(feature = "rocksdb")]
pub mod rocks;
mod seal;
#[cfg(any(test, feature = "rocksdb"))]
mod segments;
#[cfg(any(test, feature = "rocksdb"))]
mod unfinished;
mod versions;

#[cfg(any(test, feature = "rocksdb"))]
pub use decision_log::DECISION_LOG_BYTES;
pub use fields::{Field, Fields};
pub use packed::{Shown, Stored, append, entries, fold};
pub use piece::Piece;
pub use seal::Sealed;

use cartwheel_core::id::CustomerId;
use wincode::{SchemaRead, SchemaWrite};

/// Decisions that a customer's documents kept, before there was a log of them.
pub const KEPT_DECISIONS: usize = 64;
/// Decisions of a customer that are looked for in the log, the newest.
pub const EXPLAINED: usize = 1_024;
/// Events that were applied in part that it keeps.
pub const KEPT_DEGRADED: usize = 8;

/// A failure of the store; final for the open handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing failed.
    #[error("checkpoint store at {path}: {message}")]
    Failed {
        /// Where.
        path: String,
        /// What the store says.
        message: String,
    },
    /// Another process has it open. Its lock is never broken.
    #[error("checkpoint store at {path} is in use by another process")]
    Locked {
        /// Where.
        path: String,
    },
    /// What was read is not what was written.
    #[error("checkpoint store is damaged: {0}")]
    Damaged(String),
}

#[cfg(any(test, feature = "rocksdb"))]
impl StoreError {
    fn failed(path: &std::path::Path, error: &dyn ToString) -> Self {
        Self::Failed { path: path.display().to_string(), message: error.to_string() }
    }
}

/// Where the shard stood.
#[derive(Clone, Debug, PartialEq, Eq, SchemaRead, SchemaWrite)]
pub struct Meta {
    /// The next offset of the events partition.
    pub next_offset: i64,
    /// Sequence of the checkpoint's turn record.
    pub seq: u64,
    /// Offset of the checkpoint's turn record in the sends partition.
    pub sends_offset: i64,
    /// Offset of the leader record of the owner that took it.
    pub leader: i64,
    /// Shard time.
    pub now: i64,
    /// Greatest record time so far.
    pub seen: i64,
    /// Whether marketing was held.
    pub behind: bool,
    /// Configuration hash.
    pub config: u128,
    /// Number of the behaviour.
    pub semantics: u32,
    /// Chain hash at the checkpoint's turn record.
    pub chain: u128,
    /// Hash of the value of the record at `next_offset - 1`; 0 if none was applied.
    pub last_input: u64,
    /// Partitions of the topics.
    pub partitions: i32,
    /// The hour of the newest copy of an event that was applied in part.
    pub sample_hour: i64,
    /// The odd fields of which a copy was taken in that hour.
    pub sampled: u64,
    /// Number of the partitioner by which records were misplaced; none where the log does not say.
    pub partitioner: Option<u8>,
    /// How far the streams of records that every partition gets have been applied, stored; behind that, what control has said.
    pub streams: Vec<u8>,
    /// The names that fields of products have, stored.
    pub product_names: Vec<u8>,
    /// The pools of coupons without their codes, stored.
    pub pools: Vec<u8>,
    /// Where the log of documents begins.
    pub documents_begin: u64,
    /// Where it ends; 0 of a store that has none yet ([`Store::old_documents`]).
    pub documents_end: u64,
}

/// Magic and version. Version 1 kept documents one by one and did not know the number of partitions; version 2 packed decisions loosely; version 3
/// did not know of what was sampled, version 4 nothing of the partitioner, version 5 nothing of streams and products,
/// version 6 nothing of coupons; up to version 7 documents stood in the store, by customers; up to version 8 both logs stood in their files unpacked, which
/// makes no difference here, but an older build must not open what it cannot read.
const META_HEADER: [u8; 2] = [b'M', 9];
const META_8: [u8; 2] = [b'M', 8];
const META_7: [u8; 2] = [b'M', 7];
const META_6: [u8; 2] = [b'M', 6];
const META_5: [u8; 2] = [b'M', 5];
const META_4: [u8; 2] = [b'M', 4];
/// An absent field, as it is stored.
const NO_PARTITIONER: [u8; 1] = [0];
/// Lists without anything, as they are stored: of streams and products; of coupons; and no log of documents.
const NO_STREAMS: [u8; 16] = [0; 16];
const NO_POOLS: [u8; 8] = [0; 8];
const NO_LOG: [u8; 16] = [0; 16];

impl Meta {
    /// The stored form: the header, then the fields as bincode writes them in full width.
    pub fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let mut out = META_HEADER.to_vec();
        wincode::serialize_into(&mut out, self)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(out)
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let read = |body: &[u8]| {
            wincode::deserialize_exact(body).map_err(|error| StoreError::Damaged(error.to_string()))
        };
        if let Some(body) = bytes.strip_prefix(&META_HEADER[..]) {
            return read(body);
        }
        let older: [([u8; 2], &[&[u8]]); 5] = [
            (META_8, &[]),
            (META_7, &[&NO_LOG]),
            (META_6, &[&NO_POOLS, &NO_LOG]),
            (META_5, &[&NO_STREAMS, &NO_POOLS, &NO_LOG]),
            (META_4, &[&NO_PARTITIONER, &NO_STREAMS, &NO_POOLS, &NO_LOG]),
        ];
        for (header, absent) in older {
            if let Some(body) = bytes.strip_prefix(&header[..]) {
                return read(&[body, &absent.concat()].concat());
            }
        }
        Err(StoreError::Damaged("the header of the checkpoint is unknown".into()))
    }
}

/// A customer's decisions, packed, oldest first, and the sequence of the record up to which they are there; none before anything was written.
pub type Logged = (Option<u64>, Vec<Vec<u8>>);

/// Takes one customer's stored hot state.
pub type EachCustomer<'a> = dyn FnMut(CustomerId, &[u8]) -> Result<(), StoreError> + 'a;

/// Keeps checkpoints. A failed read is an error, never absence. Clones are handles of the same store: one reads while another commits.
pub trait Store: Clone + Send + 'static {
    /// The newest checkpoint's position; none if there is no checkpoint.
    fn meta(&self) -> Result<Option<Meta>, StoreError>;

    /// Every customer's stored hot state, in order of ids; behind it, where there is a log of documents, its chain.
    fn load(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError>;

    /// Every product's stored form, with the hash of its id, in order of these.
    fn products(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError>;

    /// Every batch of codes of coupons, stored, with its key, in order of these.
    fn codes(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError>;

    /// Reads the entry of the log of documents that stands at a place into `piece`, and what stands around it.
    fn document(&self, place: u64, piece: &mut Piece) -> Result<(), StoreError>;

    /// The documents of every customer, packed ([`entries`]), of a store that has no log of them yet.
    fn old_documents(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError>;

    /// A customer's newest decisions, `limit` at most.
    fn decisions(&self, customer: CustomerId, limit: usize) -> Result<Logged, StoreError>;

    /// Writes a sealed checkpoint as one atomic unit. Returns the bytes handed to the store.
    fn commit(&self, meta: &Meta, sealed: &Sealed) -> Result<u64, StoreError>;

    /// Writes the documents and decisions of a seal behind those that there are, so that they need no memory: they can be read from now on, the decisions as those up to the record
    /// of this sequence. Only the next checkpoint makes them part of what a store has that is opened anew; before that, they give way to what is written then. Returns
    /// the bytes handed to the store.
    fn spill(&self, seq: u64, sealed: &Sealed) -> Result<u64, StoreError>;
}

#[cfg(test)]
mod tests;
