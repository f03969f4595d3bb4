//! The real store: one RocksDB a shard, one key space, read when the shard opens and when a turn sends, written at checkpoints.
//!
//! | key | value |
//! | --- | --- |
//! | `m` | [`Meta`] |
//! | `h` + customer id (16 bytes, big-endian) | hot state |
//! | `d` + customer id + document number | document; frames where documents add up |
//!
//! Key bytes are for ever; retired prefixes stay reserved. The order in memory (by id) is the order on disk.

use super::{EachCustomer, Meta, Sealed, Store, StoreError, fold};
use cartwheel_core::customer::Document;
use cartwheel_core::id::CustomerId;
use rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompressionType, IngestExternalFileOptions, IteratorMode, MergeOperands, Options, ReadOptions,
    SstFileWriter,
};
use std::path::{Path, PathBuf};

const META: &[u8] = b"m";
const HOT: u8 = b'h';
const DOCUMENT: u8 = b'd';
/// The file of the checkpoint that is being written. RocksDB passes over names that are not its own.
const NEXT: &str = "next-checkpoint";

/// See the module.
pub struct RocksStore {
    db: DB,
    path: PathBuf,
}

impl RocksStore {
    /// Opens or creates the store. One process at a time holds its lock: [`StoreError::Locked`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(path).map_err(|error| failed(path, &error))?;
        let db = DB::open(&options(), path).map_err(|error| {
            let text = error.to_string();
            // RocksDB has no code of its own for a held lock: it is an I/O error that names the LOCK file.
            if text.contains("LOCK") && (text.contains("Resource temporarily unavailable") || text.contains("lock hold by current process"))
            {
                return StoreError::Locked { path: path.display().to_string() };
            }
            failed(path, &text)
        })?;
        Ok(Self { db, path: path.to_owned() })
    }

    fn failed(&self, error: &rocksdb::Error) -> StoreError {
        failed(&self.path, error)
    }
}

fn failed(path: &Path, error: &dyn ToString) -> StoreError {
    StoreError::Failed { path: path.display().to_string(), message: error.to_string() }
}

fn options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_max_background_jobs(2);
    // Checkpoints are files that never pass through a write buffer.
    options.set_write_buffer_size(1 << 20);
    options.set_keep_log_file_num(4);
    let mut table = BlockBasedOptions::default();
    table.set_bloom_filter(10.0, false);
    table.set_block_cache(&Cache::new_lru_cache(64 << 20));
    table.set_cache_index_and_filter_blocks(true);
    options.set_block_based_table_factory(&table);
    options.set_merge_operator_associative("cartwheel-fold-v1", merge);
    options
}

/// Folds documents that add up ([`fold`]); the document's number is the last byte of the key.
fn merge(key: &[u8], existing: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    let document = Document::from_number(*key.last()?)?;
    let start = existing.map(<[u8]>::to_vec).unwrap_or_default();
    Some(operands.iter().fold(start, |older, newer| fold(document, &older, newer)))
}

fn hot_key(id: CustomerId) -> [u8; 17] {
    let mut key = [HOT; 17];
    key[1..].copy_from_slice(&id.0.to_be_bytes());
    key
}

fn document_key(id: CustomerId, document: Document) -> [u8; 18] {
    let mut key = [DOCUMENT; 18];
    key[1..17].copy_from_slice(&id.0.to_be_bytes());
    key[17] = document as u8;
    key
}

impl Store for RocksStore {
    fn meta(&self) -> Result<Option<Meta>, StoreError> {
        let bytes = self.db.get(META).map_err(|error| self.failed(&error))?;
        bytes.map(|bytes| Meta::decode(&bytes)).transpose()
    }

    fn load(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_lower_bound(vec![HOT]);
        bounds.set_iterate_upper_bound(vec![HOT + 1]);
        bounds.set_readahead_size(4 << 20);
        bounds.fill_cache(false);
        for entry in self.db.iterator_opt(IteratorMode::Start, bounds) {
            let (key, value) = entry.map_err(|error| self.failed(&error))?;
            let id = key.get(1..17).and_then(|id| id.try_into().ok()).map(u128::from_be_bytes);
            let id = id.ok_or_else(|| StoreError::Damaged("a customer's key is not 17 bytes".into()))?;
            each(CustomerId(id), &value)?;
        }
        Ok(())
    }

    fn documents(
        &self,
        customers: &[CustomerId],
        kinds: &[Document],
        each: &mut dyn FnMut(usize, Document, &[u8]),
    ) -> Result<(), StoreError> {
        let keys: Vec<[u8; 18]> = customers.iter().flat_map(|id| kinds.iter().map(|kind| document_key(*id, *kind))).collect();
        let found = self.db.multi_get(&keys);
        for (place, value) in found.into_iter().enumerate() {
            if let Some(value) = value.map_err(|error| self.failed(&error))? {
                each(place / kinds.len(), kinds[place % kinds.len()], &value);
            }
        }
        Ok(())
    }

    /// One sorted file, ingested in one call: no write-ahead log, no memtable, no second copy. The file is synced before the
    /// manifest names it, so a checkpoint is there at once or not at all. The order of the keys is `d`, `h`, `m`.
    fn commit(&mut self, meta: &Meta, sealed: &Sealed) -> Result<u64, StoreError> {
        let file = self.path.join(NEXT);
        let options = options();
        let mut writer = SstFileWriter::create(&options);
        writer.open(&file).map_err(|error| self.failed(&error))?;
        sealed.for_each_document(|write| {
            let key = document_key(write.id, write.document);
            let written = if write.replace { writer.put(key, write.content) } else { writer.merge(key, write.content) };
            written.map_err(|error| self.failed(&error))
        })?;
        for (id, hot) in sealed.hot() {
            writer.put(hot_key(id), hot).map_err(|error| self.failed(&error))?;
        }
        writer.put(META, meta.encode()?).map_err(|error| self.failed(&error))?;
        writer.finish().map_err(|error| self.failed(&error))?;
        let bytes = writer.file_size();
        let mut moved = IngestExternalFileOptions::default();
        moved.set_move_files(true);
        self.db.ingest_external_file_opts(&moved, vec![&file]).map_err(|error| self.failed(&error))?;
        // The store has its own link to the file; ours is left over where moving was a copy.
        let _ = std::fs::remove_file(&file);
        Ok(bytes)
    }
}
