//! Which sends a cap counts.

use crate::journey::plan::Journey;
use crate::policy::CapScope;

/// Whether a scope covers sends of a journey through one of these channels (a bit set).
pub fn covers(scope: &CapScope, channels: u8, journey: &Journey) -> bool {
    match scope {
        CapScope::All => true,
        CapScope::Channel(channel) => channels & channel.bit() != 0,
        CapScope::Tag(tag) => journey.tags.iter().any(|other| other == tag),
        CapScope::Journey(name) => journey.name == name.as_str(),
    }
}
