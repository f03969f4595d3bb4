//! cartwheel-delivery
