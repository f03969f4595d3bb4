//! A journey as a team writes it: the shape of the YAML file. [`super::load`] reads it and says where it is wrong; the same types
//! give the JSON Schema that an editor completes from ([`super::load::journey_schema`]).

mod transition;

pub use transition::TransitionWord;

use super::at::At;
use crate::channel::{Channel, Class};
use crate::policy::{LocalTime, Percent};
use crate::time::{Instant, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One journey file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The name: lower case letters, digits and `_`; unique.
    pub journey: At<String>,
    /// Marketing (the default) or transactional.
    #[serde(default)]
    pub class: Class,
    /// 0 to 100; where a cap would block, the higher one wins.
    #[serde(default = "default_priority")]
    pub priority: At<u8>,
    /// For caps and reports.
    #[serde(default)]
    pub tags: Vec<At<String>>,
    /// What starts it.
    pub trigger: Trigger,
    /// A path such as `event.cart.id`, or one for each event type; one live run a key.
    #[serde(default)]
    pub key: Option<At<Key>>,
    /// Coming again.
    #[serde(default)]
    pub reentry: Option<At<Reentry>>,
    /// Most windows and runs that a customer has in this journey at one time, 1 to 64 (default 8).
    #[serde(default)]
    pub max_runs: Option<At<u8>>,
    /// Leaving early.
    #[serde(default)]
    pub exit: Vec<ExitRule>,
    /// A condition on the profile that must hold before every send.
    #[serde(default, rename = "while")]
    pub while_: Option<At<String>>,
    /// Share of customers who get nothing from this journey.
    #[serde(default)]
    pub holdout: Percent,
    /// What counts as success.
    #[serde(default)]
    pub goal: Option<Goal>,
    /// Trigger events older than this do not enter (default 1 d).
    #[serde(default)]
    pub max_event_age: Option<At<Span>>,
    /// Older events start nothing in this journey; an instant such as `2026-12-01T00:00:00Z`. The policy may have a later one.
    #[serde(default)]
    pub active_from: Option<At<Instant>>,
    /// What becomes of runs that have entered and not finished when this journey changes: `migrate` (the default) or `exit`.
    #[serde(default)]
    pub on_change: OnChange,
    /// Steps that had another name in the version before: `{ old_name: new_name }`. A run at the old one goes on at the new one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub renamed: BTreeMap<At<String>, At<String>>,
    /// What happens, in order.
    pub steps: At<Vec<Step>>,
}

/// What becomes of runs when their journey changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnChange {
    /// They go on at the step of the same name and kind, and exit where there is none.
    #[default]
    Migrate,
    /// They exit.
    Exit,
}

fn default_priority() -> At<u8> {
    At::from(50)
}

/// What starts a journey: an event, or with `at` alone an instant that follows from facts and profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The event type, or several: `[customer_created, subscribed]`.
    #[serde(default, skip_serializing_if = "EventTypes::is_none")]
    pub event: EventTypes,
    /// Instead of an event: what a record of the catalogue makes of a product. The journey begins for many, whom `who` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<At<TransitionWord>>,
    /// Instead of an event: the name of something that `cartwheel broadcast` tells everybody. The journey begins for all whom `who` names, without `who` for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<At<String>>,
    /// With `broadcast`: for whom, such as `orders >= 2`; it is asked again when each begins; without it for everybody who can be sent to. With `catalogue`: for whom, such as `event.product.id in wishes`. It asks for the product in a set that is `indexed` (or in one of several, joined by `||`), and is asked again when each begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<At<String>>,
    /// With `catalogue`: a number by which customers come first, the greatest first, such as `tier.rank`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<At<String>>,
    /// With `catalogue`: for how many customers at most, such as `event.product.stock * 3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<At<String>>,
    /// With `catalogue` or `broadcast`: over how long those begin for whom it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<At<Span>>,
    /// A list of the event each of whose items is a trigger of its own, by its key: `event.order.items as item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<At<String>>,
    /// A condition on event, profile and customer.
    #[serde(default)]
    pub when: Option<At<String>>,
    /// When the run enters: an instant such as `last_order.at + 60d` or `next(profile.birthday)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At<String>>,
    /// Whose zone days of `at` are in; only `customer` so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<At<ZoneOf>>,
    /// Instants of `at` that are long past, where there is no event: which of them still count, and over how long they are spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<At<Backlog>>,
    /// The abandonment window: the run enters when it has passed without activity.
    #[serde(default)]
    pub quiet_for: Option<At<Span>>,
    /// Event types that count as activity, beside the trigger itself.
    #[serde(default)]
    pub moved_by: Vec<At<String>>,
}

/// One event type or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EventTypes {
    /// `cart_updated`
    One(At<String>),
    /// `[customer_created, subscribed]`
    Several(Vec<At<String>>),
}

impl Default for EventTypes {
    /// None.
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl EventTypes {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.names().is_empty()
    }

