//! An expectation line: `expect nothing`, `expect CUSTOMER nothing`, `expect CUSTOMER send TEMPLATE [CHANNEL]`,
//! `expect CUSTOMER VERDICT [REASON] [name=value ...]`.

use super::event::{Message, scalar_or_json};
use super::fault::Wrong;
use super::suggest;
use super::word::Word;
use cartwheel_core::channel::Channel;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::time::{Millis, format_rfc3339};
use serde_json::Value;

/// What must have been decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// Nothing, for this customer or for anyone.
    Nothing(Option<String>),
    /// A decision.
    Decision(Wanted),
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
    /// `journey`, `step`, `channel`, and names among the decision's values.
    pub values: Vec<(String, Value)>,
}

impl Expectation {
    /// Reads the words after `expect`. `clock` reads `HH:MM` of the line's day.
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
        let values = rest.iter().map(&value).collect::<Result<_, _>>()?;
        return Ok(Wanted {
            customer,
            verdict: Verdict::Sent,
            reason: None,
            message: Some(message),
            values,
        });
    }
    let names = Verdict::ALL.iter().map(|verdict| verdict.name());
    let known = Verdict::ALL.iter().find(|known| known.name() == verdict.text);
    let Some(known) = known else {
        let help = suggest::help(verdict.text, names.chain(["send", "nothing"]));
        return Err((verdict.span(), format!("unknown decision `{}`", verdict.text), Some(help)));
    };
    let (reason, rest) = match rest {
        [word, rest @ ..] if !word.text.contains('=') => (Some(reason(*word)?), rest),
        _ => (None, rest),
    };
    let values = rest.iter().map(&value).collect::<Result<_, _>>()?;
    Ok(Wanted { customer, verdict: *known, reason, message: None, values })
}

fn message<'w, 't>(
    send: Word<'t>,
    rest: &'w [Word<'t>],
) -> Result<(Message, &'w [Word<'t>]), Wrong> {
    let [template, rest @ ..] = rest else {
        return Err((send.span(), "`send` needs the template's name".into(), None));
    };
    let (channel, rest) = match rest {
        [word, rest @ ..] if !word.text.contains('=') => (Some(channel(*word)?), rest),
        _ => (None, rest),
    };
    Ok((Message { template: template.text.into(), channel }, rest))
}

fn channel(word: Word<'_>) -> Result<Channel, Wrong> {
    Channel::parse(word.text).ok_or_else(|| {
        let help = suggest::help(word.text, Channel::ALL.iter().map(|channel| channel.name()));
        (word.span(), format!("unknown channel `{}`", word.text), Some(help))
    })
}

fn reason(word: Word<'_>) -> Result<Reason, Wrong> {
    let known = Reason::ALL.iter().find(|known| known.name() == word.text);
    known.copied().ok_or_else(|| {
        let help = suggest::help(word.text, Reason::ALL.iter().map(|reason| reason.name()));
        (word.span(), format!("unknown reason `{}`", word.text), Some(help))
    })
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
        None => Err((word.span(), format!("`{}` is not of the form name=value", word.text), None)),
    }
}
