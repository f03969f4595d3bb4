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

/// One fact. It has one of `count`, `sum`, `last`, `set` and `level`.
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
    /// Events that take a contribution back.
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
        adds.into_iter().flatten().chain(takes).flat_map(EventTypes::names)
    }
}

impl TakesText {
    fn events(&self) -> &EventTypes {
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
