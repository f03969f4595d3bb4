//! What is known of one customer: plain fields, plain lists.

use super::deadline::Moment;
use super::documents::{DocumentName, Documents, KINDS, has};
use super::event::Event;
use super::facts::History;
use super::latest::Latest;
use super::odd::is_read;
use super::zone;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::journey::shown::Subjects;
use cartwheel_core::policy::Policy;
use cartwheel_core::sends::{Suppression, SuppressionReason};
use cartwheel_core::time::Millis;
use compact_str::CompactString;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64;

/// So many event ids are remembered.
const IDS: usize = 8;
/// Fields of a profile that neither the product nor a condition reads.
const MAX_FIELDS: usize = 64;
/// Finished runs that wait for their goal.
const MAX_LINGERING: usize = 64;

/// One person.
#[derive(Default)]
pub struct Customer {
    /// The customer string.
    pub name: CompactString,
    /// Hashes of the newest event ids, oldest first.
    ids: Vec<u64>,
    /// The profile's fields without `consent`, each with the event time of what wrote it; null where it was removed.
    profile: Vec<(Box<str>, Millis, Value)>,
    /// The names of those that nobody but a message reads.
    others: Vec<String>,
    /// Every word on consent.
    words: Vec<Word>,
    /// By a bounce; by channel.
    pub bounced: [bool; 5],
    /// By a complaint; by channel.
    pub complained: [bool; 5],
    /// All that has happened, for facts.
    pub facts: History,
    /// What messages may show.
    pub documents: Documents,
    /// When what ends runs or moves windows happened last.
    pub latest: Latest,
    /// Marketing messages, also those that were kept back.
    pub touches: Vec<Touch>,
    /// Journeys entered.
    pub entries: Vec<Entry>,
    /// Windows and runs, in order of their ids.
    pub runs: Vec<Run>,
    /// The newest base by which each journey has begun by time.
    pub begun: BTreeMap<u16, Millis>,
    /// When 64 of its own events may happen at once again.
    pub full_at: Millis,
    /// What is armed of journeys that begin by time, and when they begin by it.
    pub armed: BTreeMap<u16, (Moment, Millis)>,
    /// The rank of each level by its name; empty before the first judgement.
    pub levels: BTreeMap<String, usize>,
    /// When they were judged last.
    pub judged: Millis,
    /// The deadline of the timer for levels.
    pub turns: Option<Millis>,
}

/// A word on consent.
struct Word {
    channel: Channel,
    /// Said by the customer, not carried by a profile.
    explicit: bool,
    at: Millis,
    yes: bool,
}

/// A marketing message that was sent, or kept back by a holdout.
pub struct Touch {
    /// When.
    pub at: Millis,
    /// How.
    pub channel: Channel,
    /// Index of the journey; none of one that is gone.
    pub journey: Option<u16>,
    /// Kept back.
    pub ghost: bool,
}

/// An entry that the re-entry rules look back to.
pub struct Entry {
    /// Index of the journey.
    pub journey: u16,
    /// The hash of the key.
    pub key: u64,
    /// When.
    pub at: Millis,
}

/// Where a window or run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Has not entered: at the deadline it will.
    Window,
    /// A wait for some time is over at the deadline.
    Delay {
        /// Index of the wait.
        op: u16,
    },
    /// A wait until a local time is over at the deadline.
    Local {
        /// Index of the wait.
        op: u16,
    },
    /// A wait for an event; at the deadline its time is up.
    Event {
        /// Index of the wait.
        op: u16,
    },
    /// A send was put off: at the deadline the gate runs again from channel `choice`.
    Gate {
        /// Index of the send.
        op: u16,
        /// Index of the channel.
        choice: usize,
    },
    /// A channel was sent: at the deadline the fallback `choice` is tried if nobody engaged.
    Engagement {
        /// Index of the send.
        op: u16,
        /// Index of the fallback channel.
        choice: usize,
    },
    /// Finished; kept for its goal until the deadline.
    Goal,
}

/// What has put a send off that may go on with any event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOff {
    /// Index of the policy's hold.
    Hold(usize),
    /// A journey further up in the group.
    Group,
}

/// An event that came before a run waits for it.
#[derive(Clone)]
pub struct Heard {
    /// Its time.
    pub at: Millis,
    /// The event.
    pub event: std::sync::Arc<Value>,
    /// Indices of the waits that it ends.
    pub waits: Vec<u16>,
}

