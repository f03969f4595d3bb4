//! Entering a journey: the re-entry rule, then the first steps (`docs/semantics.md`, "Entering").

use super::context::Context;
use crate::customer::{Customer, Entry, Forgotten, MAX_ENTRIES, Run, push_tightly};
use crate::decision::{Decided, Reason, Verdict};
use crate::id::NO_KEY;
use crate::journey::plan::{Reentry, WITHOUT_KEY};
use crate::time::Millis;
use crate::value::Value;

impl Context<'_> {
    /// The run enters and its steps execute, or the re-entry rule refuses it.
    pub fn enter(&mut self, mut run: Run, reason: Reason) {
        let rule = self.journey(run.journey).reentry;
        if let Some(last) = earlier_entry(self.customer, rule, (run.journey, run.key), self.t) {
            let refused = self.decided(run.journey, Verdict::Refused, Reason::Reentry).run(run.id);
            return self.decide(&refused.instant("last", last));
        }
        let entry = Entry { journey: run.journey, key: run.key, at: self.t };
        match remember_entry(self.customer, rule, entry) {
            Remembered::Yes => {}
            Remembered::InsteadOfTheOldest => self.effects.forgets(Forgotten::Entry),
            Remembered::NoRoom => {
                let full = self.decided(run.journey, Verdict::Refused, Reason::Limit).run(run.id);
                return self.decide(&limit(full, MAX_ENTRIES, "entries"));
            }
        }
        self.decide(&self.decided(run.journey, Verdict::Entered, reason).run(run.id));
        (run.anchor, run.entered_by) = (self.t, run.newest);
        self.execute(run, 0);
    }
}

/// What there is too much of.
pub(super) fn limit(refused: Decided, most: usize, of: &str) -> Decided {
    refused.number("limit", most as i64).value("of", Value::Text(of.into()))
}

/// The newest entry that the rule holds against coming again.
pub(super) fn earlier_entry(
    customer: &Customer,
    rule: Reentry,
    (journey, key): (u16, u64),
    t: Millis,
) -> Option<Millis> {
    let entries = customer.entries.iter().filter(|entry| entry.journey == journey);
    let blocks = |entry: &&Entry| {
        let (same, since) = (entry.key == key, t - entry.at);
        match rule {
            Reentry::Always | Reentry::Restart => false,
            Reentry::Never => true,
            Reentry::OncePerKey => same && (key != NO_KEY || since < WITHOUT_KEY.millis()),
            Reentry::After(span) => since < span.millis(),
            Reentry::AfterPerKey(span) => same && since < span.millis(),
            Reentry::OncePerKeyAfter(span) => same && key != NO_KEY || since < span.millis(),
        }
    };
    entries.filter(blocks).map(|entry| entry.at).max()
}

/// What became of an entry.
enum Remembered {
    /// It is remembered, or need not be.
    Yes,
    /// The journey's oldest had to give way.
    InsteadOfTheOldest,
    /// All the others count still.
    NoRoom,
}

/// Entries of other journeys never give way: one that may be entered once would be entered again.
fn remember_entry(customer: &mut Customer, rule: Reentry, entry: Entry) -> Remembered {
    let same = |other: &Entry| other.journey == entry.journey;
    match rule {
        Reentry::Always | Reentry::Restart => return Remembered::Yes,
        // Only the newest matters.
        Reentry::Never | Reentry::After(_) => customer.entries.retain(|other| !same(other)),
        Reentry::AfterPerKey(span) => {
            let counts = |other: &Entry| entry.at - other.at < span.millis();
            customer.entries.retain(|other| !same(other) || counts(other));
        }
        Reentry::OncePerKey | Reentry::OncePerKeyAfter(_) => {}
    }
    let full = customer.entries.iter().filter(|other| same(other)).count() >= MAX_ENTRIES;
    if full && matches!(rule, Reentry::AfterPerKey(_)) {
        return Remembered::NoRoom;
    }
    let oldest = customer.entries.iter().position(same).filter(|_| full);
    oldest.map(|place| customer.entries.remove(place));
    push_tightly(&mut customer.entries, entry);
    if full { Remembered::InsteadOfTheOldest } else { Remembered::Yes }
}
