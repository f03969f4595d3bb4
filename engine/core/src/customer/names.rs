//! The fields of the profile that only messages show. They are cold; that they have an end is decided here.

use super::bounds::MAX_FIELDS;
use thin_vec::ThinVec;

/// The hashes of their names, in the order in which they came. A field that was removed keeps its place: that it was is remembered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldNames(ThinVec<u32>);

impl FieldNames {
    /// Whether the field of this name may be kept: it is there already, or there is room for it.
    pub fn admit(&mut self, name: u32) -> bool {
        if self.0.contains(&name) {
            return true;
        }
        let fits = self.0.len() < MAX_FIELDS;
        if fits {
            self.push(name);
        }
        fits
    }

    /// Puts one that was stored behind the others.
    pub fn push(&mut self, name: u32) {
        super::tight::push_tightly(&mut self.0, name);
    }
}

impl std::ops::Deref for FieldNames {
    type Target = [u32];
    fn deref(&self) -> &[u32] {
        &self.0
    }
}
