//! cartwheel-loadtest
