//! The items of a list of the trigger event, each of which may begin a run: what is read of the one at hand stands among the event's fields.

use super::list::{MAX_ITEMS, Part};
use crate::event::{Event, EventField, Raw, array, key_text_of};
use crate::value::Value;
use compact_str::CompactString;
use std::borrow::Cow;

/// See the module.
#[derive(Clone, Debug)]
pub struct Each {
    /// What one of them is called.
    pub name: CompactString,
    /// The list.
    pub list: EventField,
    /// What tells the items apart: the place of its field among `parts`.
    pub(crate) key: u16,
    /// What is read of an item: indices into [`crate::journey::plan::Plan::fields`], which no event fills, and where in the item it is.
    pub(crate) parts: Vec<(u16, Part)>,
}

impl Each {
    /// The items that are looked at; none where the event has no such list.
    pub fn items<'a>(&self, event: &Event<'a>) -> impl Iterator<Item = Raw<'a>> {
        array(event, &self.list).into_iter().flatten().take(MAX_ITEMS)
    }

    /// Where in an item its key is.
    pub fn key_path(&self) -> &[CompactString] {
        let key = self.parts.iter().find(|(number, _)| *number == self.key);
        key.map_or(&[], |(_, part)| &part.path)
    }

    /// The text of an item's key.
    pub fn key<'a>(&self, item: Raw<'a>) -> Option<Cow<'a, str>> {
        let (_, part) = self.parts.iter().find(|(number, _)| *number == self.key)?;
        key_text_of(part.raw(item)?)
    }

    /// Puts what is read of an item into its places among the event's fields.
    pub fn put(&self, item: Raw<'_>, fields: &mut [Value]) {
        for (number, part) in &self.parts {
            if let Some(place) = fields.get_mut(usize::from(*number)) {
                *place = part.of(item);
            }
        }
    }
}
