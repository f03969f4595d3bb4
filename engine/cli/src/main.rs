//! cartwheel
fn main() {}
