//! cartwheel-codec
