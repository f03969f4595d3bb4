//! cartwheel-workload
