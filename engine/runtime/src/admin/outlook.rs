//! How a customer stands to a journey, as the API shows it.

use super::view::maybe_rfc3339;
use cartwheel_core::apply::{Comes, Expected, Judged, Known, Outlook};
use cartwheel_core::control::Standing;
use cartwheel_core::time::Millis;
use cartwheel_core::value::Value;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// How a customer stands to a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutlookView {
    /// The name.
    pub journey: String,
    /// Whether it runs, or is paused or stopped.
    pub standing: Standing,
    /// The types of the trigger event; none where time alone begins it.
    pub events: Vec<String>,
    /// The trigger's condition, judged now.
    pub when: Option<JudgedView>,
    /// The condition that must hold before every send, judged now.
    #[serde(rename = "while")]
    pub while_: Option<JudgedView>,
    /// The instant at which time alone begins it.
    pub at: Option<ExpectedView>,
}

/// A condition, judged now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedView {
    /// As it is written.
    pub text: String,
    /// Whether it is true; null where the event has a say in it.
    pub holds: Option<bool>,
    /// What it reads, in order of first appearance.
    pub values: Vec<ReadView>,
}

/// Something that an expression reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadView {
    /// As it is written.
    pub name: String,
    /// The event, or the run, says it.
    pub of_event: bool,
    /// What it is now; null where it is not known. Instants are RFC 3339.
    pub value: Value,
}

/// An instant by which time begins a journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectedView {
    /// As it is written.
    pub text: String,
    /// What it reads.
    pub values: Vec<ReadView>,
    /// `nothing` (there is none), `begins`, `not_active` (before `active_from`), `stale` (long past when it became known).
    pub comes: ComesView,
    /// The instant; null where there is none.
    #[serde(with = "maybe_rfc3339")]
    pub instant: Option<Millis>,
}

/// What comes of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComesView {
    /// There is none.
    Nothing,
    /// The journey begins then.
    Begins,
    /// It lies before the journey was active.
    NotActive,
    /// It was long past when it became known.
    Stale,
}

/// The outlook on a journey that begins with these event types.
pub fn outlook(of: &Outlook, events: Vec<String>) -> OutlookView {
    OutlookView {
        journey: of.journey.to_string(),
        standing: of.standing,
        events,
        when: of.when.as_ref().map(judged),
        while_: of.while_.as_ref().map(judged),
        at: of.at.as_ref().map(expected),
    }
}

fn judged(of: &Judged) -> JudgedView {
    JudgedView { text: of.text.to_string(), holds: of.holds, values: values(&of.values) }
}

fn expected(of: &Expected) -> ExpectedView {
    let (comes, instant) = match of.comes {
        Comes::Nothing => (ComesView::Nothing, None),
        Comes::At(at) => (ComesView::Begins, Some(at)),
        Comes::NotActive(at) => (ComesView::NotActive, Some(at)),
        Comes::Stale(at) => (ComesView::Stale, Some(at)),
    };
    ExpectedView { text: of.text.to_string(), values: values(&of.values), comes, instant }
}

fn values(of: &[(CompactString, Known)]) -> Vec<ReadView> {
    let read = |(name, known): &(CompactString, Known)| {
        let (of_event, value) = match known {
            Known::OfEvent => (true, Value::Null),
            Known::Value(value) => (false, value.clone()),
        };
        ReadView { name: name.to_string(), of_event, value }
    };
    of.iter().map(read).collect()
}
