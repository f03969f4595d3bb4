//! An expectation line: `expect nothing`, `expect CUSTOMER nothing`, `expect CUSTOMER send TEMPLATE [CHANNEL] [shows "TEXT" ...]`,
//! `expect CUSTOMER VERDICT [REASON] [name=value ...]`, `expect CUSTOMER suppressed CHANNEL [REASON]`, `expect degraded FIELD`,
//! `expect dead REASON`.

use super::event::Message;
use super::fault::{Wrong, no_assignment};
use super::json::scalar_or_json;
use super::suggest;
use super::word::Word;
use cartwheel_core::channel::Channel;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::event::OddField;
use cartwheel_core::sends::{Poison, SuppressionReason};
use cartwheel_core::time::{Millis, format_rfc3339};
use serde_json::Value;

/// What must have been decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// Nothing, for this customer or for anyone.
    Nothing(Option<String>),
    /// A decision.
    Decision(Wanted),
    /// A suppression, set or lifted.
    Suppression(WantedSuppression),
    /// The event before is applied without this field, which is odd.
    Degraded(OddField),
    /// The record before is no event, for this reason.
    Dead(Poison),
}

impl Expectation {
    /// The customer, where it names one.
    pub fn customer(&self) -> Option<&str> {
        match self {
            Self::Nothing(customer) => customer.as_deref(),
            Self::Decision(wanted) => Some(&wanted.customer),
            Self::Suppression(wanted) => Some(&wanted.customer),
            Self::Degraded(_) | Self::Dead(_) => None,
        }
    }
}

/// The suppression that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedSuppression {
    /// The customer string.
    pub customer: String,
    /// Set, or lifted.
    pub active: bool,
    /// The medium.
    pub channel: Channel,
    /// Why, where it matters.
    pub reason: Option<SuppressionReason>,
}

/// The decision that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The customer string.
    pub customer: String,
    /// What.
    pub verdict: Verdict,
    /// Why, where it matters.
    pub reason: Option<Reason>,
    /// The message, of `send`.
    pub message: Option<Message>,
    /// Texts that the message shows.
    pub shows: Vec<String>,
    /// `journey`, `step`, `channel`, and names among the decision's values.
    pub values: Vec<(String, Value)>,
}

