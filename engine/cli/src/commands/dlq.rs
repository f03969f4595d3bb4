//! `cartwheel dlq list|replay`: what could not be applied or delivered, and why.

use super::origins;
use crate::failure::{Failure, count};
use crate::flags::{DlqCommand, Flags, ListFlags, Output, ReplayFlags};
use crate::letters::{Letter, Replayed, Since, read, replay};
use crate::settings::Loaded;
use crate::show::table::table;
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_kafka::EventsProducer;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;

/// Lists or writes back.
pub fn run(flags: &Flags, command: &DlqCommand) -> Result<(), Failure> {
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let text = match command {
        DlqCommand::List(list) => listed(&loaded, list, flags.output)?,
        DlqCommand::Replay(replay) => replayed(&loaded, replay, flags.output)?,
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// The newest letters that the flags pick, the newest last.
fn newest(loaded: &Loaded, list: &ListFlags) -> Result<Vec<Letter>, Failure> {
    let mut found = Newest::new(list.limit);
    // Where only some count, nobody knows how far back the last of them lies.
    let since = match &list.reason {
        None => Since::Newest(list.limit),
        Some(_) => Since::Places(BTreeMap::new()),
    };
    let patience = duration(loaded.settings.engine.start_timeout);
    let outcome = read(&loaded.settings.kafka, patience, &since, |letter| {
        if list.reason.as_ref().is_none_or(|reason| letter.reason == *reason) {
            found.add(letter);
        }
        ControlFlow::Continue(())
    });
    outcome.map_err(|error| refusal::kafka(&error, loaded))?;
    Ok(found.letters.into_values().collect())
}

/// At most so many letters, those with the latest times.
struct Newest {
    limit: usize,
    letters: BTreeMap<(Millis, i32, i64), Letter>,
}

impl Newest {
    fn new(limit: usize) -> Self {
        Self { limit, letters: BTreeMap::new() }
    }

    fn add(&mut self, letter: Letter) {
        self.letters.insert((letter.at, letter.partition, letter.offset), letter);
        if self.letters.len() > self.limit {
            self.letters.pop_first();
        }
    }
}

fn listed(loaded: &Loaded, list: &ListFlags, output: Output) -> Result<String, Failure> {
    let found = newest(loaded, list)?;
    Ok(match output {
        Output::Json => {
            found.iter().map(|letter| format!("{}\n", letter.json(list.payload))).collect()
        }
        Output::Text if found.is_empty() && list.limit > 0 => {
            format!("No dead letters in {}.\n", loaded.settings.kafka.topics().dlq)
        }
        Output::Text => as_table(&found, list.payload) + &more(found.len(), list.limit),
    })
}

fn as_table(found: &[Letter], payload: bool) -> String {
    let row = |letter: &Letter| {
        let mut row = vec![
            letter.place(),
            format_rfc3339(letter.at),
            letter.reason.clone(),
            letter.from(),
            letter.attempt.to_string(),
        ];
        row.push(one_line(&letter.detail));
        if payload {
            let shown = letter.json(true);
            row.extend(["key", "value"].map(|name| one_line(shown[name].as_str().unwrap_or("-"))));
        }
        row
    };
    let mut headings = vec!["letter", "time", "reason", "came from", "attempt#", "detail"];
    if payload {
        headings.extend(["key", "value"]);
    }
    table(&headings, &found.iter().map(row).collect::<Vec<_>>())
}

/// Control characters would break the table, or the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn more(shown: usize, limit: usize) -> String {
    if shown < limit {
        String::new()
    } else {
        format!("There may be older ones: --limit {}\n", limit.max(10).saturating_mul(10))
    }
}

fn replayed(loaded: &Loaded, flags: &ReplayFlags, output: Output) -> Result<String, Failure> {
    let kafka = &loaded.settings.kafka;
    let patience = duration(loaded.settings.engine.start_timeout);
    let failed = |error: cartwheel_kafka::Error| refusal::kafka(&error, loaded);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let producer = EventsProducer::new(kafka).map_err(failed)?;
    let mut replayed = Summary::default();
    let mut wrong = None;
    // One letter at a time: a topic of dead letters may be larger than memory.
    let reading =
        read(kafka, patience, &Since::Places(flags.from.iter().copied().collect()), |letter| {
            let outcome = match wants(flags, &letter) {
                true => runtime
                    .block_on(replay(kafka, &producer, &letter, patience, flags.dry_run))
                    .map(Some),
                false => Ok(None),
            };
            match outcome {
                Ok(outcome) => replayed.add(&letter, outcome),
                Err(error) => {
                    wrong = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
    let told = replayed.told(flags, output);
    match reading.err().or(wrong) {
        None => Ok(told),
        Some(error) => {
            // What was written is written: say how much before saying why no more.
            eprint!("{told}");
            Err(failed(error))
        }
    }
}

fn wants(flags: &ReplayFlags, letter: &Letter) -> bool {
    flags.reason.as_ref().is_none_or(|reason| letter.reason == *reason)
        && (flags.offset.is_empty() || flags.offset.contains(&(letter.partition, letter.offset)))
}

/// What became of the letters, and how far they were read.
#[derive(Default)]
struct Summary {
    counts: BTreeMap<Replayed, usize>,
    /// The offset behind the last letter of each partition.
    next: BTreeMap<i32, i64>,
}

impl Summary {
    fn add(&mut self, letter: &Letter, outcome: Option<Replayed>) {
        if let Some(outcome) = outcome {
            *self.counts.entry(outcome).or_default() += 1;
        }
        self.next.insert(letter.partition, letter.offset + 1);
    }

    fn of(&self, outcome: Replayed) -> usize {
        self.counts.get(&outcome).copied().unwrap_or(0)
    }

    /// The places that go on behind what was read; none where that is not what is asked.
    fn from(&self, flags: &ReplayFlags) -> Option<String> {
        let mut next: BTreeMap<i32, i64> = flags.from.iter().copied().collect();
        next.extend(&self.next);
        let places: Vec<String> =
            next.iter().map(|(partition, offset)| format!("{partition}:{offset}")).collect();
        (!flags.dry_run && flags.offset.is_empty() && !places.is_empty()).then(|| places.join(","))
    }

    fn told(&self, flags: &ReplayFlags, output: Output) -> String {
        let next = self.from(flags);
        match output {
            Output::Json => format!("{}\n", self.json(flags.dry_run, next)),
            Output::Text => {
                self.text(flags.dry_run)
                    + &next.map_or_else(String::new, |next| going_on(flags, &next))
            }
        }
    }

    fn json(&self, dry_run: bool, next: Option<String>) -> Value {
        json!({
            "dry_run": dry_run, "written": self.of(Replayed::Written), "commands": self.of(Replayed::Command), "applied": self.of(Replayed::Applied),
            "foreign": self.of(Replayed::Foreign), "gone": self.of(Replayed::Gone), "too_large": self.of(Replayed::TooLarge), "next_from": next,
        })
    }

    fn text(&self, dry_run: bool) -> String {
        let verb = if dry_run { "would be written" } else { "written" };
        let mut text =
            format!("{} {verb} to the events topic\n", count(self.of(Replayed::Written), "event"));
        for (outcome, why) in [
            (Replayed::Command, "commands that could not be delivered; they are not sent again"),
            (
                Replayed::Applied,
                "copies of events that were applied, without the fields that the detail names",
            ),
            (Replayed::Foreign, "not written by Cartwheel"),
            (Replayed::Gone, "too large to be carried, and retention has passed the original"),
            (Replayed::TooLarge, "larger than kafka.message_max_bytes or the topic allows"),
        ] {
            if self.of(outcome) > 0 {
                text += &format!("{} passed over: {why}\n", count(self.of(outcome), "letter"));
            }
        }
        text
    }
}

fn going_on(flags: &ReplayFlags, next: &str) -> String {
    let reason =
        flags.reason.as_ref().map(|reason| format!(" --reason {reason}")).unwrap_or_default();
    format!("Next time, for what comes after these: cartwheel dlq replay{reason} --from {next}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(at: Millis, partition: i32, offset: i64) -> Letter {
        Letter::of(cartwheel_kafka::OwnedRecord {
            partition,
            offset,
            timestamp_ms: at,
            ..Default::default()
        })
    }

    #[test]
    fn a_replay_says_what_became_of_every_letter_and_where_to_go_on() {
        let mut replayed = Summary::default();
        for (partition, offset, outcome) in [
            (0, 5, Some(Replayed::Written)),
            (0, 6, None),
            (2, 0, Some(Replayed::Command)),
            (2, 1, Some(Replayed::Written)),
            (2, 2, Some(Replayed::Applied)),
        ] {
            replayed.add(&letter(0, partition, offset), outcome);
        }
        let flags = ReplayFlags {
            reason: Some("too_large".into()),
            from: vec![(0, 4), (1, 9)],
            ..ReplayFlags::default()
        };
        let text = "2 events written to the events topic\n1 letter passed over: commands that could not be delivered; they are not sent again\n\
            1 letter passed over: copies of events that were applied, without the fields that the detail names\n\
            Next time, for what comes after these: cartwheel dlq replay --reason too_large --from 0:7,1:9,2:3\n";
        assert_eq!(replayed.told(&flags, Output::Text), text);
        let json: Value = serde_json::from_str(&replayed.told(&flags, Output::Json)).unwrap();
        assert_eq!(
            json,
            json!({ "dry_run": false, "written": 2, "commands": 1, "applied": 1, "foreign": 0, "gone": 0, "too_large": 0, "next_from": "0:7,1:9,2:3" })
        );
        let dry = ReplayFlags { all: true, dry_run: true, ..ReplayFlags::default() };
        assert_eq!(
            Summary::default().told(&dry, Output::Text),
            "0 events would be written to the events topic\n"
        );
        let single = ReplayFlags { offset: vec![(0, 5)], ..ReplayFlags::default() };
        assert!(!replayed.told(&single, Output::Text).contains("Next time"));
    }

    #[test]
    fn the_newest_letters_are_kept_over_all_partitions() {
        let mut newest = Newest::new(2);
        for (at, partition, offset) in [(3, 0, 1), (9, 0, 2), (1, 1, 7), (5, 1, 8)] {
            newest.add(letter(at, partition, offset));
        }
        assert_eq!(
            newest.letters.into_values().map(|letter| letter.place()).collect::<Vec<_>>(),
            ["1:8", "0:2"]
        );
    }

    #[test]
    fn content_cannot_break_the_table() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a b [31m");
    }
}
