//! The rules that hold over all journeys: caps, quiet hours, holds, groups, holdout, default zone. The `policy:` section of `cartwheel.yaml`.

mod group;
mod hold;
mod limit;

pub use group::Group;
pub use hold::Hold;
pub use limit::{CapLimit, MAX_LIMIT, Reserve};

use crate::channel::Channel;
use crate::time::{DAY, Instant, Millis, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What every send obeys. `docs/semantics.md`, "The gate", states how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// IANA name of the time zone of customers whose own is unknown.
    pub zone: String,
    /// Share of customers who never get marketing, such as `5%`.
    pub holdout: Percent,
    /// When no marketing leaves, in the customer's local time.
    pub quiet_hours: Vec<QuietHours>,
    /// Frequency caps on marketing; all must pass.
    pub caps: Vec<Cap>,
    /// When marketing waits for something to be over, such as an open ticket.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// Journeys about the same thing, of which the more important one writes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// The shop's own people, to whom steps may send (`to: team:sales`), by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub teams: BTreeMap<String, Team>,
    /// Pools of coupon codes, by name, from which messages have one each (`with: { coupon: winback20 }`). `cartwheel coupons` loads codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<String>,
    /// Older events start nothing in any journey: they are read for what they say of customers. For a history that is read in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_from: Option<Instant>,
    /// A capped send waits at most this long, then it is dropped.
    pub max_defer: Span,
    /// A marketing command is worthless this long after its decision.
    pub marketing_ttl: Span,
    /// A transactional command is worthless this long after its decision.
    pub transactional_ttl: Span,
    /// Longest event record in bytes.
    pub max_event_bytes: usize,
    /// Events may lie this far ahead of their record's time.
    pub max_event_ahead: Span,
    /// The ISO 4217 code of the currency in which facts add up money, such as `EUR`. An amount whose event names another one is not counted. Where this
    /// is not given, amounts count whatever their currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Products of which a shard knows, from the records of the catalogue: the records of others are refused. A million take 100 to 200 MB, in each shard.
    #[serde(skip_serializing_if = "is_usual")]
    pub max_products: u32,
    /// Of a product of which there are at most so many pieces little is left: where its stock falls to that, journeys with `catalogue: low_stock` begin.
    #[serde(skip_serializing_if = "is_usually_low")]
    pub low_stock: u32,
}

/// Products of which a shard knows where the policy does not say.
const MAX_PRODUCTS: u32 = 1_000_000;

/// Pieces of a product that are few where the policy does not say.
const LOW_STOCK: u32 = 5;

fn is_usually_low(low_stock: &u32) -> bool {
    *low_stock == LOW_STOCK
}

fn is_usual(max_products: &u32) -> bool {
    *max_products == MAX_PRODUCTS
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            zone: "UTC".into(),
            holdout: Percent(0),
            quiet_hours: vec![QuietHours {
                channels: vec![Channel::Sms, Channel::Push, Channel::Whatsapp],
                from: LocalTime::of(21, 0),
                to: LocalTime::of(8, 0),
                where_: None,
            }],
            caps: Vec::new(),
            holds: Vec::new(),
            groups: Vec::new(),
            teams: BTreeMap::new(),
            coupons: Vec::new(),
            active_from: None,
            max_defer: Span(DAY),
            marketing_ttl: Span(DAY),
            transactional_ttl: Span(3 * DAY),
            max_event_bytes: 128 * 1024,
            max_event_ahead: Span(DAY),
            currency: None,
            max_products: MAX_PRODUCTS,
            low_stock: LOW_STOCK,
        }
    }
}

/// A daily span of local time, `from` inclusive to `to` exclusive; may cross midnight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The channels that are quiet.
    pub channels: Vec<Channel>,
    /// Start, such as `21:00`.
    pub from: LocalTime,
    /// End, such as `08:00`.
    pub to: LocalTime,
    /// Whom they are for: a condition on profile, facts and segments. All customers without one. Quiet hours add up: it is quiet as soon as it is so by one
    /// of them.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub where_: Option<String>,
}

impl QuietHours {
    /// Whether this minute of the local day lies in them; they may cross midnight, and empty ones have none.
    pub const fn has(&self, minute: u16) -> bool {
        let (from, to) = (self.from.0, self.to.0);
        if from <= to { from <= minute && minute < to } else { from <= minute || minute < to }
    }
}

/// Some of the shop's own people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Their address of mail.
    pub email: String,
}

/// At most `limit` marketing messages per window within a scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Shown in decisions.
    pub name: String,
    /// Which sends count: `all`, `channel:email`, `tag:recovery` or `journey:NAME`.
    #[serde(default)]
    pub scope: CapScope,
    /// How many.
    pub limit: CapLimit,
    /// `7d` for a rolling window; `day`, `week` or `month` for a local calendar one.
    pub per: CapWindow,
    /// What becomes of a send for which there is no room: `defer` (until there is, at most `max_defer`), or `skip`: it is dropped.
    #[serde(default, skip_serializing_if = "WhenBlocked::is_default")]
    pub blocked: WhenBlocked,
    /// For which sends of journeys with a higher priority places are kept: `next`, each one's next send, or `horizon`, all that are certain to come within
    /// the window.
    #[serde(default, skip_serializing_if = "Reserve::is_default")]
    pub reserve: Reserve,
}