/// A window or run.
#[derive(Clone)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Index of the journey.
    pub journey: u16,
    /// The hash of the key.
    pub key: u64,
    /// Event time of its newest trigger event.
    pub newest: Millis,
    /// The same when it entered; none of a window.
    pub entered_by: Option<Millis>,
    /// That event.
    pub event: std::sync::Arc<Value>,
    /// The item of a list of that event that it is about, where its journey begins by such.
    pub item: Option<std::sync::Arc<Value>>,
    /// The event that ended its last wait for one; none before, while it waits, and where the time was up.
    pub waited: Option<std::sync::Arc<Value>>,
    /// Everything that has come since its newest message for waits that lie ahead, as it came.
    pub heard: Vec<Heard>,
    /// The documents that that event carried.
    pub about: Vec<DocumentName>,
    /// Where it stands.
    pub place: Place,
    /// When it goes on.
    pub deadline: Millis,
    /// What a send waits for beside its deadline.
    pub put_off: Option<PutOff>,
    /// Held because the shard is behind: the deadline does not count until it is live again.
    pub held: bool,
    /// Its journey is paused and it was due: the deadline does not count until that is resumed.
    pub waits_for_resume: bool,
    /// It was due too long ago when its journey was resumed.
    pub missed: bool,
    /// From when waits count.
    pub anchor: Millis,
    /// When the send at hand was first reached.
    pub due: Millis,
    /// When the first message was sent.
    pub first_sent: Option<Millis>,
    /// The newest message.
    pub last_sent: Option<(Millis, CommandId)>,
    /// The send of it.
    pub last_op: Option<u16>,
    /// The events that told of the newest message: `delivered`, `opened`, `clicked`, `bounced`.
    pub told: Vec<&'static str>,
    /// The goal was reached.
    pub converted: bool,
    /// Its codes, by their pools.
    pub codes: BTreeMap<String, String>,
    /// Pools of which it would have a code if no holdout had kept its message back.
    pub would_have: BTreeSet<String>,
}

impl Run {
    /// One that begins at `t` by this event, or by none, of the time `at`; it has done nothing yet.
    pub fn opened(id: RunId, journey: u16, key: u64, at: Millis, t: Millis) -> Self {
        Self {
            id,
            journey,
            key,
            newest: at,
            entered_by: None,
            event: std::sync::Arc::default(),
            item: None,
            waited: None,
            heard: Vec::new(),
            about: Vec::new(),
            place: Place::Window,
            deadline: at,
            put_off: None,
            held: false,
            waits_for_resume: false,
            missed: false,
            anchor: t,
            due: t,
            first_sent: None,
            last_sent: None,
            last_op: None,
            told: Vec::new(),
            converted: false,
            codes: BTreeMap::new(),
            would_have: BTreeSet::new(),
        }
    }

    /// A window or a run that has not finished.
    pub fn live(&self) -> bool {
        self.place != Place::Goal
    }

    /// Whether what ends runs at `at` ends this one. What came after it entered belongs to another run.
    pub fn ends(&self, at: Millis) -> bool {
        self.entered_by.unwrap_or(self.newest) <= at
    }
}

impl Customer {
    /// A customer of whom nothing but the name is known.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether an event of this id was seen before; if not, it has been now.
    pub fn seen(&mut self, id: &str) -> bool {
        let hash = (xxh3_64(id.as_bytes()) >> 16).max(1);
        if self.ids.contains(&hash) {
            return true;
        }
        if self.ids.len() == IDS {
            self.ids.remove(0);
        }
        self.ids.push(hash);
        false
    }

    /// The finished run that has no room for its goal any more.
    pub fn lingers_no_longer(&self) -> Option<RunId> {
        let lingering = self.runs.iter().filter(|run| !run.live());
        let mut ends: Vec<(Millis, RunId)> = lingering.map(|run| (run.deadline, run.id)).collect();
        ends.sort_unstable();
        ends.first().filter(|_| ends.len() > MAX_LINGERING).map(|(_, id)| *id)
    }

    /// A journey writes an attribute.
    pub fn set(&mut self, name: &str, at: Millis, value: Value) {
        match self.profile.iter_mut().find(|(known, ..)| known.as_ref() == name) {
            Some(known) if at >= known.1 => (known.1, known.2) = (at, value),
            Some(_) => {}
            None => self.profile.push((name.into(), at, value)),
        }
    }

    /// When a profile field was written last.
    pub fn written(&self, name: &str) -> Option<Millis> {
        self.profile.iter().find(|(field, ..)| field.as_ref() == name).map(|(_, at, _)| *at)
    }

