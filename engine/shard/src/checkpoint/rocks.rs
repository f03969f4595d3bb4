//! The real store: one RocksDB a shard, one key space, read when the shard opens, written at checkpoints; and the two logs beside it, packed by themselves.
//!
//! | key | value |
//! | --- | --- |
//! | `m` | [`Meta`] |
//! | `h` + customer id (16 bytes, big-endian) | hot state |
//! | `c` + customer id | retired: documents, packed; a store that has some is read once ([`super::Store::old_documents`]) |
//! | `d` | retired: documents one by one |
//! | `l` | where the decision log ends ([`super::decision_log`]) |
//! | `p` + hash of a product's id (8 bytes, big-endian) | the product |
//!
//! Key bytes are for ever; retired prefixes stay reserved. The order in memory (by id) is the order on disk.

use super::decision_log::{DecisionLog, End};
use super::document_log::DocumentLog;
use super::unfinished::{self, Unfinished};
use super::{EachCustomer, Logged, Meta, Piece, Sealed, Store, StoreError};
use cartwheel_core::id::CustomerId;
use rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompressionType, IngestExternalFileOptions, IteratorMode,
    MergeOperands, Options, ReadOptions, SstFileWriter, WriteBatch,
};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders beside RocksDB's files, which it leaves alone.
const LOGGED: &str = "documents";
const DECISIONS: &str = "decisions";
const LOG: &[u8] = b"l";
const META: &[u8] = b"m";
const HOT: u8 = b'h';
const DOCUMENTS: u8 = b'c';
const PRODUCTS: u8 = b'p';
const CODES: u8 = b'v';

/// See the module.
#[derive(Clone)]
pub struct RocksStore {
    db: Arc<DB>,
    path: PathBuf,
    documents: DocumentLog,
    decisions: DecisionLog,
}

