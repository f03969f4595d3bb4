//! What the three days came to, in words. Everything here follows from the story alone: the same for every broker and every speed.

use super::observer::Message;
use crate::reported::brief;
use cartwheel_core::decision::{Decision, Reason, Verdict};
use cartwheel_core::time::{HOUR, Millis, format_rfc3339};
use cartwheel_core::value::Value;
use cartwheel_report::{Counts, Summary};
use cartwheel_runtime::admin::reason_in_words;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use xxhash_rust::xxh3::Xxh3;

/// The journey of which the recap tells most.
const CART: &str = "cart_abandonment";

/// The figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recap {
    /// From when on, and until when (exclusive), epoch milliseconds.
    pub period: (Millis, Millis),
    /// Customers of whom something was told.
    pub customers: usize,
    /// Events of the story.
    pub events: u64,
    /// Carts abandoned: passages that began after the quiet time.
    pub abandoned: u64,
    /// Messages by journey, step and channel.
    pub messages: BTreeMap<(String, String, String), u64>,
    /// Commands that no provider took.
    pub undelivered: u64,
    /// Passages ended early, by the event that ended them.
    pub exits: BTreeMap<String, u64>,
    /// Messages put off, by reason.
    pub deferred: BTreeMap<Reason, u64>,
    /// Messages left out, by reason.
    pub dropped: BTreeMap<Reason, u64>,
    /// Orders after a message, as reports count them, and what they were worth in cents, by journey.
    pub converted: BTreeMap<String, (u64, i64)>,
    /// Customers of whom older decisions are no longer in memory: some of what is put off, left out or left early is missing above.
    pub truncated: usize,
    /// What reports say, a line a journey.
    pub report: Vec<String>,
    /// Hash over all messages, sorted: two runs that show the same one sent the same.
    pub fingerprint: u64,
}

impl Recap {
    /// Takes in what reports count: they have all that was decided, whatever shards still have in memory.
    pub fn add_summary(&mut self, summary: &Summary) {
        self.report = brief(summary);
        for of in &summary.journeys {
            if of.journey == CART {
                self.abandoned = of.entered;
            }
            let Counts { converted, revenue, .. } = of.counts;
            if converted > 0 {
                let cents = (revenue * 100.0).round() as i64;
                self.converted.insert(of.journey.clone(), (converted, cents));
            }
        }
    }

    /// Takes in a customer's decisions.
    pub fn add(&mut self, decisions: &[Decision], truncated: bool) {
        self.truncated += usize::from(truncated);
        for decision in decisions {
            match decision.decision {
                Verdict::Deferred => *self.deferred.entry(decision.reason).or_default() += 1,
                Verdict::Dropped => *self.dropped.entry(decision.reason).or_default() += 1,
                Verdict::Exited => {
                    let event =
                        value(decision, "event").map_or(decision.reason.name().to_owned(), shown);
                    *self.exits.entry(event).or_default() += 1;
                }
                Verdict::Entered
                | Verdict::Converted
                | Verdict::Refused
                | Verdict::Waiting
                | Verdict::Branched
                | Verdict::Sent
                | Verdict::HeldOut
                | Verdict::Waited
                | Verdict::Updated
                | Verdict::Emitted
                | Verdict::Finished => {}
            }
        }
    }

    /// Takes in all messages, and hashes them.
    pub fn add_messages(&mut self, messages: &[Message]) {
        for (_, journey, step, channel) in messages {
            *self
                .messages
                .entry((journey.clone(), step.clone(), (*channel).to_owned()))
                .or_default() += 1;
        }
        let mut sorted: Vec<&Message> = messages.iter().collect();
        sorted.sort();
        let mut hash = Xxh3::new();
        for (customer, journey, step, channel) in sorted {
            for word in [customer, journey, step, *channel] {
                hash.update(word.as_bytes());
                hash.update(&[0]);
            }
        }
        self.fingerprint = hash.digest();
    }

    /// For the terminal.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{} in the shop: {} to {}\n\n{:>8}  customers, {} events\n{:>8}  carts abandoned\n",
            length(self.period),
            minute(self.period.0),
            minute(self.period.1),
            self.customers,
            self.events,
            self.abandoned
        );
        let sent: u64 = self.messages.values().sum();
        line(&mut text, sent, "messages sent");
        for ((journey, step, channel), count) in &self.messages {
            line(&mut text, *count, &format!("  {journey} / {step} by {channel}"));
        }
        if self.undelivered > 0 {
            line(&mut text, self.undelivered, "of them not taken by a provider");
        }
        let (purchases, others) = (
            self.exits.get("order_placed").copied().unwrap_or(0),
            self.exits.values().sum::<u64>(),
        );
        line(&mut text, purchases, "left a journey because they bought");
        line(&mut text, others - purchases, "left for another reason");
        let capped = |rows: &BTreeMap<Reason, u64>| {
            [Reason::Cap, Reason::Reserved]
                .iter()
                .filter_map(|reason| rows.get(reason))
                .sum::<u64>()
        };
        line(&mut text, capped(&self.deferred) + capped(&self.dropped), "times capped");
        for (title, rows) in
            [("messages put off", &self.deferred), ("messages left out", &self.dropped)]
        {
            line(&mut text, rows.values().sum(), title);
            for (reason, count) in rows {
                line(&mut text, *count, &format!("  {reason}: {}", reason_in_words(*reason)));
            }
        }
        for (journey, (orders, cents)) in &self.converted {
            let what = if journey == CART {
                "orders recovered".to_owned()
            } else {
                format!("orders after a message of {journey}")
            };
            line(&mut text, *orders, &format!("{what}, worth {}", dollars(*cents)));
        }
        if self.truncated > 0 {
            line(
                &mut text,
                self.truncated as u64,
                "customers have more than 1,024 decisions: older ones are not counted in what left, was capped, put off or left out",
            );
        }
        if !self.report.is_empty() {
            text += "\nWhat messages came to (`cartwheel report` tells more):\n";
            self.report.iter().for_each(|told| text += &format!("  {told}\n"));
        }
        let _ = writeln!(
            text,
            "\nFingerprint of all messages: {:016x} (the same story sends the same on every broker)",
            self.fingerprint
        );
        text
    }
}

fn line(text: &mut String, count: u64, what: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{count:>8}  {what}");
}

fn value<'d>(decision: &'d Decision, name: &str) -> Option<&'d Value> {
    decision.values.iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

fn shown(value: &Value) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// `Three days`, or the number of hours.
fn length((from, to): (Millis, Millis)) -> String {
    match (to - from) / HOUR {
        72 => "Three days".to_owned(),
        hours => format!("{hours} hours"),
    }
}

/// `2026-01-01 10:00 UTC`.
pub fn minute(at: Millis) -> String {
    let text = format_rfc3339(at);
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

/// `$1,234.50`.
fn dollars(cents: i64) -> String {
    let (whole, rest) = (cents / 100, cents.abs() % 100);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("${grouped}.{rest:02}")
}

#[cfg(test)]
mod tests;
