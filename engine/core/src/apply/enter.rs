//! Entering a journey: the re-entry rule, then the first steps (`docs/semantics.md`, "Entering").

use super::context::Context;
use crate::customer::{Customer, Entry, Forgotten, MAX_ENTRIES, Run, push_tightly};
use crate::decision::{Reason, Verdict};
use crate::journey::plan::Reentry;
use crate::time::Millis;

impl Context<'_> {
    /// The run enters and its steps execute, or the re-entry rule refuses it.
    pub fn enter(&mut self, mut run: Run, reason: Reason) {
        let rule = self.journey(run.journey).reentry;
        if let Some(last) = earlier_entry(self.customer, rule, &run, self.t) {
            let refused = self.decided(run.journey, Verdict::Refused, Reason::Reentry).run(run.id);
            return self.decide(&refused.instant("last", last));
        }
        let entry = Entry { journey: run.journey, key: run.key, at: self.t };
        if remember_entry(self.customer, rule, entry) {
            self.effects.forgets(Forgotten::Entry);
        }
        self.decide(&self.decided(run.journey, Verdict::Entered, reason).run(run.id));
        (run.anchor, run.entered_by) = (self.t, run.newest);
        self.execute(run, 0);
    }
}

/// The newest entry that the rule holds against coming again.
fn earlier_entry(customer: &Customer, rule: Reentry, run: &Run, t: Millis) -> Option<Millis> {
    let entries = customer.entries.iter().filter(|entry| entry.journey == run.journey);
    let blocks = |entry: &&Entry| match rule {
        Reentry::Always => false,
        Reentry::Never => true,
        Reentry::OncePerKey => entry.key == run.key,
        Reentry::After(span) => t - entry.at < span.millis(),
    };
    entries.filter(blocks).map(|entry| entry.at).next_back()
}

/// Whether an older one had to give way. Those of other journeys never do: one that may be entered once would be entered again.
fn remember_entry(customer: &mut Customer, rule: Reentry, entry: Entry) -> bool {
    match rule {
        Reentry::Always => return false,
        // Only the newest matters.
        Reentry::Never | Reentry::After(_) => {
            customer.entries.retain(|other| other.journey != entry.journey);
        }
        Reentry::OncePerKey => {}
    }
    let same = |other: &Entry| other.journey == entry.journey;
    let full = customer.entries.iter().filter(|other| same(other)).count() >= MAX_ENTRIES;
    let oldest = customer.entries.iter().position(same).filter(|_| full);
    oldest.map(|place| customer.entries.remove(place));
    push_tightly(&mut customer.entries, entry);
    full
}
