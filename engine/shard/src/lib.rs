//! cartwheel-shard
