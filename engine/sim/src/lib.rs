//! cartwheel-sim
