//! `facts.yaml` as a team writes it: what is remembered of a customer, and segments. [`super::load`] reads it and says where it is wrong; the same types
//! give the JSON Schema that an editor completes from ([`super::load::facts_schema`]).

use super::at::At;
use super::definition::EventTypes;
use crate::time::Span;
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// The file.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactsFile {
    /// What is remembered of a customer, by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, FactText>")]
    pub facts: Vec<(At<String>, FactText)>,
    /// Conditions on facts and profile, which other conditions use by their names.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub segments: Vec<(At<String>, At<String>)>,
}

/// One fact. It has one of `count`, `sum`, `last`, `set`, `ledger` and `level`.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactText {
    /// How many of these events there were.
    #[serde(default)]
    pub count: Option<EventTypes>,
    /// What `add` comes to over these events.
    #[serde(default)]
    pub sum: Option<EventTypes>,
    /// When the last of these events happened.
    #[serde(default)]
    pub last: Option<EventTypes>,
    /// Which keys these events have brought in.
    #[serde(default)]
    pub set: Option<EventTypes>,
    /// What is earned, spent and expires: `ledger: { expire: 365d, lots: 32 }` beside `earn` and `spend`.
    #[serde(default)]
    pub ledger: Option<At<LedgerText>>,
    /// Of a ledger: what is earned by which events.
    #[serde(default)]
    pub earn: Vec<EarnText>,
    /// Of a ledger: what is spent by which events.
    #[serde(default)]
    pub spend: Vec<SpendText>,
    /// Of a ledger: events that say what the balance is, where the shop keeps a book of its own.
    #[serde(default)]
    pub reset: Option<At<ResetText>>,
    /// Of some lines, the best first, the first whose condition holds: `[ { gold: spend_12m >= 1500 }, { member: true } ]`.
    #[serde(default)]
    #[schemars(with = "Option<Vec<BTreeMap<String, LineText>>>")]
    pub level: Option<Vec<(At<String>, At<String>)>>,
    /// Of a level: the fact by which it is measured how far the next line is.
    #[serde(default)]
    pub distance: Option<At<String>>,
    /// A path such as `event.order.id`: a key contributes once.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// Of a sum: the path of the number, such as `event.order.total`.
    #[serde(default)]
    pub add: Option<At<String>>,
    /// Events that take a contribution back; of a ledger, what their key has earned.
    #[serde(default)]
    pub undo: Option<TakesText>,
    /// Of a set: events that take an element out.
    #[serde(default)]
    pub drop: Option<TakesText>,
    /// The window: what is older does not count.
    #[serde(default)]
    pub over: Option<At<Span>>,
    /// Of a set: how long an element is in.
    #[serde(default, rename = "for")]
    pub for_: Option<At<Span>>,
    /// Contributions that stay open, 1 to 64: so far it is exact.
    #[serde(default)]
    pub up_to: Option<At<u8>>,
    /// Counted apart for each value of this path, such as `event.product.id`.
    #[serde(default)]
    pub by: Option<At<String>>,
    /// Keys of `by`, or elements of a set, 1 to 64: the newest are kept.
    #[serde(default)]
    pub keys: Option<At<u8>>,
    /// Of `last`: paths whose values are kept.
    #[serde(default)]
    pub keep: Vec<At<String>>,
    /// Each item of a list counts: `event.order.items as item`.
    #[serde(default)]
    pub each: Option<At<String>>,
    /// A condition on the event, or on the item.
    #[serde(default)]
    pub when: Option<At<String>>,
    /// Of a set: it is known who has a key in it, so that a journey can begin for these (`catalogue:` of a trigger). It takes memory in each shard: some 24
    /// bytes an element.
    #[serde(default)]
    pub indexed: Option<At<bool>>,
}

/// The condition of a level's line; the last one's is `true`.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // only its schema is used
pub enum LineText {
    /// On facts, profile and customer.
    Condition(String),
    /// The last line.
    Last(bool),
}

impl FactsFile {
    /// The names of what changes: levels and segments.
    pub fn changing(&self) -> impl Iterator<Item = &str> {
        let levels = self.facts.iter().filter(|(_, fact)| fact.level.is_some());
        let segments = self.segments.iter().map(|(name, _)| name.as_str());
        levels.map(|(name, _)| name.as_str()).chain(segments)
    }
}

impl FactText {
    /// The event types that it is made of.
    pub fn events(&self) -> impl Iterator<Item = &At<String>> {
        let adds = [&self.count, &self.sum, &self.last, &self.set];
        let takes = [&self.undo, &self.drop].into_iter().flatten().map(TakesText::events);
        let earn = self.earn.iter().map(|line| &line.on);
        let spend = self.spend.iter().map(|line| &line.on);
        let reset = self.reset.iter().map(|line| &line.on);
        let lines = earn.chain(spend).chain(reset);
        adds.into_iter().flatten().chain(takes).chain(lines).flat_map(EventTypes::names)
    }
}

impl TakesText {
    pub(crate) fn events(&self) -> &EventTypes {
        match self {
            TakesText::Events(on) => on,
            TakesText::With(with) => &with.on,
        }
    }
}

/// `order_cancelled`, `[order_cancelled, order_refunded]`, or `{ on: order_refunded, add: event.refund.amount, id: event.refund.id }`.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(untagged)]
pub enum TakesText {
    /// With the key of the fact.
    Events(EventTypes),
    /// With more.
    With(TakesWith),
}

/// How long points last, and how many entries stay open.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerText {
    /// What is earned expires so long after; without it never.
    #[serde(default)]
    pub expire: Option<At<Span>>,
    /// Entries that stay open, 1 to 64 (the default): what was earned or spent before folds into one lot.
    #[serde(default)]
    pub lots: Option<At<u8>>,
}

/// What some events earn.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarnText {
    /// Their types.
    pub on: EventTypes,
    /// How much: a number, or what is made of the event, such as `floor(event.order.total)`.
    #[schemars(with = "Amount")]
    pub add: At<String>,
    /// A key earns once.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// Each item of a list earns: `event.order.items as item`.
    #[serde(default)]
    pub each: Option<At<String>>,
    /// A condition on the event, or on the item.
    #[serde(default)]
    pub when: Option<At<String>>,
}

/// What some events spend.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendText {
    /// Their types.
    pub on: EventTypes,
    /// How much, such as `event.points.amount`.
    #[schemars(with = "Amount")]
    pub take: At<String>,
    /// A key spends once.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// A condition on the event.
    #[serde(default)]
    pub when: Option<At<String>>,
}

/// Events that say what the balance is.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetText {
    /// Their types.
    pub on: EventTypes,
    /// The balance, such as `event.points.balance`.
    #[schemars(with = "Amount")]
    pub to: At<String>,
    /// A condition on the event.
    #[serde(default)]
    pub when: Option<At<String>>,
}

/// A number, or what it is made of.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // only its schema is used
pub enum Amount {
    /// As it is.
    Number(f64),
    /// Of the event.
    Expression(String),
}

/// Events that take away, with what is read of them.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakesWith {
    /// Their types.
    pub on: EventTypes,
    /// Each item of a list; default: as of the fact.
    #[serde(default)]
    pub each: Option<At<String>>,
    /// The key; default: as of the fact.
    #[serde(default)]
    pub key: Option<At<String>>,
    /// How much of the contribution; without it, or where the event has none: all.
    #[serde(default)]
    pub add: Option<At<String>>,
    /// What a partial one is known by.
    #[serde(default)]
    pub id: Option<At<String>>,
    /// A condition on the event, or on the item.
    #[serde(default)]
    pub when: Option<At<String>>,
}
