//! What a step leads to: the journeys that begin by the event that it emits, by a level that this or an attribute changes, or by time that follows from them.

use crate::fact::Role;
use crate::journey::at::At;
use crate::journey::definition::{Definition, Emitted, Given};
use crate::journey::level::{LevelSet, Levels};
use crate::journey::load::facts::{self, reading, reading_attribute};
use crate::journey::plan::{ByTime, Journey};
use crate::journey::problem::SourceFile;
use crate::time::Millis;
use compact_str::CompactString;
use std::collections::BTreeMap;
use std::ops::Range;

/// An instant that is set.
const NOW: &str = "now";

/// What a step does that may begin a journey.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause<'d> {
    /// It emits an event.
    Emit(&'d At<Emitted>),
    /// It writes attributes.
    Set(&'d At<BTreeMap<String, At<Given>>>),
}

/// How a cause begins a journey.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beginning<'d> {
    /// Which.
    pub(super) to: usize,
    /// `emits` or `sets`.
    pub(super) does: &'static str,
    /// What.
    pub(super) what: &'d str,
    /// Where that stands.
    pub(super) span: &'d Range<usize>,
    /// The change of a level that comes between.
    pub(super) change: Option<&'d str>,
    /// The least that passes between.
    pub(super) takes: Millis,
    /// Time begins it.
    pub(super) by_time: bool,
    /// It may not come to that.
    pub(super) guarded: bool,
}

/// Whom events, changes and times begin.
pub(super) struct Begun<'d> {
    facts: &'d facts::Compiled,
    attributes: &'d [CompactString],
    journeys: &'d [Journey],
    of_event: BTreeMap<&'d str, Vec<usize>>,
}

impl<'d> Begun<'d> {
    pub(super) fn new(
        read: &'d [(&SourceFile, Definition)],
        journeys: &'d [Journey],
        facts: &'d facts::Compiled,
        attributes: &'d [CompactString],
    ) -> Self {
        let mut of_event: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (to, (_, other)) in read.iter().enumerate() {
            for event in other.trigger.event.names() {
                let of_event = of_event.entry(event.as_str()).or_default();
                of_event.extend((of_event.last() != Some(&to)).then_some(to));
            }
        }
        Self { facts, attributes, journeys, of_event }
    }

    /// What it begins.
    pub(super) fn by(&self, cause: Cause<'d>) -> Vec<Beginning<'d>> {
        match cause {
            Cause::Emit(emit) => {
                let (Emitted::Plain(event) | Emitted::With { event, .. }) = &emit.value;
                self.by_event(event)
            }
            Cause::Set(set) => {
                set.iter().flat_map(|(name, given)| self.by_attribute(name, given)).collect()
            }
        }
    }

    fn by_event(&self, event: &'d At<String>) -> Vec<Beginning<'d>> {
        let plain = Beginning {
            to: 0,
            does: "emits",
            what: event.as_str(),
            span: &event.span,
            change: None,
            takes: 0,
            by_time: false,
            guarded: false,
        };
        let mut all = self.of(event.as_str(), plain);
        for (fact, definition) in self.facts.layout.iter() {
            for feed in [Role::Adds, Role::Takes].iter().filter_map(|role| definition.feed(*role)) {
                if !feed.on.iter().any(|on| on.as_str() == event.as_str()) {
                    continue;
                }
                let levels = reading(&self.facts.levels, &self.facts.layout, fact);
                all.extend(self.by_levels(levels, plain));
                let guarded = feed.when.is_some();
                let later = |by_time: &ByTime| by_time.reads(fact);
                all.extend(self.by_time(later, Beginning { guarded, ..plain }));
            }
        }
        all
    }

    fn by_attribute(&self, name: &'d str, given: &'d At<Given>) -> Vec<Beginning<'d>> {
        let Some(number) = self.attributes.iter().position(|known| known == name) else {
            return Vec::new();
        };
        let Ok(number) = u16::try_from(number) else { return Vec::new() };
        let plain = Beginning {
            to: 0,
            does: "sets",
            what: name,
            span: &given.span,
            change: None,
            takes: 0,
            by_time: false,
            guarded: true,
        };
        let mut all = self.by_levels(reading_attribute(&self.facts.levels, number), plain);
        // What is written there each time is no later base than before.
        if let Given::Text(text) = &given.value {
            let later = |by_time: &ByTime| reads_attribute(by_time, number);
            all.extend(self.by_time(later, Beginning { guarded: text != NOW, ..plain }));
        }
        all
    }

    /// Those that hear of an event.
    fn of(&self, event: &str, plain: Beginning<'d>) -> Vec<Beginning<'d>> {
        let to = self.of_event.get(event).into_iter().flatten();
        to.map(|to| Beginning { to: *to, ..plain }).collect()
    }

    /// Those that hear of a change of these levels, or of those that read them. Whether they change is told by conditions.
    fn by_levels(&self, levels: LevelSet, plain: Beginning<'d>) -> Vec<Beginning<'d>> {
        let all: &'d Levels = &self.facts.levels;
        let (mut set, mut found) = (levels, Vec::new());
        while let Some((_, level)) = all.next(&mut set) {
            set |= level.readers;
            let change = Some(level.event.as_str());
            found.extend(self.of(&level.event, Beginning { change, guarded: true, ..plain }));
        }
        found
    }

    /// Those that begin by time, where it is this that says when.
    fn by_time(&self, says: impl Fn(&ByTime) -> bool, plain: Beginning<'d>) -> Vec<Beginning<'d>> {
        let all = self.journeys.iter().enumerate();
        let all = all.filter_map(|(to, journey)| Some((to, journey.by_time.as_deref()?)));
        let all = all.filter(|(_, by_time)| !by_time.at.is_yearly() && says(by_time));
        let begins = |(to, by_time): (usize, &ByTime)| Beginning {
            to,
            takes: by_time.at.least_offset(),
            by_time: true,
            ..plain
        };
        all.map(begins).collect()
    }
}

fn reads_attribute(by_time: &ByTime, attribute: u16) -> bool {
    let mut reads = false;
    by_time.at.each_field(&mut |field| reads |= field.is_of_attribute(attribute));
    reads
}
