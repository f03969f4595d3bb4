//! Vectors that take no more memory than they need.

use thin_vec::ThinVec;

/// Appends with room for one: by itself a vector would take room for four, and most customers have one of everything.
pub(crate) fn push_tightly<T>(vector: &mut ThinVec<T>, item: T) {
    vector.reserve_exact(1);
    vector.push(item);
}
