//! Reads a trace file: header, scenarios, and the clock that runs through them.

use super::beside::Beside;
use super::block::Blocks;
use super::broadcast::{BROADCAST, Broadcast};
use super::catalogue::{CATALOGUE, Product};
use super::control::{CONTROL, Order};
use super::coupons::{COUPONS, Coupons};
use super::event::Event;
use super::expect::Expectation;
use super::fault::{Fault, Wrong};
use super::line::{Statement, What};
use super::resolve::{resolve, strangers};
use super::scenario::{Part, Scenario};
use super::time::{clock, instant, later, meant};
use super::word::{Word, words};
use cartwheel_core::journey::load::SourceFile;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::ops::Range;
use std::path::Path;

/// What to do where journeys stand in a trace that also names some beside it.
const ONE_OF_BOTH: &str = "take the line `journeys` away, or the journeys that stand in the trace";

/// A trace file.
#[derive(Debug)]
pub struct Trace {
    /// Its path.
    pub path: String,
    /// Its text, for reports.
    pub text: String,
    /// The zone of its times.
    pub zone: TimeZone,
    /// Which journeys take part; none for all.
    pub journeys: Option<Vec<Part>>,
    /// Whether holdouts hold; they are off unless the trace is about them.
    pub holdouts: bool,
    /// Whether every decision needs its line, in the order of the decisions; else only messages do.
    pub strict: bool,
    /// What happens, scenario by scenario.
    pub scenarios: Vec<Scenario>,
}

/// Reads a trace; all faults at once. What stands beside it holds where the file says nothing else.
pub fn read<'b>(source: &SourceFile, beside: impl Into<Beside<'b>>) -> Result<Trace, Vec<Fault>> {
    let mut reader = Reader::new(source, beside.into());
    let mut block = None;
    // Some editors begin a file with the mark of its encoding.
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let mut start = source.text.len() - text.len();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let here = start..start + line.len();
        start = here.end;
        let words = words(line, here.start);
        let indented = line.starts_with(char::is_whitespace);
        match (&mut block, words.first()) {
            (Some(Block { body, .. }), _) if indented => body.end = here.end,
            (_, None) => {}
            (_, Some(first)) => {
                reader.close(block.take());
                match reader.line(*first, &words[1..], index + 1) {
                    Ok(Line::Done) => {}
                    Ok(Line::Opens(kind)) => {
                        let head = first.span();
                        block = Some(Block { kind, head, body: here.end..here.end });
                    }
                    Err(wrong) => reader.fault(wrong),
                }
            }
        }
    }
    reader.close(block);
    reader.finish()
}

/// What a line was.
enum Line {
    /// It stands for itself.
    Done,
    /// YAML follows it, indented.
    Opens(Yaml),
}

/// What YAML is about.
#[derive(Clone, Copy)]
enum Yaml {
    Policy,
    Facts,
    Journey,
}

/// YAML that is being read.
struct Block {
    kind: Yaml,
    head: Range<usize>,
    body: Range<usize>,
}

struct Reader<'s> {
    source: &'s SourceFile,
    beside: Beside<'s>,
    zone: TimeZone,
    /// A line has named the zone.
    zone_said: bool,
    journeys: Option<Vec<Part>>,
    /// A line has named the journeys.
    journeys_said: bool,
    holdouts: bool,
    strict: bool,
    /// The header's: every scenario begins with them.
    jumps: bool,
    blocks: Blocks,
    header_day: Option<Date>,
    scenarios: Vec<Scenario>,
    day: Option<Date>,
    last: Option<Millis>,
    faults: Vec<Fault>,
}

