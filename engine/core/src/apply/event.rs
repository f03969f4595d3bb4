//! Applying an event: deduplicate, profile, documents, engagement; then the journeys.

use super::{Core, EventTime, Turn};
use crate::channel::Channel;
use crate::customer::{Change, Customer, Document, merge_profile, set_consent};
use crate::effect::Effect;
use crate::event::{Event, Meaning, Subject, read_fields};
use crate::id::CommandId;
use crate::sends::SuppressionReason;
use crate::time::Millis;
use xxhash_rust::xxh3::xxh3_64;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Applied; some journey wants its type.
    Wanted,
    /// Applied to the profile and documents; no journey wants its type.
    Unwanted,
    /// One of the customer's newest ids: nothing changed.
    Duplicate,
}

impl Core {
    /// Applies an event to its customer. Depends on the log alone: `now` is not known here.
    pub fn event(
        &mut self,
        customer: &mut Customer,
        event: &Event<'_>,
        time: EventTime,
        turn: &mut Turn<'_>,
    ) -> Applied {
        if let Some(id) = event.id()
            && !customer.first_sight(xxh3_64(id.as_bytes()))
        {
            return Applied::Duplicate;
        }
        customer.dirty = true;
        let meaning = Meaning::of(&event.kind);
        self.profile(customer, event, meaning, time, turn);
        documents(customer, event, meaning, turn);
        if meaning == Meaning::Engaged {
            engagement(customer, event);
        }

        let Some(interest) = self.plan.events.get(event.kind.as_ref()) else {
            return Applied::Unwanted;
        };
        let mut fields = std::mem::take(&mut self.fields);
        read_fields(event, &self.plan.fields, &interest.fields, &mut fields);
        for journey in &interest.journeys {
            self.journey(customer, event, &fields, time, journey, turn);
        }
        self.fields = fields;
        customer.runs_changed();
        Applied::Wanted
    }

    /// First what the profile says, then what the type says; each in the order of the channels.
    fn profile(
        &mut self,
        customer: &mut Customer,
        event: &Event<'_>,
        meaning: Meaning,
        time: EventTime,
        turn: &mut Turn<'_>,
    ) {
        let mut changes = std::mem::take(&mut self.changes);
        changes.clear();
        if let Some(profile) = event.subject(Subject::Profile) {
            turn.effects.journal.append(
                &mut customer.cold,
                Document::Profile,
                profile.0.as_bytes(),
            );
            merge_profile(customer, profile, &self.attributes, &self.zones, &mut changes);
        }
        match meaning {
            Meaning::Subscribed => {
                let channel = named_channel(event).unwrap_or(Some(Channel::Email));
                changes.extend(channel.and_then(|channel| set_consent(customer, channel, true)));
            }
            Meaning::Unsubscribed => match named_channel(event) {
                Some(channel) => changes
                    .extend(channel.and_then(|channel| set_consent(customer, channel, false))),
                None => changes.extend(
                    Channel::PERSONAL
                        .iter()
                        .filter_map(|channel| set_consent(customer, *channel, false)),
                ),
            },
            _ => {}
        }
        let denials_count = matches!(meaning, Meaning::Unsubscribed | Meaning::ConsentChanged);
        for change in &changes {
            let (channel, active) = match *change {
                Change::Denied(channel) if denials_count => (channel, true),
                Change::Denied(_) => continue,
                Change::Lifted(channel) => (channel, false),
            };
            push_suppression(
                customer,
                channel,
                SuppressionReason::Unsubscribed,
                active,
                time.seen,
                turn,
            );
        }
        self.changes = changes;
        match meaning {
            Meaning::Bounced if bounce_is_hard(event) => {
                suppress(customer, event, SuppressionReason::Bounced, time.seen, turn)
            }
            Meaning::Complained => {
                suppress(customer, event, SuppressionReason::Complained, time.seen, turn)
            }
            Meaning::OrderPlaced => count_order(customer, event, time.at),
            _ => {}
        }
    }
}

/// The channel of a subscription event: none where it names none, `Some(None)` where it names one that needs no consent or is unknown.
fn named_channel(event: &Event<'_>) -> Option<Option<Channel>> {
    let in_message = event.field(Subject::Message, "channel").and_then(|raw| raw.string());
    let name = in_message.or_else(|| event.channel())?;
    Some(Channel::parse(&name).filter(|channel| Channel::PERSONAL.contains(channel)))
}

fn bounce_is_hard(event: &Event<'_>) -> bool {
    let kind = event.field(Subject::Message, "bounce").and_then(|raw| raw.string());
    kind.as_deref() != Some("soft")
}

fn suppress(
    customer: &mut Customer,
    event: &Event<'_>,
    reason: SuppressionReason,
    seen: Millis,
    turn: &mut Turn<'_>,
) {
    let Some(channel) = named_channel(event).unwrap_or(Some(Channel::Email)) else { return };
    let bits = if reason == SuppressionReason::Bounced {
        &mut customer.bounced
    } else {
        &mut customer.complained
    };
    if *bits & channel.bit() == 0 {
        *bits |= channel.bit();
        push_suppression(customer, channel, reason, true, seen, turn);
    }
}

fn push_suppression(
    customer: &Customer,
    channel: Channel,
    reason: SuppressionReason,
    active: bool,
    at: Millis,
    turn: &mut Turn<'_>,
) {
    let mark = turn.effects.journal.mark();
    turn.effects.list.push(Effect::Suppression {
        customer: customer.id,
        mark,
        channel,
        reason,
        active,
        at,
    });
}

fn count_order(customer: &mut Customer, event: &Event<'_>, at: Millis) {
    customer.orders = customer.orders.saturating_add(1);
    customer.lifetime_value += order_total(event).unwrap_or(0.0);
    customer.last_order_at = at;
}

/// The order's total, where the event has one.
pub(super) fn order_total(event: &Event<'_>) -> Option<f64> {
    event.field(Subject::Order, "total")?.number()
}

fn documents(customer: &mut Customer, event: &Event<'_>, meaning: Meaning, turn: &mut Turn<'_>) {
    const KEPT: [(Subject, Document); 4] = [
        (Subject::Cart, Document::Cart),
        (Subject::Order, Document::Order),
        (Subject::Checkout, Document::Checkout),
        (Subject::Product, Document::Product),
    ];
    let emptied = meaning == Meaning::CartEmptied;
    for (subject, document) in KEPT {
        if let Some(raw) = event.subject(subject)
            && !(emptied && subject == Subject::Cart)
        {
            turn.effects.journal.append(&mut customer.cold, document, raw.0.as_bytes());
        }
    }
    if emptied {
        turn.effects.journal.append(&mut customer.cold, Document::Cart, b"");
    }
}

fn engagement(customer: &mut Customer, event: &Event<'_>) {
    let id = event.field(Subject::Message, "command_id").and_then(|raw| raw.string());
    let Some(command) = id.and_then(|text| text.parse::<CommandId>().ok()) else { return };
    for run in customer.runs.iter_mut().filter(|run| run.is_of(command)) {
        run.engaged = true;
    }
}
