//! Applying an event: deduplicate, profile, engagement, documents, facts; then the journeys.

use super::about::About;
use super::carried::Carried;
use super::context::Context;
use super::journeys::Occasion;
use super::{Core, Environment, EventTime};
use crate::address::AddressHash;
use crate::channel::Channel;
use crate::customer::{
    Change, Customer, Document, DocumentKey, How, Of, Patch, Place, Reactions, Version,
};
use crate::effect::{Addressee, Effect, Happening};
use crate::event::{Event, Known, Meaning, OddFields, Subject, read_fields};
use crate::fact::Occurrence;
use crate::journey::feeding::Feeding;
use crate::journey::plan::Interest;
use crate::sends::SuppressionReason;
use crate::time::Millis;
use crate::value::Value;
use std::borrow::Cow;
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

/// What became of an event, and of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub applied: Applied,
    /// The fields without which it was applied: those that are odd, and those for which the customer has no room.
    pub left_out: OddFields,
}

impl Core {
    /// Applies an event to its customer. Depends on the log alone: `now` is not known here.
    pub fn event(
        &mut self,
        customer: &mut Customer,
        event: &Event<'_>,
        time: EventTime,
        environment: &mut Environment<'_>,
    ) -> Outcome {
        if let Some(id) = event.id()
            && !customer.first_sight(xxh3_64(id.as_bytes()))
        {
            return Outcome { applied: Applied::Duplicate, left_out: OddFields::default() };
        }
        customer.dirty = true;
        let interest = self.plan.interest(event.kind.as_ref());
        // Scratch space of the evaluator, which is only read meanwhile.
        let mut fields = std::mem::take(&mut self.fields);
        let mut context = Context::new(self, customer, (time.seen, time.seen), environment);
        let (plan, zone) = (context.plan(), context.customer.zone);
        let meaning = event.meaning;
        let (mut left_out, mut touched) = (event.odd(), interest.map_or(0, |it| it.levels));
        // Most events say nothing of the customer.
        if meaning != Meaning::None || event.subject(Subject::Profile).is_some() {
            left_out = left_out.and(context.learn(event, meaning, time.at));
            touched |= plan.levels.of_profile;
        }
        let carried = Carried::of(plan, event);
        let has_more = context.documents(event, time.at, meaning, &carried);
        if let Some(interest) = interest {
            left_out = left_out.and(context.facts(interest, event, time));
        }
        if plan.follows_zone && context.customer.zone != zone {
            context.follow_zone(zone);
        }
        context.levels(touched, time.at);
        let applied = match interest {
            Some(interest) => {
                let occasion =
                    Occasion { event, carried: &carried, fields: &[], time, emitted: None };
                context.interested(interest, occasion, &mut fields)
            }
            None => Applied::Unwanted,
        };
        context.apply_emitted();
        if context.touched {
            context.arm();
        }
        context.review(time.seen);
        if has_more {
            context.forget_surplus();
        }
        self.fields = fields;
        Outcome { applied, left_out }
    }
}

