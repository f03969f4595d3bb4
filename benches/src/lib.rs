//! cartwheel-benches
