//! What a storm has sent: every customer one message, decided when its timer was due or later; of a sample all of it, as the reference model has it.

use super::script::Script;
use crate::expected::differs;
use crate::progress::begin;
use crate::sends::read_commands;
use crate::setup::Setup;
use crate::{Error, sends};
use cartwheel_core::command::Command;
use cartwheel_core::id::CommandId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{Millis, rfc3339};
use cartwheel_workload::names::{customer_name, customer_number};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// What is looked at of every command.
#[derive(Deserialize)]
struct Sent<'a> {
    command_id: CommandId,
    #[serde(borrow)]
    customer: Cow<'a, str>,
    #[serde(with = "rfc3339")]
    due_at: Millis,
    #[serde(with = "rfc3339")]
    decided_at: Millis,
}

/// See the module.
pub(super) struct Outcome {
    script: Script,
    plan: Arc<Plan>,
    /// Whose messages are compared.
    sample: HashSet<u32>,
    /// Who has a message.
    told: Vec<bool>,
    ids: Vec<CommandId>,
    equal: u64,
    /// The first thing that is not as it should be.
    wrong: Option<String>,
    /// When the broker had the first message, and the last.
    acknowledged: Option<(Millis, Millis)>,
}

/// A storm of which nothing is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Complete {
    /// When the broker had the first message.
    pub(super) first: Millis,
    /// When it had the last.
    pub(super) last: Millis,
    /// Messages that equal the reference's.
    pub(super) equal: u64,
}

/// Reads all that was sent, and holds it against the script.
pub(super) fn read(
    setup: &Setup,
    partitions: i32,
    script: Script,
    sample: u32,
) -> Result<Complete, Error> {
    let mut outcome = Outcome::new(&setup.plan, script, sample);
    let bar = begin("reading the sends topic", script.customers.into());
    for partition in 0..partitions {
        read_commands(&setup.kafka, partition, |turn: &mut sends::AcceptedTurn, at, value| {
            bar.inc(1);
            outcome.take(turn.turn.now, at, value)
        })?;
    }
    bar.finish_and_clear();
    outcome.finish()
}

impl Outcome {
    fn new(plan: &Arc<Plan>, script: Script, sample: u32) -> Self {
        let customers = script.customers as usize;
        Self {
            script,
            plan: Arc::clone(plan),
            sample: script.sample(sample).into_iter().collect(),
            told: vec![false; customers],
            ids: Vec::with_capacity(customers),
            equal: 0,
            wrong: None,
            acknowledged: None,
        }
    }

    /// A command of a turn at whose end the clock showed `now`, which the broker had at `at`. `Err` says why it cannot be read.
    fn take(&mut self, now: Millis, at: Millis, value: &[u8]) -> Result<(), String> {
        let sent: Sent<'_> = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        let (first, last) = self.acknowledged.unwrap_or((at, at));
        self.acknowledged = Some((first.min(at), last.max(at)));
        self.ids.push(sent.command_id);
        let wrong = self.judge(&sent, now, value)?;
        self.wrong = self.wrong.take().or(wrong);
        Ok(())
    }

    /// What is wrong with it, if anything is.
    fn judge(
        &mut self,
        sent: &Sent<'_>,
        now: Millis,
        value: &[u8],
    ) -> Result<Option<String>, String> {
        let told = customer_number(&sent.customer)
            .and_then(|number| Some((number, self.told.get_mut(number as usize)?)));
        let Some((number, told)) = told else {
            return Ok(Some(format!("{} is no customer of the storm", sent.customer)));
        };
        if std::mem::replace(told, true) {
            return Ok(Some(format!("{} has two messages", sent.customer)));
        }
        let due = self.script.due(number);
        if sent.due_at != sent.decided_at || sent.decided_at != now || now < due {
            return Ok(Some(format!(
                "the message of {} is said to be due at {} and decided at {}; its timer is due at {due}, and the turn's clock showed {now}",
                sent.customer, sent.due_at, sent.decided_at
            )));
        }
        if !self.sample.contains(&number) {
            return Ok(None);
        }
        let command: Command = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        let events = [self.script.sign_up(number), self.script.cart(number)];
        let difference = differs(&self.plan, events, &command.into());
        self.equal += u64::from(difference.is_none());
        Ok(difference)
    }