impl Context<'_> {
    /// What the event says of the customer, whatever the journeys make of it. The fields for which there is no room.
    // Apart from what most events need.
    #[inline(never)]
    fn learn(&mut self, event: &Event<'_>, meaning: Meaning, at: Millis) -> OddFields {
        let told = self.effects.list.len();
        let surplus = self.profile(event, at, meaning);
        match meaning {
            Meaning::Bounced if bounce_is_hard(event) => {
                self.suppress(event, SuppressionReason::Bounced);
                self.react(event, |seen| seen.bounced = true);
            }
            Meaning::Complained => self.suppress(event, SuppressionReason::Complained),
            Meaning::Delivered => self.react(event, |seen| seen.delivered = true),
            Meaning::Opened => self.react(event, |seen| seen.opened = true),
            Meaning::Clicked | Meaning::Answered => self.react(event, |seen| seen.clicked = true),
            Meaning::Subscribed
            | Meaning::Unsubscribed
            | Meaning::ConsentChanged
            | Meaning::Bounced
            | Meaning::CartEmptied
            | Meaning::None => {}
        }
        if meaning != Meaning::None
            && let Some(told_of) = told_of_message(event)
        {
            self.suppress_message(told_of, told);
        }
        surplus
    }

    /// What the event does to the facts. The amounts that are left out.
    #[inline]
    fn facts(&mut self, interest: &Interest, event: &Event<'_>, time: EventTime) -> OddFields {
        self.touched |= interest.arms;
        // Most events are no fact.
        if interest.facts.is_empty() {
            return OddFields::default();
        }
        self.feed(interest, event, time, |_| true)
    }

    /// The same to those facts alone that are wanted, by their numbers.
    // Apart from what most events need, which is looked at in passing.
    #[inline(never)]
    pub(super) fn feed(
        &mut self,
        interest: &Interest,
        event: &Event<'_>,
        time: EventTime,
        wanted: impl Fn(u16) -> bool,
    ) -> OddFields {
        let layout = &self.plan().facts;
        let EventTime { at, seen, .. } = time;
        let occurrence = Occurrence { event, at, seen, currency: layout.currency() };
        let mut left_out = OddFields::default();
        let before = if interest.indexed { self.indexed() } else { Vec::new() };
        for Feeding { fact, role, when, amount } in &interest.facts {
            if !wanted(*fact) {
                continue;
            }
            let admits = |item| when.as_ref().is_none_or(|when| when.holds(event, at, item));
            let amount = |item| amount.as_ref()?.number(event, at, item);
            if self.customer.facts.touch(layout, (*fact, *role), &occurrence, admits, amount) {
                left_out = OddFields::CURRENCY;
            }
        }
        if interest.indexed {
            let after = self.indexed();
            self.effects.moves(&before, &after);
        }
        left_out
    }

    /// The keys in the customer's sets of which it is known who has a key in them.
    fn indexed(&self) -> Vec<(u16, u64)> {
        let plan = self.plan();
        self.customer.facts.indexed(&plan.facts, &plan.indexed).collect()
    }

    /// What the event does in the journeys. What these read of it is read into `fields`.
    fn interested<'e>(
        &mut self,
        interest: &Interest,
        occasion: Occasion<'e>,
        fields: &'e mut [Value],
    ) -> Applied {
        let plan = self.plan();
        if interest.journeys.is_empty() {
            return Applied::Unwanted;
        }
        read_fields(occasion.event, &plan.fields, &interest.fields, fields);
        self.on_event(&Occasion { fields, ..occasion }, &interest.journeys);
        self.runs_changed();
        Applied::Wanted
    }

    /// What steps have let happen, and what that leads to: in journeys as an event that happens now, but of the customer it says nothing.
    #[inline]
    pub fn apply_emitted(&mut self) {
        if !self.effects.emitted.is_empty() {
            self.apply_all_emitted();
        }
    }

    #[cold]
    fn apply_all_emitted(&mut self) {
        while let Some(Happening { kind, text, number, at }) = self.effects.emitted.take_next() {
            let Some(interest) = self.plan().events.get(&kind) else {
                self.levels(0, at);
                continue;
            };
            let event = Event::written(&kind, &text);
            let time = EventTime { at, seen: self.t, age: self.t.saturating_sub(at) };
            // A timer's clock may be ahead of the records', and what comes next see an earlier time.
            self.facts(interest, &event, EventTime { seen: self.seen, ..time });
            self.levels(interest.levels, at);
            let mut fields = vec![Value::Null; self.plan().fields.len()];
            let (event, carried) = (&event, &Carried::of(self.plan(), &event));
            let occasion = Occasion { event, carried, fields: &[], time, emitted: Some(number) };
            self.interested(interest, occasion, &mut fields);
        }
    }

    /// First what the profile says, then what the type says; each in the order of the channels.
    fn profile(&mut self, event: &Event<'_>, at: Millis, meaning: Meaning) -> OddFields {
        let mut changes = Vec::new();
        let mut surplus = OddFields::default();
        if let Some(object) = event.profile()
            && self.merge_profile(object, at, registers(meaning), &mut changes)
        {
            surplus = OddFields::SURPLUS;
        }
        let mut say = |channel, yes| {
            changes.extend(self.customer.consent(Of::Explicit, channel, at, yes));
        };
        if meaning == Meaning::Subscribed {
            // A channel that cannot be read is not taken for one: consent is never guessed.
            match named_channel(event) {
                Named::One(channel) => say(channel, true),
                Named::None => say(Channel::Email, true),
                Named::Unknown => {}
            }
        } else if meaning == Meaning::Unsubscribed {
            match named_channel(event) {
                Named::One(channel) => say(channel, false),
                Named::None | Named::Unknown => {
                    Channel::PERSONAL.into_iter().for_each(|channel| say(channel, false));
                }
            }
        }
        for change in changes {
            let (channel, active) = match change {
                Change::Denied(channel) => (channel, true),
                Change::Lifted(channel) => (channel, false),
            };
            self.push_suppression(
                channel,
                Addressee::Customer,
                SuppressionReason::Unsubscribed,
                active,
            );
        }
        surplus
    }

    /// A `profile` object becomes the profile's, with the registers of the consents that it grants and denies. Whether some of it had no room.
    pub fn merge_profile(
        &mut self,
        object: Cow<'_, str>,
        at: Millis,
        (grants, denials): (Of, Of),
        changes: &mut Vec<Change>,
    ) -> bool {
        self.touched |= !self.plan().by_time.is_empty();
        let (core, customer) = (self.core, &mut *self.customer);
        let patch = Patch { at, grants, denials };
        let (object, surplus) =
            patch.merge(object, customer, &core.attributes, &core.zones, changes);
        let version = Version { key: DocumentKey::PROFILE, at, how: How::Add };
        self.effects.journal.append_version(&mut customer.cold, version, object.as_bytes());
        surplus
    }

    fn suppress(&mut self, event: &Event<'_>, reason: SuppressionReason) {
        let channel = named_channel(event).or_email();
        let customer = &mut *self.customer;
        let bits = if reason == SuppressionReason::Bounced {
            &mut customer.bounced
        } else {
            &mut customer.complained
        };
        if *bits & channel.bit() == 0 {
            *bits |= channel.bit();
            self.push_suppression(channel, Addressee::Customer, reason, true);
        }
    }

    /// Something has become of the message that the event names: its run knows. A fallback that has waited for that comes with the next timers.
    fn react(&mut self, event: &Event<'_>, note: impl Fn(&mut Reactions)) {
        let Some(about) = About::of(event) else { return };
        let (plan, t) = (self.plan(), self.t);
        let mut moved = false;
        for run in self.customer.runs.iter_mut() {
            let id = run.id;
            let Some(sent) = run.sent.as_mut().filter(|sent| about.is_message(id, sent.command))
            else {
                continue;
            };
            note(&mut sent.seen);
            let Place::Engagement { op, choice, .. } = run.place else { continue };
            let send = plan.journeys.get(usize::from(run.journey)).and_then(|it| it.send(op));
            let fallback = send.and_then(|send| send.channels.get(usize::from(choice))?.fallback);
            if fallback.is_some_and(|fallback| fallback.when.comes(sent.seen)) {
                run.deadline = run.deadline.min(t);
                moved = true;
            }
        }
        if moved {
            self.runs_changed();
        }
    }

    /// The address that the event's message went to. What this event has told of the customer's own (from `told` on) need not be told again,
    /// and a link of a message that came before a later grant does not take that back.
    fn suppress_message(&mut self, of: ToldOfMessage, told: usize) {
        let ToldOfMessage { channel, reason, address } = of;
        let own = |effect: &Effect| match effect {
            Effect::Suppression { channel: other, reason: why, active, .. } => {
                (*other, *why, *active) == (channel, reason, true)
            }
            Effect::Command(_) => false,
        };
        let unless_own = self.effects.list[told..].iter().any(own)
            || reason == SuppressionReason::Unsubscribed && self.customer.has_granted(channel);
        let addressee = Addressee::Message { address, unless_own };
        self.push_suppression(channel, addressee, reason, true);
    }

    fn push_suppression(
        &mut self,
        channel: Channel,
        addressee: Addressee,
        reason: SuppressionReason,
        active: bool,
    ) {
        let (documents, at) = (self.customer.cold, self.t);
        self.effects.list.push(Effect::Suppression {
            documents,
            channel,
            addressee,
            reason,
            active,
            at,
        });
    }

    /// What a message may show, each with its newest version; nothing of what none can show. Whether there is more than before: most events leave
    /// the list alone, which is a place in memory of its own.
    #[inline]
    pub(super) fn documents(
        &mut self,
        event: &Event<'_>,
        at: Millis,
        meaning: Meaning,
        carried: &Carried,
    ) -> bool {
        let brings = meaning == Meaning::CartEmptied || !carried.keys().is_empty();
        brings && self.keep_documents(event, at, meaning, carried)
    }

    #[inline(never)]
    fn keep_documents(
        &mut self,
        event: &Event<'_>,
        at: Millis,
        meaning: Meaning,
        carried: &Carried,
    ) -> bool {
        let mut more = false;
        let emptied = meaning == Meaning::CartEmptied;
        let all_emptied = emptied && event.id_of(Subject::Cart) == 0;
        if all_emptied {
            // Which cart it does not say: all of them.
            for key in self.customer.documents.empty_carts(at) {
                self.keep(Version { key, at, how: How::Remove }, "");
            }
        }
        for ((subject, raw), key) in self.plan().documents(event).zip(carried.keys()) {
            let key = *key;
            let documents = &mut self.customer.documents;
            let count = documents.len();
            let (how, counts) = if emptied && subject == Subject::Cart {
                (How::Remove, !all_emptied && documents.replace(key, at, true))
            } else if subject.is_whole_in(&event.kind) {
                (How::Replace, documents.replace(key, at, false))
            } else {
                (How::Add, documents.add_to(key, at))
            };
            more |= documents.len() > count;
            if counts {
                let content = if how == How::Remove { "" } else { raw.0 };
                self.keep(Version { key, at, how }, content);
                if how == How::Add {
                    self.note_items(event, key, at);
                }
            }
        }
        more
    }

    /// A cart that other events empty item by item ends as one that is emptied at once. Of a whole version a journey's `when` judges whether it
    /// is worth a message.
    fn note_items(&mut self, event: &Event<'_>, key: DocumentKey, at: Millis) {
        if key.kind() == Some(Document::Cart)
            && let Some(none) = event.empties_cart()
        {
            self.customer.documents.note_items(key, at, none);
        }
    }

    fn keep(&mut self, version: Version, content: &str) {
        let cold = &mut self.customer.cold;
        self.effects.journal.append_version(cold, version, content.as_bytes());
    }

    /// After the journeys, so that what a new run is about stays.
    pub(super) fn forget_surplus(&mut self) {
        let customer = &mut *self.customer;
        let live = || customer.runs.iter().filter(|run| run.place.is_live());
        let pinned = |key| live().any(|run| run.about.contains(&key));
        while let Some(key) = customer.documents.take_surplus(pinned) {
            self.effects.journal.append_version(&mut customer.cold, Version::forgotten(key), b"");
        }
    }
}

