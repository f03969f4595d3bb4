//! cartwheel-kafka