    /// Every customer must have been told, under an id of its own.
    fn finish(mut self) -> Result<Complete, Error> {
        if let Some(wrong) = self.wrong {
            return Err(Error::Void(wrong));
        }
        let missing = self.told.iter().filter(|told| !**told).count();
        if let Some(first) = self.told.iter().position(|told| !told) {
            return Err(Error::Void(format!(
                "{missing} of {} messages are missing; the first is that of {}",
                self.told.len(),
                customer_name(first as u32)
            )));
        }
        self.ids.sort_unstable();
        if let Some(pair) = self.ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Void(format!("two messages have the id {}", pair[0])));
        }
        let (first, last) = self.acknowledged.unwrap_or_default();
        Ok(Complete { first, last, equal: self.equal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::time::format_rfc3339;
    use std::path::Path;

    const DUE: Millis = 1_772_445_600_000;
    const SCRIPT: Script =
        Script { customers: 3, signed_up: DUE - 7_200_000, due: DUE, within: 300 };

    fn outcome() -> Outcome {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers");
        Outcome::new(&Arc::new(crate::setup::plan(&folder).unwrap()), SCRIPT, 1)
    }

    /// A message that was decided when its timer was due.
    fn message(customer: u32, id: u32) -> (Millis, String) {
        let due = SCRIPT.due(customer);
        let at = format_rfc3339(due);
        let text = format!(
            r#"{{"command_id":"{id:032x}","customer":"{}","due_at":"{at}","decided_at":"{at}"}}"#,
            customer_name(customer)
        );
        (due, text)
    }

    fn take(outcome: &mut Outcome, (now, text): (Millis, String)) -> Result<(), String> {
        outcome.take(now, now + 5, text.as_bytes())
    }

    fn void(outcome: Outcome) -> String {
        outcome.finish().unwrap_err().to_string()
    }

    #[test]
    fn whoever_is_told_twice_or_never_makes_the_run_void() {
        let mut one = outcome();
        take(&mut one, message(1, 1)).unwrap();
        assert!(
            void(one).contains("2 of 3 messages are missing; the first is that of c0000000000")
        );

        let mut twice = outcome();
        take(&mut twice, message(1, 1)).unwrap();
        take(&mut twice, message(1, 2)).unwrap();
        assert!(void(twice).contains("c0000000001 has two messages"));

        let mut same = outcome();
        take(&mut same, message(1, 1)).unwrap();
        take(&mut same, message(2, 1)).unwrap();
        same.told[0] = true;
        assert!(void(same).contains("two messages have the id"));
    }

    #[test]
    fn a_message_before_its_time_or_of_a_stranger_is_wrong() {
        let (due, text) = message(2, 1);
        for (now, text) in [(due + 1, text.clone()), message(7, 1), early(due, &text)] {
            let mut outcome = outcome();
            take(&mut outcome, (now, text.clone())).unwrap();
            assert!(outcome.wrong.is_some(), "{text}");
        }
        assert!(outcome().take(0, 0, b"{}").is_err());
    }

    /// The same a millisecond before it is due.
    fn early(due: Millis, text: &str) -> (Millis, String) {
        (due - 1, text.replace(&format_rfc3339(due), &format_rfc3339(due - 1)))
    }

    #[test]
    fn the_samples_message_must_be_whole() {
        let error = take(&mut outcome(), message(0, 1)).unwrap_err();
        assert!(error.contains("missing field"), "{error}");
        let mut all = outcome();
        (1..3).for_each(|number| take(&mut all, message(number, number)).unwrap());
        all.told[0] = true;
        let complete = all.finish().unwrap();
        assert_eq!((complete.first, complete.last), (DUE + 105, DUE + 205));
    }
}