/// The registers of the consents in a profile: of those that it grants, and of those that it denies. Who unsubscribes grants nothing.
fn registers(meaning: Meaning) -> (Of, Of) {
    match meaning {
        Meaning::Subscribed | Meaning::ConsentChanged => (Of::Explicit, Of::Explicit),
        Meaning::Unsubscribed => (Of::Profile, Of::Explicit),
        Meaning::Bounced
        | Meaning::Complained
        | Meaning::Delivered
        | Meaning::Opened
        | Meaning::Clicked
        | Meaning::Answered
        | Meaning::CartEmptied
        | Meaning::None => (Of::Profile, Of::Profile),
    }
}

/// The channel that an event about permissions names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// It names none.
    None,
    /// This one, which a person can refuse.
    One(Channel),
    /// What it names cannot be read, is unknown, or needs no consent.
    Unknown,
}

impl Named {
    fn or_email(self) -> Channel {
        match self {
            Self::One(channel) => channel,
            Self::None | Self::Unknown => Channel::Email,
        }
    }
}

/// The channel in `message.channel` and `channel`, the first counts; both must be known where both are there (what is odd is not). Blanks and
/// capitals do not matter.
fn named_channel(event: &Event<'_>) -> Named {
    let in_message = event.field(Subject::Message, "channel").and_then(|raw| raw.string());
    let mut named = if event.hides_channel() { Named::Unknown } else { Named::None };
    for name in [in_message, event.channel()].into_iter().flatten() {
        let channel = Channel::parse(&name.trim().to_ascii_lowercase());
        match channel.filter(|channel| Channel::PERSONAL.contains(channel)) {
            None => return Named::Unknown,
            Some(channel) if !matches!(named, Named::One(_)) => named = Named::One(channel),
            Some(_) => {}
        }
    }
    named
}

