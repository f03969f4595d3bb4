//! Reads a trace file: header, scenarios, and the clock that runs through them.

use super::event::Event;
use super::expect::Expectation;
use super::fault::{Fault, Wrong};
use super::line::{Entry, What};
use super::word::{Word, words};
use cartwheel_core::journey::load::Source;
use cartwheel_core::time::Millis;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, civil};
use std::ops::Range;
use std::path::Path;

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
    pub journeys: Option<Vec<String>>,
    /// Whether holdouts hold; they are off unless the trace is about them.
    pub holdouts: bool,
    /// What happens, scenario by scenario.
    pub scenarios: Vec<Scenario>,
}

/// One story, told to an engine that knows nothing yet.
#[derive(Debug)]
pub struct Scenario {
    /// After `---`.
    pub name: String,
    /// Its line's words in the file.
    pub span: Range<usize>,
    /// Its lines with a time, which never falls.
    pub entries: Vec<Entry>,
}

/// Reads a trace; all faults at once. `zone` holds where the file names none.
pub fn read(source: &Source, zone: &str) -> Result<Trace, Vec<Fault>> {
    let mut reader = Reader::new(source, zone);
    let mut start = 0;
    for (index, line) in source.text.split_inclusive('\n').enumerate() {
        let words = words(line, start);
        if let Some(first) = words.first()
            && let Err(wrong) = reader.line(*first, &words[1..], index + 1)
        {
            reader.faults.push(Fault::new(wrong, &source.path, &source.text));
        }
        start += line.len();
    }
    reader.finish(source)
}

struct Reader {
    zone: TimeZone,
    journeys: Option<Vec<String>>,
    holdouts: bool,
    scenarios: Vec<Scenario>,
    /// The day of the file's header: every scenario begins there.
    header_day: Option<Date>,
    day: Option<Date>,
    last: Option<Millis>,
    faults: Vec<Fault>,
}

impl Reader {
    fn new(source: &Source, zone: &str) -> Self {
        let stem =
            Path::new(&source.path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let journeys = stem.map(|stem| vec![stem]);
        Self {
            zone,
            journeys,
            holdouts: false,
            scenarios: Vec::new(),
            header_day: None,
            day: None,
            last: None,
            faults: Vec::new(),
        }
    }

    fn finish(mut self, source: &Source) -> Result<Trace, Vec<Fault>> {
        if self.faults.is_empty()
            && self.scenarios.iter().all(|scenario| scenario.entries.is_empty())
        {
            self.faults.push(Fault::new(
                (0..0, "this trace has no line with a time".into(), None),
                &source.path,
                &source.text,
            ));
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        Ok(Trace {
            path: source.path.clone(),
            text: source.text.clone(),
            zone: self.zone,
            journeys: self.journeys,
            holdouts: self.holdouts,
            scenarios: self.scenarios,
        })
    }

    fn line(&mut self, first: Word<'_>, rest: &[Word<'_>], number: usize) -> Result<(), Wrong> {
        match first.text {
            "---" => self.begin(first, rest),
            "zone" | "journeys" | "holdouts" if !self.scenarios.is_empty() => Err((
                first.span(),
                format!("`{}` must stand before the first scenario", first.text),
                None,
            )),
            "zone" => self.set_zone(first, rest),
            "journeys" => self.set_journeys(first, rest),
            "holdouts" => self.set_holdouts(first, rest),
            "day" => self.set_day(first, rest),
            _ => self.entry(first, rest, number),
        }
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
            return Err((span_of(first, rest), format!("scenario `{name}` is there twice"), None));
        }
        self.scenarios.push(Scenario { name, span: span_of(first, rest), entries: Vec::new() });
        self.day = self.header_day;
        self.last = None;
        Ok(())
    }

    fn set_zone(&mut self, first: Word<'_>, rest: &[Word<'_>]) -> Result<(), Wrong> {
        let [name] = rest else { return Err((first.span(), "write `zone NAME`".into(), None)) };
        let help = || Some("write an IANA name such as Europe/Berlin".to_owned());
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
                    None,
                ));
            }
            [all] if all.text == "all" => None,
            names => Some(names.iter().map(|name| name.text.to_owned()).collect()),
        };
        Ok(())
    }

    fn set_holdouts(&mut self, first: Word<'_>, rest: &[Word<'_>]) -> Result<(), Wrong> {
        self.holdouts = match rest {
            [word] if word.text == "on" => true,
            [word] if word.text == "off" => false,
            _ => return Err((first.span(), "write `holdouts on` or `holdouts off`".into(), None)),
        };
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
        let instant = |time: Time| instant(day, time, &self.zone);
        let at = instant(time)
            .ok_or_else(|| (first.span(), "this time does not exist".to_owned(), None))?;
        if self.last.is_some_and(|last| at < last) {
            return Err((
                first.span(),
                "time runs backwards".into(),
                Some("write `day +1` where the next day begins".into()),
            ));
        }
        let what = match rest {
            [] => return Err((first.span(), "nothing happens at this time".into(), None)),
            [expect, words @ ..] if expect.text == "expect" => {
                What::Expect(Expectation::read(words, *expect, |text| {
                    clock(text).and_then(instant)
                })?)
            }
            words => What::Event(Event::read(words, |text| clock(text).and_then(instant))?),
        };
        self.last = Some(at);
        let entry = Entry { at, span: span_of(first, rest), line, what };
        self.scenario().entries.push(entry);
        Ok(())
    }

    /// The scenario that is being read; a file may do without `---`.
    fn scenario(&mut self) -> &mut Scenario {
        if self.scenarios.is_empty() {
            self.scenarios.push(Scenario {
                name: "(whole file)".into(),
                span: 0..0,
                entries: Vec::new(),
            });
        }
        let last = self.scenarios.len() - 1;
        &mut self.scenarios[last]
    }
}

fn span_of(first: Word<'_>, rest: &[Word<'_>]) -> Range<usize> {
    first.start..rest.last().unwrap_or(&first).span().end
}

fn later(day: Date, days: i64) -> Option<Date> {
    day.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.mmm`.
fn clock(text: &str) -> Option<Time> {
    let shaped = text.bytes().enumerate().all(|(at, byte)| match at {
        2 | 5 => byte == b':',
        8 => byte == b'.',
        _ => byte.is_ascii_digit(),
    });
    (shaped && matches!(text.len(), 5 | 8 | 12)).then(|| text.parse().ok()).flatten()
}

/// The instant; where the clock is put back it is the earlier one, in a gap the later side.
fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Millis> {
    let local: civil::DateTime = day.to_datetime(time);
    local.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests;