/// What becomes of a send for which a cap has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhenBlocked {
    /// It waits.
    #[default]
    Defer,
    /// It is dropped.
    Skip,
}

impl WhenBlocked {
    // What is not written changes no configuration's hash.
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Which sends a cap counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CapScope {
    /// Every marketing send.
    #[default]
    All,
    /// Sends on one channel.
    Channel(Channel),
    /// Sends of journeys with this tag.
    Tag(String),
    /// Sends of one journey.
    Journey(String),
}

/// The window over which a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapWindow {
    /// The last so many milliseconds.
    Rolling(Span),
    /// The customer's local day.
    Day,
    /// The customer's local week, from Monday.
    Week,
    /// The customer's local month.
    Month,
}

impl CapWindow {
    /// What is older than this lies in no such window, whatever the customer's zone, in ms.
    pub const fn longest(self) -> Millis {
        match self {
            CapWindow::Rolling(span) => span.millis(),
            CapWindow::Day => 2 * DAY,
            CapWindow::Week => 9 * DAY,
            CapWindow::Month => 33 * DAY,
        }
    }
}

/// A share in basis points; written `5%` or `0.25%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percent(pub u16);

/// A local wall-clock time in minutes after midnight; written `08:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime(pub u16);

impl LocalTime {
    /// `hour`:`minute`.
    pub const fn of(hour: u16, minute: u16) -> Self {
        Self(hour * 60 + minute)
    }
}

/// A type written as text in configuration: what it is, such as it is, and what to write in place of another text.
macro_rules! text {
    ($name:ident, $pattern:literal, $what:literal, $such:literal, $remedy:literal) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not {}; {}", $what, $remedy)))
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": concat!($what, $such) })
            }
        }
    };
}

text!(
    CapScope,
    "^(all|channel:.+|tag:.+|journey:.+)$",
    "a scope",
    ": all, channel:NAME, tag:NAME or journey:NAME",
    "write all, channel:NAME (such as channel:email), tag:NAME or journey:NAME"
);
text!(
    CapWindow,
    "^(day|week|month|([0-9]+(ms|s|m|h|d|w))+)$",
    "a window",
    ": a duration such as 7d, or day, week or month",
    "write a duration such as 7d, or day, week or month"
);
text!(
    Percent,
    "^[0-9]+(\\.[0-9]{1,2})?%$",
    "a share",
    " such as 5% or 0.25%",
    "write 0% to 100%, such as 5% or 0.25%"
);
text!(
    LocalTime,
    "^[0-2][0-9]:[0-5][0-9]$",
    "a local time",
    " such as 08:30",
    "write hours and minutes from 00:00 to 23:59, such as 08:30; midnight is 00:00"
);

impl CapScope {
    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => (text == "all").then_some(Self::All),
            Some(("channel", name)) => Channel::parse(name).map(Self::Channel),
            Some(("tag", name)) if !name.is_empty() => Some(Self::Tag(name.into())),
            Some(("journey", name)) if !name.is_empty() => Some(Self::Journey(name.into())),
            Some(_) => None,
        }
    }
}

impl std::fmt::Display for CapScope {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => out.write_str("all"),
            Self::Channel(channel) => write!(out, "channel:{channel}"),
            Self::Tag(tag) => write!(out, "tag:{tag}"),
            Self::Journey(journey) => write!(out, "journey:{journey}"),
        }
    }
}

impl CapWindow {
    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            _ => Span::parse(text).ok().filter(|span| span.millis() > 0).map(Self::Rolling),
        }
    }
}

impl std::fmt::Display for CapWindow {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rolling(span) => write!(out, "{span}"),
            Self::Day => out.write_str("day"),
            Self::Week => out.write_str("week"),
            Self::Month => out.write_str("month"),
        }
    }
}

impl Percent {
    /// Reads `5%` or `0.25%`, up to 100%.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.strip_suffix('%')?.split_once('.') {
            Some((whole, fraction)) if (1..=2).contains(&fraction.len()) => {
                (whole, format!("{fraction:0<2}"))
            }
            Some(_) => return None,
            None => (text.strip_suffix('%')?, "00".into()),
        };
        let points =
            whole.parse::<u16>().ok()?.checked_mul(100)?.checked_add(fraction.parse().ok()?)?;
        (points <= 10_000).then_some(Self(points))
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 % 100 {
            0 => write!(out, "{}%", self.0 / 100),
            rest => write!(out, "{}.{rest:02}%", self.0 / 100),
        }
    }
}

impl LocalTime {
    /// Reads `HH:MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        if hour.len() != 2 || minute.len() != 2 {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(Self::of(hour, minute))
    }
}

impl std::fmt::Display for LocalTime {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}
