//! `cartwheel dlq list|replay`: what could not be applied or delivered, and why.

use super::origins;
use crate::failure::{Failure, count};
use crate::flags::{DlqCommand, Flags, ListFlags, Output, ReplayFlags};
use crate::letters::{Letter, Outcome, read, replay};
use crate::settings::Loaded;
use crate::show::table::table;
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::time::format_rfc3339;
use cartwheel_kafka::EventsProducer;
use serde_json::json;
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

/// The letters that `wanted` picks, at most `limit`.
fn letters(loaded: &Loaded, limit: usize, wanted: impl Fn(&Letter) -> bool) -> Result<Vec<Letter>, Failure> {
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    let patience = duration(loaded.settings.engine.start_timeout);
    let outcome = read(&loaded.settings.kafka, patience, |letter| {
        if wanted(&letter) {
            found.push(letter);
        }
        if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    outcome.map_err(|error| refusal::kafka(&error, loaded))?;
    Ok(found)
}

fn listed(loaded: &Loaded, list: &ListFlags, output: Output) -> Result<String, Failure> {
    let found = letters(loaded, list.limit, |letter| list.reason.as_ref().is_none_or(|reason| letter.reason == *reason))?;
    Ok(match output {
        Output::Json => found.iter().map(|letter| format!("{}\n", letter.json(list.payload))).collect(),
        Output::Text if found.is_empty() => format!("No dead letters in {}.\n", loaded.settings.kafka.topics().dlq),
        Output::Text => as_table(&found, list.payload) + &more(found.len(), list.limit),
    })
}

fn as_table(found: &[Letter], payload: bool) -> String {
    let row = |letter: &Letter| {
        let mut row = vec![letter.place(), format_rfc3339(letter.at), letter.reason.clone(), letter.from(), letter.attempt.to_string()];
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
    if shown < limit { String::new() } else { format!("There may be more: --limit {}\n", limit.saturating_mul(10)) }
}

fn replayed(loaded: &Loaded, flags: &ReplayFlags, output: Output) -> Result<String, Failure> {
    let wanted = |letter: &Letter| {
        flags.reason.as_ref().is_none_or(|reason| letter.reason == *reason)
            && (flags.offset.is_empty() || flags.offset.contains(&(letter.partition, letter.offset)))
    };
    let kafka = &loaded.settings.kafka;
    let patience = duration(loaded.settings.engine.start_timeout);
    let failed = |error: cartwheel_kafka::Error| refusal::kafka(&error, loaded);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let producer = EventsProducer::new(kafka).map_err(failed)?;
    let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
    // One letter at a time: a topic of dead letters may be larger than memory.
    let mut wrong = None;
    let reading = read(kafka, patience, |letter| {
        if !wanted(&letter) {
            return ControlFlow::Continue(());
        }
        match runtime.block_on(replay(kafka, &producer, &letter, patience, flags.dry_run)) {
            Ok(outcome) => *counts.entry(outcome).or_default() += 1,
            Err(error) => {
                wrong = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    let told = told(&counts, flags.dry_run, output);
    match reading.err().or(wrong) {
        None => Ok(told),
        Some(error) => {
            // What was written is written: say how much before saying why no more.
            eprint!("{told}");
            Err(failed(error))
        }
    }
}

fn told(counts: &BTreeMap<Outcome, usize>, dry_run: bool, output: Output) -> String {
    let of = |outcome| counts.get(&outcome).copied().unwrap_or(0);
    let (written, others) = (of(Outcome::Written), of(Outcome::NotAnEvent));
    let (gone, large) = (of(Outcome::Gone), of(Outcome::TooLarge));
    if output == Output::Json {
        let shown = json!({ "dry_run": dry_run, "written": written, "not_events": others, "gone": gone, "too_large": large });
        return format!("{shown}\n");
    }
    let verb = if dry_run { "would be written" } else { "written" };
    let mut text = format!("{} {verb} to the events topic\n", count(written, "event"));
    for (number, why) in [
        (others, "passed over: no events"),
        (gone, "passed over: too large to be carried, and retention has passed the original"),
        (large, "passed over: larger than kafka.message_max_bytes or the topic allows"),
    ] {
        if number > 0 {
            text += &format!("{} {why}\n", count(number, "letter"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_says_what_became_of_every_letter() {
        let counts = BTreeMap::from([(Outcome::Written, 2), (Outcome::NotAnEvent, 1)]);
        assert_eq!(told(&counts, false, Output::Text), "2 events written to the events topic\n1 letter passed over: no events\n");
        assert_eq!(told(&BTreeMap::new(), true, Output::Text), "0 events would be written to the events topic\n");
        let json: serde_json::Value = serde_json::from_str(&told(&counts, true, Output::Json)).unwrap();
        assert_eq!(json, json!({ "dry_run": true, "written": 2, "not_events": 1, "gone": 0, "too_large": 0 }));
    }

    #[test]
    fn content_cannot_break_the_table() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a b [31m");
    }
}
