//! `cartwheel facts`: past events, for facts that have not seen them.

use super::origins;
use crate::failure::{Failure, Fault, count};
use crate::flags::{BackfillFlags, FactsCommand, Flags, Output};
use crate::journeys;
use crate::known::Asked;
use crate::past::facts::{self, Facts};
use crate::past::files::{Files, Line};
use crate::past::record::Identity;
use crate::past::seen::{self, Histories, Sample};
use crate::past::select::{Chosen, Counts, Selection, Wrong};
use crate::past::write::Writer;
use crate::settings::Loaded;
use crate::streams::{PATIENCE, check_topics, now};
use crate::wire::engine::duration;
use cartwheel_core::stream::{MAX_PAST, PAST};
use cartwheel_core::time::{Millis, format_rfc3339};
use cartwheel_runtime::admin::view::ShardView;
use serde_json::json;
use std::time::{Duration, Instant};

/// Faults told at most.
const MAX_FAULTS: usize = 20;
/// Between two lines that say how far it is.
const PROGRESS: Duration = Duration::from_secs(5);

/// Checks every line, then writes.
pub fn run(flags: &Flags, command: &FactsCommand) -> Result<(), Failure> {
    let FactsCommand::Backfill(backfill) = command;
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let plan = journeys::compile(&loaded)?.plan;
    if backfill.before > now() {
        let message = format!("--before {} lies in the future", format_rfc3339(backfill.before));
        let help = "name the time at which the events topic begins to have these events: what comes after it counts by itself";
        return Err(Failure::Data(vec![Fault::new(message, Some(help.into()))]));
    }
    let facts = facts::named(&plan.facts, &backfill.facts)?;
    let mut history = History {
        files: Files::open(&backfill.files)?,
        facts,
        loaded: &loaded,
        before: backfill.before,
        again: backfill.again.clone(),
        now: now(),
    };
    let checked = history.check()?;
    let partitions = match backfill.dry_run {
        true => None,
        false => {
            if let Some(engine) = Asked::find(&loaded, &backfill.admin)? {
                history.must_count(&engine, &checked.name, &backfill.facts)?;
            }
            Some(history.write(&checked, backfill)?)
        }
    };
    let told = Told { history: &history, checked: &checked, partitions };
    match flags.output {
        Output::Json => println!("{}", told.json()),
        Output::Text => print!("{}", told.text()),
    }
    Ok(())
}

/// Events of a file, for facts.
struct History<'l> {
    files: Files,
    facts: Facts,
    loaded: &'l Loaded,
    before: Millis,
    again: Option<String>,
    now: Millis,
}

/// A history in which every line is right.
struct Checked {
    name: String,
    counts: Counts,
    sample: Sample,
}

