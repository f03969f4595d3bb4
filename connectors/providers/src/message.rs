//! A message ready to leave, and the brand it speaks for.

use crate::ConfigError;
use crate::template::minor_digits;
use cartwheel_core::address::Address;
use cartwheel_core::channel::Channel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who speaks: used by every template and as the sender of e-mails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// The shop's name: `brand_name` in templates.
    pub name: String,
    /// The name beside the sender address and `sender_name` in templates; the brand's name by default.
    #[serde(default)]
    pub sender_name: Option<String>,
    /// The address that e-mails come from, such as `hello@shop.example`.
    pub from: String,
    /// Where replies go, if not to `from`.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The shop's address without a path at its end, such as `https://shop.example`: `store_url` in templates.
    pub store_url: String,
    /// The postal address that commercial e-mails must show (CAN-SPAM): `postal_address` in templates.
    #[serde(default)]
    pub postal_address: Option<String>,
    /// The currency of amounts that come without one, an ISO 4217 code such as `USD`. Without it they are shown as they stand.
    #[serde(default)]
    pub currency: Option<String>,
}

impl Brand {
    /// The sender of e-mails.
    pub fn sender(&self) -> Sender {
        Sender { name: self.sender_name().to_owned(), address: one_form(&self.from) }
    }

    /// Where replies go, if not to the sender.
    pub fn reply_to(&self) -> Option<String> {
        self.reply_to.as_deref().map(one_form)
    }

    /// The name beside the sender address.
    pub fn sender_name(&self) -> &str {
        self.sender_name.as_deref().unwrap_or(&self.name)
    }

    /// Checks that the addresses are addresses and that no name carries a control character.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (field, address) in [("from", Some(&self.from)), ("reply_to", self.reply_to.as_ref())] {
            let parsed = address.map(|address| Address::parse(Channel::Email, address));
            if let Some(Err(error)) = parsed {
                return Err(ConfigError::new(field, error.to_string()));
            }
        }
        for (field, name) in [("name", self.name.as_str()), ("sender_name", self.sender_name())] {
            if name.trim().is_empty() || name.contains(char::is_control) {
                return Err(ConfigError::new(field, "is empty or has a control character"));
            }
        }
        if self.currency.as_deref().is_some_and(|code| minor_digits(code).is_none()) {
            return Err(ConfigError::new("currency", "is not a currency of ISO 4217"));
        }
        if !is_web_url(&self.store_url) {
            return Err(ConfigError::new("store_url", "is not an http or https address"));
        }
        Ok(())
    }
}

/// The one form of a sender's address; one that has none stays as it is, and is refused by [`Brand::validate`] and by the provider.
fn one_form(address: &str) -> String {
    Address::parse(Channel::Email, address)
        .map_or_else(|_| address.to_owned(), Address::into_string)
}

/// Whether this is an absolute http or https URL that may stand in a header: visible ASCII without angle brackets.
pub(crate) fn is_web_url(text: &str) -> bool {
    let web = ["https://", "http://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    web && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"'))
}

/// The name and address that an e-mail comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name shown.
    pub name: String,
    /// The address.
    pub address: String,
}

/// A message ready to leave. `Debug` shows only the channel: everything else is personal.
#[derive(Clone, PartialEq, Eq)]
pub enum Rendered {
    /// An e-mail.
    Email(Email),
    /// A text message.
    Sms {
        /// E.164 number.
        to: String,
        /// The text.
        text: String,
    },
    /// A push message.
    Push {
        /// Device token.
        to: String,
        /// The text.
        text: String,
    },
    /// A call of the retailer's own endpoint.
    Webhook {
        /// A JSON document.
        body: Vec<u8>,
    },
}

/// An e-mail with a text and an HTML part.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    /// Sender.
    pub from: Sender,
    /// Where replies go, if not to the sender.
    pub reply_to: Option<String>,
    /// The recipient's address.
    pub to: String,
    /// One line without control characters.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Takes the one-click POST of RFC 8058; none for transactional messages.
    pub unsubscribe_url: Option<String>,
}

impl Rendered {
    /// The medium it is for.
    pub fn channel(&self) -> Channel {
        match self {
            Rendered::Email(_) => Channel::Email,
            Rendered::Sms { .. } => Channel::Sms,
            Rendered::Push { .. } => Channel::Push,
            Rendered::Webhook { .. } => Channel::Webhook,
        }
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Rendered({})", self.channel())
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Email")
    }
}

/// The links of ours that a message may show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// To unsubscribe; empty for a team's.
    pub unsubscribe: String,
    /// For each answer of the message its name and its link.
    pub answers: Vec<(String, String)>,
}

impl Links {
    /// Of a message that asks nothing.
    pub fn to_unsubscribe(url: impl Into<String>) -> Self {
        Self { unsubscribe: url.into(), answers: Vec::new() }
    }
}
