//! `cartwheel dlq list|replay`: what could not be applied or delivered, and why.

use super::origins;
use crate::failure::{Failure, Fault, count};
use crate::flags::{DlqCommand, Flags, ListFlags, Output, ReplayFlags};
use crate::letters::{Letter, Replayed, Since, read, replay};
use crate::settings::Loaded;
use crate::show::table::table;
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_kafka::EventsProducer;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

/// A broker that is there answers sooner.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lists or writes back.
pub fn run(flags: &Flags, command: &DlqCommand) -> Result<(), Failure> {
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let text = match command {
        DlqCommand::List(list) => listed(&loaded, list, flags.output)?,
        DlqCommand::Replay(replay) => replayed(&loaded, replay, flags.output)?,
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// Somebody waits for the answer: says of whom it is asked, and for how long at most.
fn connecting(loaded: &Loaded) -> Duration {
    let patience = duration(loaded.settings.engine.start_timeout).min(PATIENCE);
    let bootstrap = &loaded.settings.kafka.bootstrap;
    eprintln!("connecting to {bootstrap} (at most {} s)", patience.as_secs().max(1));
    patience
}

/// The newest letters that the flags pick, the newest last.
fn newest(loaded: &Loaded, list: &ListFlags) -> Result<Vec<Letter>, Failure> {
    let mut found = Newest::new(list.limit);
    // Where only some count, nobody knows how far back the last of them lies.
    let since = match &list.reason {
        None => Since::Newest(list.limit),
        Some(_) => Since::Places(BTreeMap::new()),
    };
    let patience = connecting(loaded);
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
    let patience = connecting(loaded);
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
    let outcome = match (reading, wrong) {
        (Err(error), _) | (Ok(_), Some(error)) => Err(failed(error)),
        (Ok(partitions), None) => replayed.all_there(flags, partitions),
    };
    if outcome.is_err() {
        // What was written is written: say how much before saying why no more.
        eprint!("{told}");
    }
    outcome.map(|()| told)
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
    /// Places of the letters that were wanted.
    met: BTreeSet<(i32, i64)>,
}

impl Summary {
    fn add(&mut self, letter: &Letter, outcome: Option<Replayed>) {
        if let Some(outcome) = outcome {
            *self.counts.entry(outcome).or_default() += 1;
            self.met.insert((letter.partition, letter.offset));
        }
        self.next.insert(letter.partition, letter.offset + 1);
    }

    fn of(&self, outcome: Replayed) -> usize {
        self.counts.get(&outcome).copied().unwrap_or(0)
    }

    /// Whether everything that the flags name is there, in a topic of so many partitions. Errors: what is not; nothing would be written for it, and
    /// nothing said.
    fn all_there(&self, flags: &ReplayFlags, partitions: i32) -> Result<(), Failure> {
        let reason = flags
            .reason
            .as_ref()
            .map(|reason| format!(" with reason {reason}"))
            .unwrap_or_default();
        let letters = flags.offset.iter().filter(|place| !self.met.contains(place));
        let letters = letters.map(|(partition, offset)| {
            let help = "`cartwheel dlq list` shows the places of those that there are; what retention has removed is gone";
            Fault::new(format!("no dead letter{reason} at {partition}:{offset}"), Some(help.into()))
        });
        let beyond = flags.from.iter().filter(|(partition, _)| *partition >= partitions);
        let beyond = beyond.map(|(partition, offset)| {
            let help = format!("the topic has the partitions 0 to {}", partitions - 1);
            let message = format!("--from {partition}:{offset}: there is no such partition");
            Fault::new(message, Some(help))
        });
        let faults: Vec<Fault> = letters.chain(beyond).collect();
        if faults.is_empty() { Ok(()) } else { Err(Failure::Data(faults)) }
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
    fn what_is_named_and_not_there_is_told() {
        let mut replayed = Summary::default();
        replayed.add(&letter(0, 0, 5), Some(Replayed::Written));
        replayed.add(&letter(0, 0, 6), None);
        let said = |flags: &ReplayFlags| match replayed.all_there(flags, 2) {
            Err(Failure::Data(faults)) => faults.into_iter().map(|fault| fault.message).collect(),
            Err(other) => vec![other.to_string()],
            Ok(()) => Vec::new(),
        };
        let offset = vec![(0, 5), (0, 6), (7, 1)];
        let named = ReplayFlags { offset: offset.clone(), ..ReplayFlags::default() };
        assert_eq!(said(&named), ["no dead letter at 0:6", "no dead letter at 7:1"]);
        let reason = Some("not_json".to_owned());
        let narrow = ReplayFlags { offset, reason, ..ReplayFlags::default() };
        assert_eq!(said(&narrow)[0], "no dead letter with reason not_json at 0:6");
        let from = ReplayFlags { from: vec![(1, 900), (2, 0)], ..ReplayFlags::default() };
        assert_eq!(said(&from), ["--from 2:0: there is no such partition"]);
        let all = ReplayFlags { all: true, ..ReplayFlags::default() };
        assert_eq!(said(&all), Vec::<String>::new());
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
