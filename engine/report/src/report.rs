//! Counting: the records of the sends topic, then the events of the same partition.

use crate::counts::{Counts, Runs};
use crate::messages::{Fate, Messages};
use crate::period::Period;
use cartwheel_core::channel::Side;
use cartwheel_core::id::CommandId;
use cartwheel_core::sends::{Converted, HeldOut, Kind, Measured};
use cartwheel_core::time::{Millis, rfc3339};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Messages of a partition of which is known what became of them: 40 bytes each at most.
const MAX_MESSAGES: usize = 4_000_000;

/// A row: a journey's step, and the arm of a split in which it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub journey: String,
    /// None: it is not known of which of the journey's messages.
    pub step: Option<String>,
    pub variant: Option<String>,
}

/// What is counted of a journey beside its messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Passages {
    pub entered: u64,
    pub treated: Runs,
    pub held_out: Runs,
}

/// See the module. Its memory is bounded by the steps of the journeys and the messages of one partition.
pub struct Report {
    period: Period,
    rows: BTreeMap<Row, u32>,
    pub(crate) counts: Vec<Counts>,
    pub(crate) journeys: BTreeMap<String, Passages>,
    messages: Messages,
    unreadable: u64,
}

/// What a report reads of a command; a message's content is passed over.
#[derive(Deserialize)]
struct Message<'a> {
    command_id: CommandId,
    #[serde(borrow)]
    journey: Cow<'a, str>,
    #[serde(borrow)]
    step: Cow<'a, str>,
    #[serde(borrow, default)]
    variant: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    team: Option<Cow<'a, str>>,
    #[serde(default)]
    side: Option<Side>,
    #[serde(with = "rfc3339")]
    decided_at: Millis,
}

/// The same of a turn record.
#[derive(Deserialize)]
struct TurnTold {
    #[serde(with = "rfc3339")]
    now: Millis,
    #[serde(default)]
    measured: Measured,
}

/// The same of an event.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    message: Of<'a>,
}

#[derive(Deserialize)]
struct Of<'a> {
    command_id: CommandId,
    #[serde(borrow, default)]
    bounce: Option<Cow<'a, str>>,
}

impl Report {
    /// Of this time.
    pub fn new(period: Period) -> Self {
        Self {
            period,
            rows: BTreeMap::new(),
            counts: Vec::new(),
            journeys: BTreeMap::new(),
            messages: Messages::new(MAX_MESSAGES),
            unreadable: 0,
        }
    }

    /// An accepted record of the sends topic. One that cannot be read is counted, and nothing else.
    pub fn decided(&mut self, kind: Kind, value: &[u8]) {
        let read = match kind {
            Kind::Command => serde_json::from_slice(value).map(|message| self.message(&message)),
            Kind::Turn => serde_json::from_slice(value).map(|turn: TurnTold| self.turn(turn)),
            Kind::Leader | Kind::Suppression | Kind::Event | Kind::Dead => return,
        };
        self.unreadable += u64::from(read.is_err());
    }

    /// An event of the partition whose messages were handed in before. Most tell nothing of a message.
    pub fn event(&mut self, value: &[u8]) {
        // No event about a message lacks this word, and few others have it.
        const WORD: &[u8] = b"command_id";
        if !value.windows(WORD.len()).any(|part| part == WORD) {
            return;
        }
        let Ok(Told { kind, message }) = serde_json::from_slice::<Told<'_>>(value) else { return };
        let soft = message.bounce.as_deref() == Some("soft");
        let Some(fate) = Fate::of(&kind, soft) else { return };
        let Some(row) = self.messages.told(message.command_id, fate) else { return };
        let Some(counts) = self.counts.get_mut(row as usize) else { return };
        let count = match fate {
            Fate::Taken => &mut counts.taken,
            Fate::Delivered => &mut counts.delivered,
            Fate::Opened => &mut counts.opened,
            Fate::Clicked => &mut counts.clicked,
            Fate::Bounced => &mut counts.bounced,
            Fate::Complained => &mut counts.complained,
            Fate::Failed => &mut counts.failed,
            Fate::Unsubscribed => &mut counts.unsubscribed,
        };
        *count += 1;
    }

    /// Records of another partition come next.
    pub fn next_partition(&mut self) {
        self.messages.clear();
    }

    /// Records of the sends topic that were accepted and cannot be read: a defect, or written by a newer version.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Messages of which it is not counted what became of them: a partition had too many.
    pub fn forgotten(&self) -> u64 {
        self.messages.forgotten()
    }

    /// The rows with their counts.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Row, &Counts)> {
        self.rows.iter().filter_map(|(row, place)| Some((row, self.counts.get(*place as usize)?)))
    }

    fn row(&mut self, journey: &str, step: Option<&str>, variant: Option<&str>) -> u32 {
        let own = |text: Option<&str>| text.map(ToOwned::to_owned);
        let row = Row { journey: journey.to_owned(), step: own(step), variant: own(variant) };
        let next = self.counts.len() as u32;
        let place = *self.rows.entry(row).or_insert(next);
        if place == next {
            self.counts.push(Counts::default());
        }
        place
    }

    fn passages(&mut self, journey: &str) -> &mut Passages {
        if !self.journeys.contains_key(journey) {
            self.journeys.insert(journey.to_owned(), Passages::default());
        }
        self.journeys.entry(journey.to_owned()).or_default()
    }

    fn message(&mut self, message: &Message<'_>) {
        if message.team.is_some() || !self.period.has(message.decided_at) {
            return;
        }
        let row = self.row(&message.journey, Some(&message.step), message.variant.as_deref());
        self.counts[row as usize].sent += 1;
        self.messages.add(message.command_id, row);
        match message.side {
            Some(Side::Treated) => self.passages(&message.journey).treated.runs += 1,
            Some(Side::HeldOut) => self.passages(&message.journey).held_out.runs += 1,
            None => {}
        }
    }

    fn turn(&mut self, turn: TurnTold) {
        let Measured { entered, held_out, converted } = turn.measured;
        if self.period.has(turn.now) {
            for (journey, count) in entered {
                self.passages(&journey).entered += count;
            }
        }
        held_out.iter().for_each(|told| self.held_out(told));
        converted.iter().for_each(|told| self.converted(told));
    }

    fn held_out(&mut self, told: &HeldOut) {
        if !self.period.has(told.at) {
            return;
        }
        let row = self.row(&told.journey, Some(&told.step), told.variant.as_deref());
        self.counts[row as usize].held_out += 1;
        self.passages(&told.journey).held_out.runs += u64::from(told.first);
    }

    fn converted(&mut self, told: &Converted) {
        if !self.period.has(told.first) {
            return;
        }
        let revenue = told.revenue.unwrap_or(0.0);
        if told.side != Some(Side::HeldOut) {
            let row = self.row(&told.journey, told.step.as_deref(), told.variant.as_deref());
            let counts = &mut self.counts[row as usize];
            counts.converted += 1;
            counts.revenue += revenue;
        }
        let passages = self.passages(&told.journey);
        let runs = match told.side {
            Some(Side::Treated) => &mut passages.treated,
            Some(Side::HeldOut) => &mut passages.held_out,
            None => return,
        };
        if !told.late {
            runs.converted += 1;
            runs.revenue += revenue;
        }
    }
}

#[cfg(test)]
mod tests;