    /// The event types as written.
    pub fn names(&self) -> &[At<String>] {
        match self {
            EventTypes::One(name) => std::slice::from_ref(name),
            EventTypes::Several(names) => names,
        }
    }

    /// Whether the type is one of them.
    pub fn contains(&self, event: &str) -> bool {
        self.names().iter().any(|name| name.value == event)
    }
}

/// Instants that are long past as they are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backlog {
    /// How old they may be, such as `180d`; or from when they count, such as `2026-01-01T00:00:00Z`.
    pub since: At<Since>,
    /// Over how long they are spread: a customer has always the same place in it.
    pub spread: At<Span>,
}

/// How old something may be, or from when it counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Since {
    /// So old.
    Age(Span),
    /// From here on.
    Instant(Instant),
}

/// Which of the journey's runs an event is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Key {
    /// `event.cart.id`: the same for every event type.
    Path(At<String>),
    /// `{ cart_updated: event.cart.id, order_placed: event.order.cart_id }`: every trigger needs one; what has none is about all runs.
    ByType(BTreeMap<At<String>, At<String>>),
}

/// The re-entry rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Reentry {
    /// A word.
    Word(ReentryWord),
    /// `{ after: 7d }`: not sooner than this after the last entry; with `per: key` after the last entry of the key.
    After(After),
    /// `{ once_per_key: { after: 7d } }`: once a key, and not sooner than this after the last entry of any.
    OncePerKey(OncePerKey),
}

/// A re-entry rule that needs no more than its name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReentryWord {
    /// Once in a lifetime.
    Never,
    /// Whenever the trigger comes and no run of the key is live.
    Always,
    /// Once a key.
    OncePerKey,
    /// Always; a run that is live when a newer trigger event of its key comes gives way to another.
    Restart,
}

/// Not sooner than this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// How long after the last entry.
    pub after: At<Span>,
    /// Whose last entry; default: the customer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<At<Per>>,
}

/// Once a key, and not sooner than this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OncePerKey {
    /// How long after the last entry of any key.
    pub once_per_key: SinceAny,
}

/// Counted from the customer's last entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SinceAny {
    /// How long after it.
    pub after: At<Span>,
}

/// Whose last entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// That of the same key.
    Key,
}

/// An exit rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitRule {
    /// The event type.
    pub on: At<String>,
    /// A condition on event, profile and customer.
    #[serde(default)]
    pub when: Option<At<String>>,
}

/// What counts as success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// The event type.
    pub on: At<String>,
    /// Counted from the last message sent.
    pub within: At<Span>,
}

/// A unit of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Step {
    /// Sends a message.
    Send {
        /// The template's name.
        send: At<String>,
        /// Channels in order of preference; those with `if_no` are fallbacks.
        channels: Vec<At<ChannelChoice>>,
        /// Marketing or transactional; default: the journey's.
        #[serde(default)]
        class: Option<At<Class>>,
        /// A team of the policy, as `team:sales`: an internal message instead of one to the customer.
        #[serde(default)]
        to: Option<At<String>>,
        /// What the message has beside its documents.
        #[serde(default)]
        with: Option<At<With>>,
        /// The step's name; default: the template's.
        #[serde(default)]
        id: Option<At<String>>,
    },
    /// Waits.
    Wait {
        /// How long, or until when.
        wait: At<WaitFor>,
        /// The step's name; default: `wait-N`.
        #[serde(default)]
        id: Option<At<String>>,
    },
    /// Takes the first arm whose condition is true.
    Branch {
        /// The arms.
        branch: At<Vec<At<Arm>>>,
        /// The step's name; default: `branch-N`.
        #[serde(default)]
        id: Option<At<String>>,
    },
    /// Takes one of the arms by chance: the same customer always the same one.
    Split {
        /// The split's name, from which chance follows.
        split: At<String>,
        /// The arms by name; their shares are 100% together.
        arms: At<BTreeMap<String, At<SplitArm>>>,
        /// The step's name; default: the split's.
        #[serde(default)]
        id: Option<At<String>>,
    },
    /// Writes attributes of the customer.
    Set {
        /// Values by the attributes' names; null removes.
        set: At<BTreeMap<String, At<Given>>>,
        /// The step's name; default: `set-N`.
        #[serde(default)]
        id: Option<At<String>>,
    },
    /// Lets an event of the same customer happen.
    Emit {
        /// The event.
        emit: At<Emitted>,
        /// The step's name; default: `emit-N`.
        #[serde(default)]
        id: Option<At<String>>,
    },
    /// Leaves the journey: `exit: true`.
    Exit {
        /// Always true.
        exit: At<bool>,
        /// The step's name; default: `exit-N`.
        #[serde(default)]
        id: Option<At<String>>,
    },
}