impl<'s> Reader<'s> {
    fn new(source: &'s SourceFile, beside: Beside<'s>) -> Self {
        let stem =
            Path::new(&source.path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let zone = TimeZone::get(&beside.policy.zone).unwrap_or(TimeZone::UTC);
        let journeys = stem.map(|stem| vec![(stem, 0..0)]);
        Self {
            source,
            beside,
            zone,
            zone_said: false,
            journeys,
            journeys_said: false,
            holdouts: false,
            strict: false,
            jumps: false,
            blocks: Blocks::default(),
            header_day: None,
            scenarios: Vec::new(),
            day: None,
            last: None,
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, wrong: Wrong) {
        self.faults.push(Fault::new(wrong, &self.source.path, &self.source.text));
    }

    fn finish(mut self) -> Result<Trace, Vec<Fault>> {
        if self.faults.is_empty()
            && self.scenarios.iter().all(|scenario| scenario.entries.is_empty())
        {
            let help = "`day 2026-03-02`, then lines such as `10:00 ana customer_created`: `cartwheel test --help` shows how";
            self.fault((0..0, "this trace has no line with a time".into(), Some(help.into())));
        }
        let unresolved = resolve(&mut self.scenarios, &self.blocks, self.source, self.beside);
        self.faults.extend(unresolved);
        let is_beside = self.scenarios.iter().any(|scenario| !scenario.has_journeys());
        if let (Some(parts), Some(plan), true) = (&self.journeys, self.beside.plan, is_beside) {
            strangers(parts, plan).into_iter().for_each(|wrong| self.fault(wrong));
        }
        // What is wrong in the header is wrong for every scenario.
        let mut seen = Vec::new();
        self.faults.retain(|fault| {
            let new = !seen.contains(fault);
            seen.extend(new.then(|| fault.clone()));
            new
        });
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        Ok(Trace {
            path: self.source.path.clone(),
            text: self.source.text.clone(),
            zone: self.zone,
            journeys: self.journeys,
            holdouts: self.holdouts,
            strict: self.strict,
            scenarios: self.scenarios,
        })
    }

    /// Takes over the YAML that stood after a line.
    fn close(&mut self, block: Option<Block>) {
        let Some(Block { kind, head, body }) = block else { return };
        if self.source.text.get(body.clone()).is_none_or(|text| text.trim().is_empty()) {
            let help = "write it on the lines below, indented, as it would stand in a file";
            return self.fault((head, "nothing is indented below".into(), Some(help.into())));
        }
        let names_zone = self.scenarios.is_empty() && !self.zone_said;
        let blocks = match self.scenarios.last_mut() {
            Some(scenario) => &mut scenario.blocks,
            None => &mut self.blocks,
        };
        match kind {
            Yaml::Journey => {
                blocks.journey(body);
                if self.journeys_said {
                    let message = "the journeys of a trace stand in it or beside it, not both";
                    self.fault((head, message.into(), Some(ONE_OF_BOTH.into())));
                }
            }
            Yaml::Facts => blocks.facts(body),
            Yaml::Policy => match blocks.policy(body, &self.source.text) {
                Err(wrong) => self.fault(wrong),
                Ok(policy) if names_zone => {
                    self.zone = TimeZone::get(&policy.zone).unwrap_or(TimeZone::UTC);
                }
                Ok(_) => {}
            },
        }
    }

    fn line(&mut self, first: Word<'_>, rest: &[Word<'_>], number: usize) -> Result<Line, Wrong> {
        match first.text {
            "---" => self.begin(first, rest)?,
            "zone" | "journeys" | "holdouts" | "strict" if !self.scenarios.is_empty() => {
                let message = format!("`{}` must stand before the first scenario", first.text);
                let help = Some("move the line above the first `---`".into());
                return Err((first.span(), message, help));
            }
            "policy" | "facts" | "journey" | "clock"
                if self.scenarios.last().is_some_and(|scenario| !scenario.entries.is_empty()) =>
            {
                let message =
                    format!("`{}` must stand before the scenario's first time", first.text);
                let help = Some("move it up, below the scenario's `---`".into());
                return Err((first.span(), message, help));
            }
            "policy" if rest.is_empty() => return Ok(Line::Opens(Yaml::Policy)),
            "facts" if rest.is_empty() => return Ok(Line::Opens(Yaml::Facts)),
            "journey" if rest.is_empty() => return Ok(Line::Opens(Yaml::Journey)),
            "zone" => self.set_zone(first, rest)?,
            "journeys" => self.set_journeys(first, rest)?,
            "holdouts" => self.holdouts = switch(first, rest, ["off", "on"])?,
            "strict" => self.strict = switch(first, rest, ["off", "on"])?,
            "clock" => {
                let jumps = switch(first, rest, ["runs", "jumps"])?;
                *self.scenarios.last_mut().map_or(&mut self.jumps, |last| &mut last.jumps) = jumps;
            }
            "day" => self.set_day(first, rest)?,
            _ => self.entry(first, rest, number)?,
        }
        Ok(Line::Done)
    }

    fn begin(&mut self, first: Word<'_>, rest: &[Word<'_>]) -> Result<(), Wrong> {
        let name = rest.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err((
                first.span(),
                "a scenario needs a name".into(),
                Some("--- a reminder after an hour".into()),
            ));
        }
        if self.scenarios.iter().any(|scenario| scenario.name == name) {
            let help = Some("give each its own name".into());
            return Err((span_of(first, rest), format!("scenario `{name}` is there twice"), help));
        }
        self.open(name, span_of(first, rest));
        self.day = self.header_day;
        self.last = None;
        Ok(())
    }

    fn open(&mut self, name: String, span: Range<usize>) {
        self.scenarios.push(Scenario {
            name,
            span,
            entries: Vec::new(),
            jumps: self.jumps,
            plan: None,
            blocks: self.blocks.clone(),
        });
    }

    fn set_zone(&mut self, first: Word<'_>, rest: &[Word<'_>]) -> Result<(), Wrong> {
        let help = || Some("write an IANA name such as Europe/Berlin".to_owned());
        let [name] = rest else { return Err((first.span(), "write `zone NAME`".into(), help())) };
        self.zone_said = true;
        self.zone = TimeZone::get(name.text)
            .map_err(|_| (name.span(), format!("`{}` is not a time zone", name.text), help()))?;
        Ok(())
    }

    fn set_journeys(&mut self, first: Word<'_>, rest: &[Word<'_>]) -> Result<(), Wrong> {
        self.journeys = match rest {
            [] => {
                return Err((
                    first.span(),
                    "write `journeys NAME ...` or `journeys all`".into(),
                    Some("journeys cart_abandonment welcome".into()),
                ));
            }
            [all] if all.text == "all" => None,
            names => Some(names.iter().map(|name| (name.text.to_owned(), name.span())).collect()),
        };
        self.journeys_said = true;
        if self.blocks.has_journeys() {
            let message = "the journeys of a trace stand in it or beside it, not both";
            return Err((first.span(), message.into(), Some(ONE_OF_BOTH.into())));
        }
        Ok(())
    }

    fn set_day(&mut self, first: Word<'_>, rest: &[Word<'_>]) -> Result<(), Wrong> {
        let help = || Some("write `day 2026-03-02`, or `day +1` for the next one".to_owned());
        let [day] = rest else { return Err((first.span(), "which day?".into(), help())) };
        let read = match day.text.strip_prefix('+') {
            Some(days) => {
                self.day.zip(days.parse::<i64>().ok()).and_then(|(day, days)| later(day, days))
            }
            None => day.text.parse::<Date>().ok(),
        };
        let Some(read) = read else {
            return Err((day.span(), format!("`{}` is not a day", day.text), help()));
        };
        self.day = Some(read);
        if self.scenarios.is_empty() {
            self.header_day = Some(read);
        }
        Ok(())
    }

    fn entry(&mut self, first: Word<'_>, rest: &[Word<'_>], line: usize) -> Result<(), Wrong> {
        let Some(time) = clock(first.text) else {
            let help = "a line begins with a time (10:00), `day`, `zone`, `journeys`, `---` or `#`";
            return Err((
                first.span(),
                format!("`{}` is not a time", first.text),
                Some(help.into()),
            ));
        };
        let Some(day) = self.day else {
            return Err((
                first.span(),
                "no day has been set for this time".into(),
                Some("write `day 2026-03-02` before it".into()),
            ));
        };
        let at = instant(day, time, &self.zone).ok_or_else(|| {
            let help = "write a day between the years 1 and 9998".to_owned();
            (first.span(), "this time does not exist".to_owned(), Some(help))
        })?;
        if self.last.is_some_and(|last| at < last) {
            return Err((
                first.span(),
                "time runs backwards".into(),
                Some("write `day +1` where the next day begins".into()),
            ));
        }
        let read = |text: &str| meant(text, day, &self.zone);
        let what = match rest {
            [] => {
                let help = "write what happens, such as `10:00 ana customer_created`; `10:00 clock`: time passes";
                let message = "nothing happens at this time".into();
                return Err((first.span(), message, Some(help.into())));
            }
            [word] if word.text == "clock" => What::Clock,
            [word, tick] if word.text == "clock" && tick.text == "tick" => What::Clock,
            [word] if word.text == "live" => What::Mode(Mode::Live),
            [word] if word.text == "behind" => What::Mode(Mode::Behind),
            [record, words @ ..] if record.text == "record" => {
                let words = words.first().zip(words.last());
                let bytes = words.map_or(0..0, |(first, last)| first.start..last.span().end);
                What::Record(self.source.text.get(bytes).unwrap_or_default().into())
            }
            [expect, words @ ..] if expect.text == "expect" => {
                What::Expect(Expectation::read(words, *expect, read)?)
            }
            [catalogue, words @ ..] if catalogue.text == CATALOGUE => {
                What::Product(Product::read(*catalogue, words, read)?)
            }
            [broadcast, words @ ..] if broadcast.text == BROADCAST => {
                What::Broadcast(Broadcast::read(*broadcast, words)?)
            }
            [control, words @ ..] if control.text == CONTROL => {
                What::Control(Order::read(*control, words)?)
            }
            [coupons, words @ ..] if coupons.text == COUPONS => {
                What::Coupons(Coupons::read(*coupons, words)?)
            }
            words => What::Event(Event::read(words, read)?),
        };
        self.last = Some(at);
        let entry = Statement { at, span: span_of(first, rest), line, what };
        self.scenario().entries.push(entry);
        Ok(())
    }

    /// The scenario that is being read; a file may do without `---`.
    fn scenario(&mut self) -> &mut Scenario {
        if self.scenarios.is_empty() {
            self.open("(whole file)".into(), 0..0);
        }
        let last = self.scenarios.len() - 1;
        &mut self.scenarios[last]
    }
}

/// Which of two words stands after the first one: false for the first of them.
fn switch(first: Word<'_>, rest: &[Word<'_>], [off, on]: [&str; 2]) -> Result<bool, Wrong> {
    match rest {
        [word] if word.text == on => Ok(true),
        [word] if word.text == off => Ok(false),
        _ => {
            let name = first.text;
            let message = format!("`{name}` is `{on}` or `{off}`");
            Err((first.span(), message, Some(format!("write `{name} {on}` or `{name} {off}`"))))
        }
    }
}

fn span_of(first: Word<'_>, rest: &[Word<'_>]) -> Range<usize> {
    first.start..rest.last().unwrap_or(&first).span().end
}

#[cfg(test)]
mod tests;
