//! A register for each source of consent and for each address: the newest word, with the event time of what wrote it.

use crate::channel::Channel;
use crate::time::Millis;

/// What a register is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Of {
    /// What the customer said: `subscribed`, `unsubscribed`, `consent_changed`.
    Explicit = 0,
    /// What a profile carried.
    Profile = 1,
    /// Whether there is an address.
    Address = 2,
    /// That the customer has said no, the newest time, whatever was said since: of whom that is known, some address may be suppressed.
    Refusal = 3,
}

impl Of {
    /// Every one, in order of the numbers.
    pub const ALL: [Of; 4] = [Of::Explicit, Of::Profile, Of::Address, Of::Refusal];
}

/// The newest word on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Event time of what wrote it.
    pub at: Millis,
    /// Of what.
    pub of: Of,
    /// The medium; of addresses that several media share, the first of these.
    pub channel: Channel,
    /// Granted; or there is an address.
    pub yes: bool,
}

/// A change of what the customer said that delivery must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// An explicit denial that was not there.
    Denied(Channel),
    /// An explicit grant, where there has been a denial: it is gone, and so is what it says of the address that is the customer's now.
    Lifted(Channel),
}