impl RocksStore {
    /// Opens or creates the store. One process at a time holds its lock: [`StoreError::Locked`]. What an unfinished checkpoint has left is removed.
    /// A folder that is made here is its owner's alone: RocksDB's files in it follow the umask.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| StoreError::failed(path, &error))?;
        let clear = || unfinished::remove(path).map_err(|error| StoreError::failed(path, &error));
        let db = match open(path) {
            // It got as far as the lock, so nobody else writes here; and what is left over may be what the disk has no room for.
            Err(StoreError::Failed { .. }) if clear()? => open(path)?,
            opened => opened?,
        };
        clear()?;
        let get = |key| db.get(key).map_err(|error| StoreError::failed(path, &error));
        let end = get(LOG)?.map_or(Ok(End::default()), |end| End::decode(&end))?;
        let meta = get(META)?.map(|meta| Meta::decode(&meta)).transpose()?;
        let documents_end = meta.as_ref().map_or(0, |meta| meta.documents_end);
        let (seq, has_log) = (meta.map(|meta| meta.seq), documents_end > 0);
        let decisions = DecisionLog::open(&path.join(DECISIONS), end, seq)?;
        let documents = DocumentLog::open(&path.join(LOGGED), documents_end)?;
        if has_log && db.iterator_opt(IteratorMode::Start, all_of(DOCUMENTS)).next().is_some() {
            // What was read once into the log is needed no more.
            let mut batch = WriteBatch::default();
            batch.delete_range(&[DOCUMENTS][..], &[DOCUMENTS + 1][..]);
            db.write(batch).map_err(|error| StoreError::failed(path, &error))?;
        }
        Ok(Self { db: Arc::new(db), path: path.to_owned(), documents, decisions })
    }

    /// The same store, whose decision log has so many bytes at most, roughly ([`super::DECISION_LOG_BYTES`] where nobody says).
    #[must_use]
    pub fn with_decision_log(mut self, bytes: u64) -> Self {
        self.decisions.limit = bytes;
        self
    }

    /// What version 7 kept: a position, and of a customer the hot state and documents, in parts that are merged.
    #[cfg(test)]
    pub(crate) fn put_old(&self, meta: &[u8], id: CustomerId, hot: &[u8], documents: [&[u8]; 2]) {
        self.db.put(META, meta).expect("a position");
        self.db.put(key(HOT, id), hot).expect("a customer");
        for part in documents {
            self.db.merge(key(DOCUMENTS, id), part).expect("documents");
        }
    }

    fn failed(&self, error: &rocksdb::Error) -> StoreError {
        StoreError::failed(&self.path, error)
    }

    /// Reads through everything under a prefix that has customers for keys, in order of these.
    fn each_customer(&self, prefix: u8, each: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        for entry in self.db.iterator_opt(IteratorMode::Start, all_of(prefix)) {
            let (key, value) = entry.map_err(|error| self.failed(&error))?;
            let id = key.get(1..17).and_then(|id| id.try_into().ok()).map(u128::from_be_bytes);
            let id =
                id.ok_or_else(|| StoreError::Damaged("a customer's key is not 17 bytes".into()))?;
            each(CustomerId(id), &value)?;
        }
        Ok(())
    }

    /// Reads through everything under a prefix that has numbers for keys, in order of these.
    fn each_numbered(
        &self,
        prefix: u8,
        each: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<(), StoreError> {
        for entry in self.db.iterator_opt(IteratorMode::Start, all_of(prefix)) {
            let (key, value) = entry.map_err(|error| self.failed(&error))?;
            let key = key.get(1..9).and_then(|key| key.try_into().ok()).map(u64::from_be_bytes);
            let key = key.ok_or_else(|| {
                StoreError::Damaged("the key of a product or of codes is not 9 bytes".into())
            })?;
            each(key, &value);
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<DB, StoreError> {
    DB::open(&options(), path).map_err(|error| {
        let text = error.to_string();
        // RocksDB has no code of its own for a held lock: it is an I/O error that names the LOCK file.
        if text.contains("LOCK")
            && (text.contains("Resource temporarily unavailable")
                || text.contains("lock hold by current process"))
        {
            return StoreError::Locked { path: path.display().to_string() };
        }
        StoreError::failed(path, &text)
    })
}

fn options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_max_background_jobs(2);
    // Checkpoints are files that never pass through a write buffer.
    options.set_write_buffer_size(1 << 20);
    options.set_keep_log_file_num(4);
    // Every checkpoint's file overlaps all others, so a compaction writes everything again: in `loadtest run` 80 bytes an event at 4
    // (the default), 70 at 12.
    options.set_level_zero_file_num_compaction_trigger(12);
    options.set_level_zero_slowdown_writes_trigger(36);
    options.set_level_zero_stop_writes_trigger(64);
    let mut table = BlockBasedOptions::default();
    // LZ4 begins anew with every block: at 4 KiB (the default) it finds less, and clearing its tables costs as much as its work.
    table.set_block_size(16 << 10);
    // No filter, and a small cache: customers are read when the shard opens, all of them once.
    table.set_block_cache(&Cache::new_lru_cache(4 << 20));
    options.set_block_based_table_factory(&table);
    options.set_merge_operator_associative("cartwheel-fold-v3", merge);
    options
}

/// Documents of a store that has no log of them yet: entries behind entries.
fn merge(_: &[u8], existing: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    Some(existing.into_iter().chain(operands).collect::<Vec<_>>().concat())
}

fn numbered(prefix: u8, key: u64) -> [u8; 9] {
    let mut bytes = [prefix; 9];
    bytes[1..].copy_from_slice(&key.to_be_bytes());
    bytes
}

/// For a read through everything under a prefix.
fn all_of(prefix: u8) -> ReadOptions {
    let mut bounds = ReadOptions::default();
    bounds.set_iterate_lower_bound(vec![prefix]);
    bounds.set_iterate_upper_bound(vec![prefix + 1]);
    bounds.set_readahead_size(4 << 20);
    bounds.fill_cache(false);
    bounds
}

fn key(prefix: u8, id: CustomerId) -> [u8; 17] {
    let mut key = [prefix; 17];
    key[1..].copy_from_slice(&id.0.to_be_bytes());
    key
}

impl Store for RocksStore {
    fn meta(&self) -> Result<Option<Meta>, StoreError> {
        let bytes = self.db.get(META).map_err(|error| self.failed(&error))?;
        bytes.map(|bytes| Meta::decode(&bytes)).transpose()
    }

    fn load(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        self.each_customer(HOT, each)
    }

    fn products(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        self.each_numbered(PRODUCTS, each)
    }

    fn codes(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        self.each_numbered(CODES, each)
    }

    fn document(&self, place: u64, piece: &mut Piece) -> Result<(), StoreError> {
        self.documents.read(place, piece.begin(place))
    }

    fn old_documents(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        self.each_customer(DOCUMENTS, each)
    }

    fn decisions(&self, customer: CustomerId, limit: usize) -> Result<Logged, StoreError> {
        self.decisions.newest(customer, limit)
    }

    /// Behind the decision log, one sorted file, ingested in one call: no write-ahead log, no memtable, no second copy. The file is synced before the
    /// manifest names it, so a checkpoint is there at once or not at all. The order of the keys is `c`, `h`, `l`, `m`, `p`, `v`.
    fn commit(&self, meta: &Meta, sealed: &Sealed) -> Result<u64, StoreError> {
        let documents = self.documents.add(sealed.documents())?;
        let appended = self.decisions.append(sealed.decisions().pieces())?;
        // Declared before the writer: that lets go of the file first. Where moving was a copy the store has its own.
        let next = Unfinished::begin(&self.path)
            .map_err(|error| StoreError::failed(&self.path, &error))?;
        let file = next.path();
        let mut options = options();
        // Compaction packs what it writes. Here LZ4 would take a seventh off, at (computed) 45 ns an event: hashes are half of what a customer is.
        options.set_compression_type(DBCompressionType::None);
        let mut writer = SstFileWriter::create(&options);
        writer.open(file).map_err(|error| self.failed(&error))?;
        for (id, hot) in sealed.hot() {
            writer.put(key(HOT, id), hot).map_err(|error| self.failed(&error))?;
        }
        writer.put(LOG, appended.end.encode()).map_err(|error| self.failed(&error))?;
        writer.put(META, meta.encode()?).map_err(|error| self.failed(&error))?;
        for (key, product) in sealed.products() {
            let key = numbered(PRODUCTS, key);
            let written = match product {
                Some(packed) => writer.put(key, packed),
                None => writer.delete(key),
            };
            written.map_err(|error| self.failed(&error))?;
        }
        for (key, packed) in sealed.codes() {
            writer.put(numbered(CODES, key), packed).map_err(|error| self.failed(&error))?;
        }
        writer.finish().map_err(|error| self.failed(&error))?;
        let bytes = writer.file_size();
        let mut moved = IngestExternalFileOptions::default();
        moved.set_move_files(true);
        self.db
            .ingest_external_file_opts(&moved, vec![file])
            .map_err(|error| self.failed(&error))?;
        let bytes = bytes + documents + appended.bytes;
        self.decisions.publish(appended, meta.seq)?;
        self.documents.forget(meta.documents_begin)?;
        Ok(bytes)
    }

    /// Behind the ends of both logs that the last checkpoint names: what stands there is cut off by whoever opens the store anew and writes.
    fn spill(&self, seq: u64, sealed: &Sealed) -> Result<u64, StoreError> {
        let documents = self.documents.add(sealed.documents())?;
        let appended = self.decisions.append(sealed.decisions().pieces())?;
        let bytes = documents + appended.bytes;
        self.decisions.publish(appended, seq)?;
        Ok(bytes)
    }
}