impl Expectation {
    /// Reads the words after `expect`. `clock` reads `HH:MM` of the line's day, or a local day with it.
    pub fn read(
        words: &[Word<'_>],
        expect: Word<'_>,
        clock: impl Fn(&str) -> Option<Millis>,
    ) -> Result<Self, Wrong> {
        match words {
            [nothing] if nothing.text == "nothing" => Ok(Self::Nothing(None)),
            [customer, nothing] if nothing.text == "nothing" => {
                Ok(Self::Nothing(Some(customer.text.into())))
            }
            [dead, reason] if dead.text == "dead" => poison(*reason).map(Self::Dead),
            [degraded, field] if degraded.text == "degraded" => odd(*field).map(Self::Degraded),
            [customer, verb, rest @ ..] if SUPPRESSIONS.contains(&verb.text) => {
                suppression(*customer, *verb, rest).map(Self::Suppression)
            }
            [customer, verdict, rest @ ..] => {
                wanted(*customer, *verdict, rest, clock).map(Self::Decision)
            }
            _ => {
                let help = "expect ana send cart_reminder email; expect ana refused already_running; expect nothing";
                Err((expect.span(), "what is expected?".into(), Some(help.into())))
            }
        }
    }
}

/// What a line says of a suppression.
const SUPPRESSIONS: [&str; 2] = ["suppressed", "lifted"];

fn poison(word: Word<'_>) -> Result<Poison, Wrong> {
    let known = Poison::ALL.into_iter().find(|known| known.name() == word.text);
    known.ok_or_else(|| unknown("reason", word, Poison::ALL.iter().map(|reason| reason.name())))
}

fn odd(word: Word<'_>) -> Result<OddField, Wrong> {
    let known = OddField::ALL.into_iter().find(|known| known.name() == word.text);
    known.ok_or_else(|| unknown("field", word, OddField::ALL.iter().map(|field| field.name())))
}

fn suppression(
    customer: Word<'_>,
    verb: Word<'_>,
    rest: &[Word<'_>],
) -> Result<WantedSuppression, Wrong> {
    const REASONS: [(&str, SuppressionReason); 3] = [
        ("unsubscribed", SuppressionReason::Unsubscribed),
        ("bounced", SuppressionReason::Bounced),
        ("complained", SuppressionReason::Complained),
    ];
    let [channel, rest @ ..] = rest else {
        let help = Some("expect ana suppressed email bounced".into());
        return Err((verb.span(), format!("`{}` needs a channel", verb.text), help));
    };
    let channel = self::channel(*channel)?;
    let reason = match rest {
        [] => None,
        [word] => {
            let known = REASONS.iter().find(|(name, _)| *name == word.text);
            let names = REASONS.iter().map(|(name, _)| *name);
            Some(known.ok_or_else(|| unknown("reason", *word, names))?.1)
        }
        [_, word, ..] => {
            let help = Some("expect ana suppressed email bounced".into());
            return Err((word.span(), "a suppression has one reason".into(), help));
        }
    };
    let active = verb.text == SUPPRESSIONS[0];
    Ok(WantedSuppression { customer: customer.text.into(), active, channel, reason })
}

fn unknown<'k>(
    what: &str,
    word: Word<'_>,
    known: impl IntoIterator<Item = &'k str> + Clone,
) -> Wrong {
    let help = suggest::help(word.text, known);
    (word.span(), format!("unknown {what} `{}`", word.text), Some(help))
}

fn wanted(
    customer: Word<'_>,
    verdict: Word<'_>,
    rest: &[Word<'_>],
    clock: impl Fn(&str) -> Option<Millis>,
) -> Result<Wanted, Wrong> {
    let value = |word: &Word<'_>| value(word, &clock);
    let customer = customer.text.to_owned();
    if verdict.text == "send" {
        let (message, rest) = message(verdict, rest)?;
        let (shows, rest) = shows(rest)?;
        let values = rest.iter().map(&value).collect::<Result<_, _>>()?;
        return Ok(Wanted {
            customer,
            verdict: Verdict::Sent,
            reason: None,
            message: Some(message),
            shows,
            values,
        });
    }
    let names = Verdict::ALL.iter().map(|verdict| verdict.name());
    let known = Verdict::ALL.iter().find(|known| known.name() == verdict.text);
    let Some(known) = known else {
        let others = ["send", "nothing", "suppressed", "lifted"];
        return Err(unknown("decision", verdict, names.chain(others)));
    };
    let (reason, rest) = match rest {
        [word, rest @ ..] if !word.text.contains('=') => (Some(reason(*word)?), rest),
        _ => (None, rest),
    };
    let values = rest.iter().map(&value).collect::<Result<_, _>>()?;
    let (message, shows) = (None, Vec::new());
    Ok(Wanted { customer, verdict: *known, reason, message, shows, values })
}

/// What stands behind `shows`, and what behind that.
fn shows<'w, 't>(words: &'w [Word<'t>]) -> Result<(Vec<String>, &'w [Word<'t>]), Wrong> {
    let [shows, texts @ ..] = words else { return Ok((Vec::new(), words)) };
    if shows.text != SHOWS {
        return Ok((Vec::new(), words));
    }
    let count = texts.iter().take_while(|word| word.text.starts_with('"')).count();
    let text = |word: &Word<'_>| {
        let help = "write a text in quotes, as in JSON: a quote in it is \\\"";
        serde_json::from_str(word.text)
            .map_err(|error| (word.span(), error.to_string(), Some(help.to_owned())))
    };
    let read = texts[..count].iter().map(text).collect::<Result<Vec<String>, _>>()?;
    if read.is_empty() {
        let help = Some("expect ana send cart_reminder email shows \"Blue lamp\"".into());
        return Err((shows.span(), "`shows` needs a text in quotes".into(), help));
    }
    Ok((read, &texts[count..]))
}

const SHOWS: &str = "shows";

fn message<'w, 't>(
    send: Word<'t>,
    rest: &'w [Word<'t>],
) -> Result<(Message, &'w [Word<'t>]), Wrong> {
    let [template, rest @ ..] = rest else {
        let help = Some("expect ana send cart_reminder email".into());
        return Err((send.span(), "`send` needs the template's name".into(), help));
    };
    let (channel, rest) = match rest {
        [word, rest @ ..] if !word.text.contains('=') && word.text != SHOWS => {
            (Some(channel(*word)?), rest)
        }
        _ => (None, rest),
    };
    Ok((Message { template: template.text.into(), channel }, rest))
}

fn channel(word: Word<'_>) -> Result<Channel, Wrong> {
    Channel::parse(word.text)
        .ok_or_else(|| unknown("channel", word, Channel::ALL.iter().map(|channel| channel.name())))
}

fn reason(word: Word<'_>) -> Result<Reason, Wrong> {
    let known = Reason::ALL.iter().find(|known| known.name() == word.text);
    known
        .copied()
        .ok_or_else(|| unknown("reason", word, Reason::ALL.iter().map(|reason| reason.name())))
}

fn value(
    word: &Word<'_>,
    clock: impl Fn(&str) -> Option<Millis>,
) -> Result<(String, Value), Wrong> {
    match word.assignment() {
        Some((name, value)) if let Some(at) = clock(value.text) => {
            Ok((name.text.into(), format_rfc3339(at).into()))
        }
        Some((name, value)) => Ok((name.text.into(), scalar_or_json(value)?)),
        None => Err(no_assignment(word)),
    }
}