impl History<'_> {
    /// Reads all of it. Errors: every line that is wrong, the first twenty of them; nothing in it is for these facts.
    fn check(&mut self) -> Result<Checked, Failure> {
        let (mut faults, mut wrong_lines, mut told) = (Vec::new(), 0u64, Instant::now());
        let checked = self.each(|number, outcome| {
            if let Err((line, wrong)) = outcome {
                wrong_lines += 1;
                if faults.len() < MAX_FAULTS {
                    faults.push(fault(line, wrong));
                }
            }
            if number.is_multiple_of(1_000) && told.elapsed() >= PROGRESS {
                told = Instant::now();
                eprintln!("{number} lines are checked");
            }
            Ok(())
        })?;
        if wrong_lines > 0 {
            let lines = count(usize::try_from(wrong_lines).unwrap_or(usize::MAX), "line");
            eprintln!("nothing is written: {lines} of the history cannot be read");
            return Err(Failure::Data(faults));
        }
        if checked.counts.events == 0 {
            return Err(self.nothing(&checked.counts));
        }
        Ok(checked)
    }

    /// Errors: the engine does not count these facts, or its shards have no room for another history.
    fn must_count(&self, engine: &Asked, name: &str, named: &[String]) -> Result<(), Failure> {
        let address = &engine.address;
        if facts::named(&engine.plan.facts, named).ok().as_ref() != Some(&self.facts) {
            let message = format!(
                "the engine at {address} does not have these facts, or they are made of other events there"
            );
            let help = "put them into force first (cartwheel publish): a history counts once, and would count for nothing";
            return Err(Failure::Data(vec![Fault::new(message, Some(help.into()))]));
        }
        let known = |shard: &ShardView| {
            let past = shard.streams.iter().filter(|stream| stream.stream.starts_with(PAST));
            let past: Vec<&str> = past.map(|stream| stream.stream.as_str()).collect();
            !past.contains(&name) && past.len() >= MAX_PAST
        };
        let Some(shard) = engine.overview.shards.iter().find(|shard| known(shard)) else {
            return Ok(());
        };
        let message = format!(
            "shard {} of {address} knows {MAX_PAST} histories already and takes no other one",
            shard.shard
        );
        let help = "what happens from now on belongs into the events topic (runbook: Streams full)";
        Err(Failure::Data(vec![Fault::new(message, Some(help.into()))]))
    }

    /// Writes it. How many partitions there are. Errors: what Kafka says, an interrupt, events that another history has brought, files that are others than
    /// before.
    fn write(&mut self, checked: &Checked, flags: &BackfillFlags) -> Result<usize, Failure> {
        let (name, number) = (&checked.name, checked.counts.events);
        let patience = duration(self.loaded.settings.engine.start_timeout).min(PATIENCE);
        check_topics(self.loaded, patience)?;
        let written = Histories::read(self.loaded, patience)?;
        self.must_be_new(&written, name)?;
        let mut writer = Writer::open(self.loaded, (name, &self.facts), number, flags.rate)?;
        if !written.has(name) {
            let history = seen::History::new(&self.facts, number, now(), &checked.sample);
            writer.remember(name, &history)?;
        }
        let again = self.each(|_, outcome| match outcome {
            Ok(None) => Ok(()),
            Ok(Some((_, event))) => writer.write(event),
            Err((line, wrong)) => Err(Failure::Data(vec![fault(line, wrong)])),
        })?;
        writer.finish()?;
        if again.name != *name {
            let help = "some events of the files as they were are counted: put these files back, and run the command again to count the rest";
            let message = "the files were changed while they were read";
            return Err(Failure::Data(vec![Fault::new(message, Some(help.into()))]));
        }
        Ok(writer.partitions())
    }

    /// Errors: one of its events was brought by another history for one of its facts, and nobody has asked for it `again`.
    fn must_be_new(&mut self, written: &Histories, name: &str) -> Result<(), Failure> {
        let facts = self.facts.clone();
        let is_asked = self.again.is_some() || written.has(name);
        let Some(mut shared) = written.for_facts(&facts).filter(|_| !is_asked) else {
            return Ok(());
        };
        self.each(|_, outcome| {
            if let Ok(Some((line, event))) = outcome {
                shared.look(event.text, || format!("{}:{}", line.file, line.number));
            }
            Ok(())
        })?;
        shared.fault(&facts).map_or(Ok(()), |fault| Err(Failure::Data(vec![fault])))
    }

    /// Goes through all lines; `take` gets how many there were, and what this one is.
    fn each(
        &mut self,
        mut take: impl FnMut(
            u64,
            Result<Option<(&Line<'_>, &Chosen<'_>)>, (&Line<'_>, Wrong)>,
        ) -> Result<(), Failure>,
    ) -> Result<Checked, Failure> {
        let policy = &self.loaded.settings.policy;
        let mut identity = Identity::new(&self.facts, self.again.as_deref());
        let mut sample = Sample::default();
        let mut selection = Selection::new(&self.facts, policy, self.before, self.now);
        let mut number = 0;
        self.files.each(policy.max_event_bytes, |line| {
            number += 1;
            match selection.take(&line) {
                Ok(chosen) => {
                    if let Some(chosen) = &chosen {
                        identity.add(chosen.text.as_bytes());
                        sample.add(chosen.text);
                    }
                    take(number, Ok(chosen.as_ref().map(|chosen| (&line, chosen))))
                }
                Err(wrong) => take(number, Err((&line, wrong))),
            }
        })?;
        Ok(Checked { name: identity.name(), counts: selection.counts, sample })
    }

    fn nothing(&self, counts: &Counts) -> Failure {
        let kinds: Vec<&str> = self.facts.values().flatten().map(String::as_str).collect();
        let before = format_rfc3339(self.before);
        let (message, help) = match counts.lines() {
            0 => ("there is no event in the history".to_owned(), "write one a line".to_owned()),
            _ if counts.later > 0 => (
                format!("no event of the history happened before {before}"),
                "--before is the time from which on the engine has counted by itself".to_owned(),
            ),
            _ => (
                "no event of the history feeds these facts".to_owned(),
                format!("they are made of {}", kinds.join(", ")),
            ),
        };
        Failure::Data(vec![Fault::new(message, Some(help))])
    }
}

/// Events are somebody's: the lines are told by their numbers.
fn fault(line: &Line<'_>, wrong: Wrong) -> Fault {
    let Wrong { problem, help } = wrong;
    Fault::new(format!("{}:{}: {problem}", line.file, line.number), Some(help))
}

/// What is said in the end.
struct Told<'t> {
    history: &'t History<'t>,
    checked: &'t Checked,
    /// None where nothing was written.
    partitions: Option<usize>,
}

impl Told<'_> {
    fn json(&self) -> serde_json::Value {
        let Counts { events, others, later, repeated, odd } = self.checked.counts;
        let facts: Vec<&String> = self.history.facts.keys().collect();
        json!({
            "ok": true, "dry_run": self.partitions.is_none(), "history": self.checked.name, "facts": facts, "events": events, "odd": odd,
            "left_out": { "of_other_types": others, "not_before": later, "repeated": repeated }, "partitions": self.partitions,
        })
    }

    fn text(&self) -> String {
        let Counts { events, others, later, repeated, odd } = self.checked.counts;
        let facts: Vec<&str> = self.history.facts.keys().map(String::as_str).collect();
        let verb = if self.partitions.is_none() { "would be written" } else { "written" };
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let mut text =
            format!("{} {verb} for {}\n", count(number(events), "past event"), facts.join(", "));
        let before = format!("not before {}", format_rfc3339(self.history.before));
        let left_out = [
            (others, "none of the facts is made of such"),
            (later, before.as_str()),
            (repeated, "an event of the same customer and id stands before it"),
        ];
        for (left_out, why) in left_out.into_iter().filter(|(number, _)| *number > 0) {
            text += &format!("{} left out: {why}\n", count(number(left_out), "line"));
        }
        if odd > 0 {
            let odd = count(number(odd), "event");
            text += &format!("{odd} with a field that cannot be read: it counts as absent\n");
        }
        if let Some(partitions) = self.partitions {
            let name = &self.checked.name;
            text += &format!(
                "the history is {name} in {}: each of its events counts once, however often it is written\n",
                count(partitions, "partition")
            );
            text += "how far each shard is: cartwheel inspect\n";
        }
        text
    }
}
