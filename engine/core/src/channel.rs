//! The media through which a message travels, and the class of a journey.

use crate::closed::closed;
use schemars::JsonSchema;

closed! {
    /// A medium. The discriminants are stored: never renumber.
    #[derive(JsonSchema)]
    Channel {
        /// Electronic mail.
        Email = 0 "email",
        /// Text message.
        Sms = 1 "sms",
        /// Mobile or browser push.
        Push = 2 "push",
        /// WhatsApp business message.
        Whatsapp = 3 "whatsapp",
        /// A call to the retailer's own endpoint; needs no consent.
        Webhook = 4 "webhook",
    }
}

impl Channel {
    /// The channels that need a person's consent.
    pub const PERSONAL: [Channel; 4] =
        [Channel::Email, Channel::Sms, Channel::Push, Channel::Whatsapp];

    /// The channel with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// A one in this channel's place of a bit set.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

closed! {
    /// On which side of the comparison a run stands that shows what messages are worth.
    Side {
        /// Its marketing is sent.
        Treated "treated",
        /// It is in a holdout: its marketing is not.
        HeldOut "held_out",
    }
}

closed! {
    /// Whether a journey sells or serves.
    #[derive(Default, JsonSchema)]
    Class {
        /// Needs consent; obeys holdouts, quiet hours and caps.
        #[default]
        Marketing "marketing",
        /// Passes them; still obeys suppression by bounce and complaint.
        Transactional "transactional",
    }
}
