//! cartwheel-inbound
