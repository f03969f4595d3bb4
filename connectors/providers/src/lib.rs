//! cartwheel-providers
