//! Memory that is taken before it is needed.

use std::hint::black_box;

/// An empty vector with room for so many items, each of which has been written once: the system makes memory real only then, and would do it
/// in the middle of turns.
pub fn touched<T: Clone>(item: T, count: usize) -> Vec<T> {
    let mut items = vec![item; count];
    // Nobody reads what was written; without this it need not be.
    black_box(&mut items);
    items.clear();
    items
}