/// What an event says of the address that its message went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldOfMessage {
    /// The message's medium.
    pub channel: Channel,
    /// Why the address must no longer be written to.
    pub reason: SuppressionReason,
    /// What stands for the address.
    pub address: AddressHash,
}

/// What the event says of the address that its message went to: it holds whoever the customer is, and where nobody knows the customer.
pub fn told_of_message(event: &Event<'_>) -> Option<ToldOfMessage> {
    // Asked first: hardly any event has one.
    let address = event.known_at(Known::MessageAddress)?;
    let reason = match event.meaning {
        Meaning::Unsubscribed => SuppressionReason::Unsubscribed,
        Meaning::Bounced if bounce_is_hard(event) => SuppressionReason::Bounced,
        Meaning::Complained => SuppressionReason::Complained,
        Meaning::Bounced
        | Meaning::Subscribed
        | Meaning::ConsentChanged
        | Meaning::Delivered
        | Meaning::Opened
        | Meaning::Clicked
        | Meaning::Answered
        | Meaning::CartEmptied
        | Meaning::None => return None,
    };
    let channel = named_channel(event).or_email();
    Some(ToldOfMessage { channel, reason, address: AddressHash::parse(&address.string()?)? })
}

fn bounce_is_hard(event: &Event<'_>) -> bool {
    let kind = event.field(Subject::Message, "bounce").and_then(|raw| raw.string());
    kind.as_deref() != Some("soft")
}
