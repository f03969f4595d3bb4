//! cartwheel-runtime
