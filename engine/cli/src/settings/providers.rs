//! `providers:`: who carries the messages. Each has one section; absent means not in use.

use cartwheel_core::channel::Channel;
use cartwheel_providers::resend::ResendConfig;
use cartwheel_providers::smtp::SmtpConfig;
use cartwheel_providers::webhook::WebhookConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who carries the messages.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Providers {
    /// Which provider serves a channel.
    pub route: BTreeMap<Channel, Name>,
    /// A mail server.
    pub smtp: Option<SmtpConfig>,
    /// resend.com.
    pub resend: Option<ResendConfig>,
    /// The retailer's own endpoint.
    pub webhook: Option<WebhookConfig>,
}

/// A provider's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// A mail server.
    Smtp,
    /// resend.com.
    Resend,
    /// The retailer's own endpoint.
    Webhook,
}

impl Providers {
    /// Whether the provider is configured.
    pub fn has(&self, name: Name) -> bool {
        match name {
            Name::Smtp => self.smtp.is_some(),
            Name::Resend => self.resend.is_some(),
            Name::Webhook => self.webhook.is_some(),
        }
    }
}

impl Name {
    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Resend => "resend",
            Self::Webhook => "webhook",
        }
    }

    /// Whether the provider can carry messages of the channel.
    pub const fn carries(self, channel: Channel) -> bool {
        match self {
            Self::Smtp | Self::Resend => matches!(channel, Channel::Email),
            Self::Webhook => true,
        }
    }
}
