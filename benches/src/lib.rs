//! Benchmarks of Cartwheel, a file each under `benches/`: `cargo bench -p cartwheel-benches --bench NAME`.
//!
//! So far: `workload` (how fast the load test's events are made, the ceiling of every other figure). Not there yet: decode, apply, wheel,
//! table, checkpoint, turn.