    /// A profile field; null counts as absent.
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        let (.., value) = self.profile.iter().find(|(field, ..)| field.as_ref() == name)?;
        Some(value).filter(|value| !value.is_null())
    }

    /// Some(true) granted, Some(false) denied, None unknown.
    pub fn consent(&self, channel: Channel) -> Option<bool> {
        let (explicit, profile) = (self.word(channel, true), self.word(channel, false));
        match (explicit, profile) {
            (Some((_, false)), _) => Some(false),
            (Some((said, yes)), Some((carried, other))) => {
                Some(if carried >= said { other } else { yes })
            }
            (Some((_, yes)), None) | (None, Some((_, yes))) => Some(yes),
            (None, None) => None,
        }
    }

    /// The newest word of a source; of several at one time the denial.
    fn word(&self, channel: Channel, explicit: bool) -> Option<(Millis, bool)> {
        let of = |word: &&Word| word.channel == channel && word.explicit == explicit;
        let newest = self.words.iter().filter(of).map(|word| word.at).max()?;
        let yes = self.words.iter().filter(of).filter(|word| word.at == newest).all(|w| w.yes);
        Some((newest, yes))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.as_str()
    }

    /// The address on a channel, if there is one.
    pub fn address(&self, channel: Channel) -> Option<&str> {
        self.text(channel.address_field()?).filter(|address| !address.is_empty())
    }

    /// Where the customer's clock stands.
    pub fn zone(&self, policy: &Policy) -> TimeZone {
        zone::of(self.text("time_zone"), self.text("country"), self.text("region"), &policy.zone)
    }

    /// What a template that reads these may show: of each kind what the run is about, else the newest.
    pub fn data(&self, about: &[DocumentName], read: Subjects) -> Value {
        let known = self.profile.iter().filter(|(.., value)| !value.is_null());
        let profile: Map<String, Value> =
            known.map(|(name, _, value)| (name.to_string(), value.clone())).collect();
        let mut data = Map::new();
        data.insert("profile".into(), Value::Object(profile));
        for kind in KINDS.into_iter().filter(|kind| has(read, kind)) {
            if let Some(document) = self.documents.shown(kind, about) {
                data.insert(kind.into(), document);
            }
        }
        if read.has_browsed() {
            data.insert("browsed_products".into(), self.documents.browsed().into());
        }
        Value::Object(data)
    }

    /// Profile, consent, suppression, documents and engagement. `now` is T; conditions name the plan's attributes; effects are appended to
    /// `effects`. Whether the profile had no room for a field.
    pub fn learn(
        &mut self,
        event: &Event,
        at: Millis,
        now: Millis,
        plan: &Plan,
        effects: &mut Vec<Suppression>,
    ) -> bool {
        let mut surplus = false;
        if let Some(profile) = event.subject("profile") {
            let fits = |(name, _): &(&String, &Value)| !event.long.contains(name);
            surplus = self.merge(profile.iter().filter(fits), at, &plan.attributes);
            let consent = profile.get("consent").and_then(Value::as_object);
            for channel in Channel::PERSONAL {
                let flag = consent.and_then(|consent| consent.get(channel.name()));
                let Some(yes) = flag.and_then(Value::as_bool) else { continue };
                // Who unsubscribes grants nothing.
                let explicit = match event.kind.as_str() {
                    "subscribed" | "consent_changed" => true,
                    "unsubscribed" => !yes,
                    _ => false,
                };
                self.say(Word { channel, explicit, at, yes }, now, effects);
            }
        }
        let own = event.body.get("channel").and_then(Value::as_str);
        let names: Vec<&str> = event.text("message", "channel").into_iter().chain(own).collect();
        let known: Vec<Channel> = names.iter().flat_map(|name| personal(name)).collect();
        // One name that is unknown, or none but what cannot be read, and it is not known which was meant.
        let readable = known.len() == names.len() && !(names.is_empty() && event.hides_channel());
        let named = known.first().copied().filter(|_| readable);
        let or_email = named.unwrap_or(Channel::Email);
        match event.kind.as_str() {
            "subscribed" if readable => {
                self.say(Word { channel: or_email, explicit: true, at, yes: true }, now, effects);
            }
            "unsubscribed" => {
                for channel in named.map_or(Channel::PERSONAL.to_vec(), |channel| vec![channel]) {
                    self.say(Word { channel, explicit: true, at, yes: false }, now, effects);
                }
            }
            "message_bounced" if event.text("message", "bounce") != Some("soft") => {
                self.suppress(or_email, SuppressionReason::Bounced, now, effects);
            }
            "message_complained" => {
                self.suppress(or_email, SuppressionReason::Complained, now, effects);
            }
            _ => {}
        }
        self.tell_of_message(event, or_email, now, effects);
        self.documents.learn(event, at, plan.kept);
        self.note_reaction(event);
        surplus
    }

    /// The address that the message of the event went to is suppressed, whoever has it: unless the event has told it already as the
    /// customer's own, or it is the customer's own and the customer has granted consent since.
    fn tell_of_message(
        &self,
        event: &Event,
        channel: Channel,
        at: Millis,
        effects: &mut Vec<Suppression>,
    ) {
        let reason = match event.kind.as_str() {
            "unsubscribed" => SuppressionReason::Unsubscribed,
            "message_complained" => SuppressionReason::Complained,
            "message_bounced" if event.text("message", "bounce") != Some("soft") => {
                SuppressionReason::Bounced
            }
            _ => return,
        };
        let is_hash =
            |text: &&str| text.len() == 32 && text.chars().all(|char| char.is_ascii_hexdigit());
        let Some(address) = event.text("message", "address").filter(is_hash) else { return };
        let told =
            Suppression { channel, address: address.to_lowercase(), reason, active: true, at };
        let own = self.address(channel).map(|own| Suppression::hash(channel, own));
        let granted = reason == SuppressionReason::Unsubscribed
            && self.word(channel, true).is_some_and(|(_, yes)| yes);
        let spared = granted && own.as_deref() == Some(&told.address);
        if !spared && !effects.contains(&told) {
            effects.push(told);
        }
    }

    fn merge<'v>(
        &mut self,
        profile: impl Iterator<Item = (&'v String, &'v Value)>,
        at: Millis,
        named: &[CompactString],
    ) -> bool {
        let mut surplus = false;
        for (name, value) in profile.filter(|(name, _)| *name != "consent") {
            let has_room = is_read(name) || named.iter().any(|other| other == name);
            if !has_room && !self.others.contains(name) {
                if self.others.len() == MAX_FIELDS {
                    surplus = true;
                    continue;
                }
                self.others.push(name.clone());
            }
            match self.profile.iter_mut().find(|(known, ..)| known.as_ref() == name) {
                Some(known) if at >= known.1 => (known.1, known.2) = (at, value.clone()),
                Some(_) => {}
                None => self.profile.push((name.as_str().into(), at, value.clone())),
            }
        }
        surplus
    }

    /// A word on consent. Told is that an explicit denial is there; and, of whoever has ever said no, every explicit grant that is newer than
    /// everything else that the customer has said.
    fn say(&mut self, word: Word, now: Millis, effects: &mut Vec<Suppression>) {
        let channel = word.channel;
        let said = |customer: &Self| customer.word(channel, true);
        let before = said(self);
        let is_new_grant =
            word.explicit && word.yes && before.is_none_or(|(newest, _)| word.at > newest);
        self.words.push(word);
        let denial = |word: &Word| word.channel == channel && word.explicit && !word.yes;
        let denied = |said: Option<(Millis, bool)>| said.is_some_and(|(_, yes)| !yes);
        if !denied(before) && denied(said(self)) {
            self.tell(channel, SuppressionReason::Unsubscribed, true, now, effects);
        } else if is_new_grant && self.words.iter().any(denial) {
            self.tell(channel, SuppressionReason::Unsubscribed, false, now, effects);
        }
    }

    /// Each of the two reasons is told once.
    fn suppress(
        &mut self,
        channel: Channel,
        reason: SuppressionReason,
        now: Millis,
        effects: &mut Vec<Suppression>,
    ) {
        let known = if reason == SuppressionReason::Bounced {
            &mut self.bounced
        } else {
            &mut self.complained
        };
        if !std::mem::replace(&mut known[channel as usize], true) {
            self.tell(channel, reason, true, now, effects);
        }
    }

    /// Others know addresses, not customers: without an address there is nothing to tell.
    fn tell(
        &self,
        channel: Channel,
        reason: SuppressionReason,
        active: bool,
        at: Millis,
        effects: &mut Vec<Suppression>,
    ) {
        if let Some(address) = self.address(channel) {
            effects.push(Suppression {
                channel,
                address: Suppression::hash(channel, address),
                reason,
                active,
                at,
            });
        }
    }

    fn note_reaction(&mut self, event: &Event) {
        let what = match event.kind.as_str() {
            "message_delivered" => "delivered",
            "message_opened" => "opened",
            "message_clicked" | "survey_answered" => "clicked",
            "message_bounced" if event.text("message", "bounce") != Some("soft") => "bounced",
            _ => return,
        };
        for run in &mut self.runs {
            if run.last_sent.is_some_and(|(_, id)| event.is_about(run.id, id)) {
                run.told.push(what);
            }
        }
    }
}

/// The channel of this name, blanks and capitals aside, if it is one that a person can refuse.
fn personal(name: &str) -> Vec<Channel> {
    let channel = Channel::parse(&name.trim().to_lowercase());
    channel.into_iter().filter(|channel| Channel::PERSONAL.contains(channel)).collect()
}