impl Step {
    /// The steps of its arms.
    pub fn inner(&self) -> Vec<&[Step]> {
        match self {
            Step::Branch { branch, .. } => {
                let steps = branch.iter().map(|arm| match &arm.value {
                    Arm::When { steps, .. } | Arm::Else { steps, .. } => steps.as_slice(),
                });
                steps.collect()
            }
            Step::Split { arms, .. } => arms.values().map(|arm| arm.steps.as_slice()).collect(),
            Step::Send { .. }
            | Step::Wait { .. }
            | Step::Set { .. }
            | Step::Emit { .. }
            | Step::Exit { .. } => Vec::new(),
        }
    }
}

/// What a message has beside its documents, `answers`, `coupon` or both: `{ answers: [price, shipping, doubt] }`, `{ coupon: winback20 }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Answers by their names: each is a link, `{{ answers.price }}` in the template, that comes back as `survey_answered`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<At<Vec<At<String>>>>,
    /// A pool of the policy's `coupons`: the message has a code of it, `{{ coupon }}` in the template, the same in all messages of a run. It is never sent
    /// without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<At<String>>,
}

/// `email`, or `{ sms: { if_no: opened, within: 4h } }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ChannelChoice {
    /// Chosen by consent and reachability.
    Plain(Channel),
    /// Tried when the channel before it was sent and got no engagement.
    Fallback(BTreeMap<Channel, Fallback>),
}

/// When a fallback channel is tried: `if_no` or `if`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Fallback {
    /// Something did not happen.
    Missing {
        /// What.
        if_no: Engagement,
        /// For how long.
        within: At<Span>,
    },
    /// Something happened: at once when it does.
    Happened {
        /// What.
        #[serde(rename = "if")]
        if_: Failure,
        /// How long it is waited for.
        within: At<Span>,
    },
}

impl Fallback {
    /// How long the message before it has.
    pub fn within(&self) -> &At<Span> {
        match self {
            Fallback::Missing { within, .. } | Fallback::Happened { within, .. } => within,
        }
    }
}

/// A reaction to a message.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engagement {
    /// Delivered, opened or clicked.
    Delivered,
    /// Opened or clicked.
    Opened,
    /// Clicked.
    Clicked,
}

/// What goes wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The address refused it for good.
    Bounced,
}

/// `23h`, `{ days: 2 }`, `{ until: "10:00", at_most: 24h }`, `{ for: message_clicked, at_most: 3d }`, or `{ at: profile.renewal - 7d }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum WaitFor {
    /// So long after the anchor (see `docs/semantics.md`, "Steps").
    Delay(Span),
    /// Until a local time of day.
    Until(WaitUntil),
    /// Some days of the calendar: `{ days: 2 }`.
    Days(WaitDays),
    /// For an event: `{ for: message_clicked, at_most: 3d }`.
    Event(WaitEvent),
    /// Until an instant: `{ at: event.delivery.due - 1d }`.
    At(WaitAt),
}

/// Until an instant that is computed when the wait begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitAt {
    /// The instant; a plain date is its midnight in the customer's zone.
    pub at: At<String>,
}

/// Until an event comes, or the time for it is up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitEvent {
    /// The event type, or several.
    #[serde(rename = "for")]
    pub for_: EventTypes,
    /// A condition on the event, the profile and the customer.
    #[serde(default, rename = "where")]
    pub where_: Option<At<String>>,
    /// Not longer than this.
    pub at_most: At<Span>,
}

/// Until the same local time of day, some days later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitDays {
    /// How many, 1 to 3650; in the customer's zone.
    pub days: At<u16>,
}

/// Until a local time of day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitUntil {
    /// The local time.
    pub until: LocalTime,
    /// Whose zone; only `customer` so far.
    #[serde(default)]
    pub zone: ZoneOf,
    /// Not longer than this.
    pub at_most: At<Span>,
}

/// Whose time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZoneOf {
    /// The customer's.
    #[default]
    Customer,
}

/// An arm of a branch: `when` with steps, or `else` alone at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Arm {
    /// Taken if true.
    When {
        /// The condition.
        when: At<String>,
        /// What happens.
        steps: Vec<Step>,
    },
    /// Taken if no other is.
    Else {
        /// Written as a bare `else:`.
        #[serde(rename = "else")]
        #[schemars(required)]
        else_: Option<()>,
        /// What happens.
        steps: Vec<Step>,
    },
}

/// An arm of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitArm {
    /// How many of the customers take it, such as `50%`.
    pub share: At<Percent>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// `vip_reached`, or `{ event: vip_reached, with: { cart.id: event.cart.id } }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Emitted {
    /// The event's type.
    Plain(At<String>),
    /// With fields.
    With {
        /// The event's type.
        event: At<String>,
        /// Values by the fields' names, such as `cart.id`.
        #[serde(default)]
        with: BTreeMap<String, At<Given>>,
    },
}

/// A value that a step gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Given {
    /// Nothing.
    Null(()),
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text; or, without quotes, a path such as `event.cart.id`, `now` or `local.date`, whose value is read when the step comes.
    Text(String),
}
