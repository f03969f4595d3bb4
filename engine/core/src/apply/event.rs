//! Applying an event: deduplicate, profile, engagement, documents, facts; then the journeys.

use super::context::Context;
use super::journeys::Occasion;
use super::{Core, Environment, EventTime};
use crate::channel::Channel;
use crate::customer::{Change, Customer, Document, merge_profile, set_consent};
use crate::effect::Effect;
use crate::event::{Event, Meaning, Raw, Subject, read_fields};
use crate::id::CommandId;
use crate::journey::plan::Interest;
use crate::sends::SuppressionReason;
use crate::value::Value;
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
        environment: &mut Environment<'_>,
    ) -> Applied {
        if let Some(id) = event.id()
            && !customer.first_sight(xxh3_64(id.as_bytes()))
        {
            return Applied::Duplicate;
        }
        customer.dirty = true;
        // Scratch space of the evaluator, which is only read meanwhile.
        let mut changes = std::mem::take(&mut self.changes);
        let mut fields = std::mem::take(&mut self.fields);
        let mut context = Context {
            core: self,
            customer,
            t: time.seen,
            mode: environment.mode,
            effects: environment.effects,
        };
        context.learn(event, &mut changes);
        let applied = match context.plan().events.get(event.kind.as_ref()) {
            Some(interest) => context.interested(interest, event, time, &mut fields),
            None => Applied::Unwanted,
        };
        (self.changes, self.fields) = (changes, fields);
        applied
    }
}

impl Context<'_> {
    /// What the event says of the customer, whatever the journeys make of it.
    fn learn(&mut self, event: &Event<'_>, changes: &mut Vec<Change>) {
        let meaning = Meaning::of(&event.kind);
        self.profile(event, meaning, changes);
        match meaning {
            Meaning::Bounced if bounce_is_hard(event) => {
                self.suppress(event, SuppressionReason::Bounced);
            }
            Meaning::Complained => self.suppress(event, SuppressionReason::Complained),
            Meaning::Engaged => engagement(self.customer, event),
            Meaning::Subscribed
            | Meaning::Unsubscribed
            | Meaning::ConsentChanged
            | Meaning::Bounced
            | Meaning::CartEmptied
            | Meaning::None => {}
        }
        self.documents(event, meaning);
    }

    /// What the event does to the facts, then in the journeys in order of their names.
    fn interested(
        &mut self,
        interest: &Interest,
        event: &Event<'_>,
        time: EventTime,
        fields: &mut [Value],
    ) -> Applied {
        let plan = self.plan();
        for number in &interest.facts {
            if let Some(fact) = plan.facts.get(*number) {
                self.customer.facts.touch(*number, fact, event, time.at);
            }
        }
        if interest.journeys.is_empty() {
            return Applied::Unwanted;
        }
        read_fields(event, &plan.fields, &interest.fields, fields);
        let occasion = Occasion { event, fields, time };
        for journey in &interest.journeys {
            self.on_event(&occasion, journey);
        }
        self.customer.runs_changed();
        Applied::Wanted
    }

    /// First what the profile says, then what the type says; each in the order of the channels.
    fn profile(&mut self, event: &Event<'_>, meaning: Meaning, changes: &mut Vec<Change>) {
        changes.clear();
        if let Some(profile) = event.profile() {
            let (core, customer) = (self.core, &mut *self.customer);
            let text = profile.as_bytes();
            self.effects.journal.append(&mut customer.cold, Document::Profile, text);
            merge_profile(customer, Raw(&profile), &core.attributes, &core.zones, changes);
        }
        if meaning == Meaning::Subscribed {
            // A channel that cannot be read is not taken for one: consent is never guessed.
            let unnamed = (!event.hides_channel()).then_some(Channel::Email);
            let channel = named_channel(event).unwrap_or(unnamed);
            changes.extend(channel.and_then(|channel| set_consent(self.customer, channel, true)));
        } else if meaning == Meaning::Unsubscribed {
            let mut deny = |channel| changes.extend(set_consent(self.customer, channel, false));
            match named_channel(event) {
                Some(channel) => channel.into_iter().for_each(&mut deny),
                None => Channel::PERSONAL.into_iter().for_each(&mut deny),
            }
        }
        let denials_count = matches!(meaning, Meaning::Unsubscribed | Meaning::ConsentChanged);
        for change in changes {
            let (channel, active) = match *change {
                Change::Denied(channel) if denials_count => (channel, true),
                Change::Denied(_) => continue,
                Change::Lifted(channel) => (channel, false),
            };
            self.push_suppression(channel, SuppressionReason::Unsubscribed, active);
        }
    }

    fn suppress(&mut self, event: &Event<'_>, reason: SuppressionReason) {
        let Some(channel) = named_channel(event).unwrap_or(Some(Channel::Email)) else { return };
        let customer = &mut *self.customer;
        let bits = if reason == SuppressionReason::Bounced {
            &mut customer.bounced
        } else {
            &mut customer.complained
        };
        if *bits & channel.bit() == 0 {
            *bits |= channel.bit();
            self.push_suppression(channel, reason, true);
        }
    }

    fn push_suppression(&mut self, channel: Channel, reason: SuppressionReason, active: bool) {
        let (customer, mark, at) = (self.customer.id, self.effects.journal.mark(), self.t);
        self.effects.list.push(Effect::Suppression { customer, mark, channel, reason, active, at });
    }

    /// The newest of each subject that a message may show.
    fn documents(&mut self, event: &Event<'_>, meaning: Meaning) {
        let emptied = meaning == Meaning::CartEmptied;
        let (journal, cold) = (&mut self.effects.journal, &mut self.customer.cold);
        for subject in Subject::KEPT {
            if let (Some(raw), Some(document)) = (event.subject(subject), Document::of(subject))
                && !(emptied && subject == Subject::Cart)
            {
                journal.append(cold, document, raw.0.as_bytes());
            }
        }
        if emptied {
            journal.append(cold, Document::Cart, b"");
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

fn engagement(customer: &mut Customer, event: &Event<'_>) {
    let id = event.field(Subject::Message, "command_id").and_then(|raw| raw.string());
    let Some(command) = id.and_then(|text| text.parse::<CommandId>().ok()) else { return };
    for sent in customer.runs.iter_mut().filter_map(|run| run.sent.as_mut()) {
        sent.engaged |= sent.command == command;
    }
}
