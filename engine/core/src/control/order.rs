//! What a record of the stream `control` asks for.

use crate::event::{Poison, Raw, Rejected};
use crate::time::{Millis, Span};
use compact_str::CompactString;

/// Longest name in an order, in bytes.
const MAX_NAME: usize = 256;

/// What is to be done with a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nothing begins, and nothing goes on.
    Pause(CompactString),
    /// The end of a pause, or of a stop.
    Resume {
        /// The journey.
        journey: CompactString,
        /// How late a run may be that has waited: of one that is later, no message leaves before its next wait. None: what the policy says.
        missed_within: Option<Millis>,
    },
    /// Its windows and runs end, and nothing begins.
    Stop(CompactString),
    /// An arm of a split has won.
    Winner(Winner),
}

/// Which arm of a split is taken from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Winner {
    /// The journey.
    pub journey: CompactString,
    /// The split's name.
    pub split: CompactString,
    /// The arm; none: the lots decide again.
    pub arm: Option<CompactString>,
}

impl Order {
    /// Reads the record's content: an object with exactly one of `pause`, `resume`, `stop` and `winner`. Errors: the field that is wrong.
    pub fn read(content: Option<Raw<'_>>) -> Result<Self, Rejected> {
        let content = content.filter(|raw| raw.is_object()).ok_or_else(|| bad("control"))?;
        let field = |name: &str| content.get(&[name]);
        let journey = |raw, path| name(raw).ok_or_else(|| bad(path));
        match (field("pause"), field("resume"), field("stop"), field("winner")) {
            (Some(raw), None, None, None) => Ok(Self::Pause(journey(raw, "control.pause")?)),
            (None, Some(raw), None, None) => Ok(Self::Resume {
                journey: journey(raw, "control.resume")?,
                missed_within: field("missed_within").map(span).transpose()?,
            }),
            (None, None, Some(raw), None) => Ok(Self::Stop(journey(raw, "control.stop")?)),
            (None, None, None, Some(raw)) => Ok(Self::Winner(winner(raw)?)),
            _ => Err(bad("control")),
        }
    }
}

fn bad(field: &'static str) -> Rejected {
    Rejected::new(Poison::BadValue, field)
}

fn name(raw: Raw<'_>) -> Option<CompactString> {
    let text = raw.string().filter(|text| (1..=MAX_NAME).contains(&text.len()))?;
    Some(text.as_ref().into())
}

fn span(raw: Raw<'_>) -> Result<Millis, Rejected> {
    let read = raw.string().and_then(|text| Span::parse(&text).ok());
    read.map(Span::millis).ok_or_else(|| bad("control.missed_within"))
}

fn winner(raw: Raw<'_>) -> Result<Winner, Rejected> {
    let field = |field: &str| raw.get(&[field]);
    let needed = |found: Option<Raw<'_>>| found.and_then(name);
    let arm = match field("arm") {
        None => None,
        Some(arm) => Some(name(arm).ok_or_else(|| bad("control.winner.arm"))?),
    };
    Ok(Winner {
        journey: needed(field("journey")).ok_or_else(|| bad("control.winner.journey"))?,
        split: needed(field("split")).ok_or_else(|| bad("control.winner.split"))?,
        arm,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Order, String> {
        Order::read(Some(Raw(text))).map_err(|rejected| rejected.detail.into_owned())
    }

    #[test]
    fn an_order_is_read_or_its_fault_is_named() {
        assert_eq!(read(r#"{"pause":"a"}"#), Ok(Order::Pause("a".into())));
        assert_eq!(read(r#"{"stop":"a","by":"eve"}"#), Ok(Order::Stop("a".into())));
        let resume = |missed_within| Ok(Order::Resume { journey: "a".into(), missed_within });
        assert_eq!(read(r#"{"resume":"a"}"#), resume(None));
        assert_eq!(read(r#"{"resume":"a","missed_within":"90s"}"#), resume(Some(90_000)));
        let winner = |arm: Option<&str>| {
            let arm = arm.map(CompactString::from);
            Ok(Order::Winner(Winner { journey: "a".into(), split: "s".into(), arm }))
        };
        assert_eq!(read(r#"{"winner":{"journey":"a","split":"s","arm":"x"}}"#), winner(Some("x")));
        assert_eq!(read(r#"{"winner":{"journey":"a","split":"s","arm":null}}"#), winner(None));
        let long = format!(r#"{{"stop":"{}"}}"#, "x".repeat(257));
        for (text, field) in [
            ("{}", "control"),
            ("[]", "control"),
            (r#"{"pause":"a","stop":"a"}"#, "control"),
            (r#"{"pause":7}"#, "control.pause"),
            (r#"{"pause":""}"#, "control.pause"),
            (long.as_str(), "control.stop"),
            (r#"{"resume":"a","missed_within":3}"#, "control.missed_within"),
            (r#"{"resume":"a","missed_within":"1 day"}"#, "control.missed_within"),
            (r#"{"winner":"a"}"#, "control.winner.journey"),
            (r#"{"winner":{"journey":"a"}}"#, "control.winner.split"),
            (r#"{"winner":{"journey":"a","split":"s","arm":1}}"#, "control.winner.arm"),
        ] {
            assert_eq!(read(text), Err(field.to_owned()), "{text}");
        }
        assert!(Order::read(None).is_err());
    }
}
