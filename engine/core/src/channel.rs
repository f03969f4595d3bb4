//! The media through which a message travels, and the class of a journey.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A medium. The discriminants are stored: never renumber.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Channel {
    /// Electronic mail.
    Email = 0,
    /// Text message.
    Sms = 1,
    /// Mobile or browser push.
    Push = 2,
    /// WhatsApp business message.
    Whatsapp = 3,
    /// A call to the retailer's own endpoint; needs no consent.
    Webhook = 4,
}

impl Channel {
    /// Every channel, in the order of the discriminants.
    pub const ALL: [Channel; 5] =
        [Channel::Email, Channel::Sms, Channel::Push, Channel::Whatsapp, Channel::Webhook];
    /// The channels that need a person's consent.
    pub const PERSONAL: [Channel; 4] =
        [Channel::Email, Channel::Sms, Channel::Push, Channel::Whatsapp];

    /// The name in events, journeys and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Push => "push",
            Channel::Whatsapp => "whatsapp",
            Channel::Webhook => "webhook",
        }
    }

    /// The channel with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// A one in this channel's place of a bit set.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Whether a journey sells or serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Needs consent; obeys holdouts, quiet hours and caps.
    #[default]
    Marketing,
    /// Passes them; still obeys suppression by bounce and complaint.
    Transactional,
}
