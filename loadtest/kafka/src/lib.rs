//! cartwheel-broker
