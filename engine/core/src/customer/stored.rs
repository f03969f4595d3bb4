//! The stored form of a customer's hot state: a header (magic `C`, version) and the fields, little endian, numbers and values as in
//! [`crate::compact`]. What most customers do not have costs a bit. Journeys are stored by their index; the checkpoint names the
//! configuration hash that gives the index its meaning.
//!
//! - Customer: `parts u16, seen (6 bytes each), [bounced, complained], [facts], [runs], [entries], [touches], [attributes], [registers], [latest],
//!   [documents], [names]`. The parts ([`part`]) say what is there and how many places of the ring are. A list begins with its length.
//! - Fact: `number * 4 + kind`, then its state ([`crate::fact`]).
//! - Run: `facts u16, place u8, id, journey u8, opened_at 6 bytes, deadline, [op u8], [choice u8, due], [key], [anchor],
//!   [newest], [entered by], [sent at, command], [first], [captures], [about], [heard]`. The facts ([`fact`]) say what is there, the place ([`place`]) where the run is: what that needs stands before the
//!   key. `opened_at` and the times after it, which are differences to it in 5 bytes, are integers of a fixed width: cheaper to write than numbers.
//!   A run with something that does not fit is written wide.
//!   What a run has heard of ([`super::heard`]) is stored from version 8 on.
//!   A message that a hold or a group has put off has that behind the place's times. A bit of the place says that a pause of the journey keeps the run.
//! - Entry: `journey * 2 + (1 with a key), at, [key]`. Touch: `journey * 8 + channel (+ 2^19 for a ghost), at`. Attribute: `name u32, at, value`.
//!   Register: `of * 16 + channel * 2 + (1 for yes) u8, at`. Latest time: `id u64, at`. Document: `key u64, whole, added`. Name: `u32`.
//!   Every time that is not a run's is the difference to the one before it ([`Since`]), those of a document stand behind a number that says which there are.
//! - There is no bit left for the names: whoever has some is stored in a version of its own.

mod place;

use super::bounds::REMEMBERED_IDS;
use super::document::DocumentKey;
use super::heard::{self, put_heard, read_heard};
use super::hot::{Attribute, Customer, Entry, Touch};
use super::kept::{Kept, Stored};
use super::latest::{Latest, LatestId};
use super::profile::zone_of;
use super::register::{Of, Register};
use super::run::{Place, Reactions, Run, Sent};
use super::seen::{self, SeenIds};
use super::zone::Zones;
use crate::channel::Channel;
use crate::compact::{Bytes, OWN, Writer};
use crate::fact::{put_fact, read_fact};
use crate::id::{CommandId, CustomerId, RunId};
use crate::time::Millis;
use crate::value::Value;
use std::cell::Cell;
use thin_vec::ThinVec;

const MAGIC: u8 = b'C';
/// Version 1 kept every field in its full width; 2 told a run's place by flags and had three facts in
/// fields of their own; 3 did not know when attributes, consent and documents were written; 4 kept event ids and times in full; in 6 runs had
/// heard of nothing that they would wait for.
const VERSION: u8 = 8;
/// The same with names of the profile's fields.
const WITH_NAMES: u8 = 9;
/// What is still read: 6, which is a part of 8, and 4; with names 7 and 5.
const UNHEARD: u8 = 6;
const UNHEARD_WITH_NAMES: u8 = 7;
const FULL: u8 = 4;
const FULL_WITH_NAMES: u8 = 5;

/// In place of an attribute's value: it is none.
const UNREADABLE: u64 = OWN;

/// Bytes that are not a stored customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The header is not ours.
    #[error("not a customer's state: header {0:02x?}")]
    Header(Vec<u8>),
    /// The header names a version that this binary does not read.
    #[error("customer state of version {0}; this binary reads {FULL} to {WITH_NAMES}")]
    Version(u8),
    /// The content is not what is written.
    #[error("customer state is damaged before byte {0}")]
    Damaged(usize),
}

/// What a customer has beside what everybody has. The lowest three bits are `seen_next`.
mod part {
    pub const SEEN_NEXT: u16 = 7;
    pub const REFUSALS: u16 = 1 << 3;
    pub const FACTS: u16 = 1 << 4;
    pub const RUNS: u16 = 1 << 5;
    pub const ENTRIES: u16 = 1 << 6;
    pub const TOUCHES: u16 = 1 << 7;
    pub const ATTRIBUTES: u16 = 1 << 8;
    /// From this bit on, how many places of the ring are stored.
    pub const REMEMBERED: u32 = 9;
    pub const REGISTERS: u16 = 1 << 13;
    pub const LATEST: u16 = 1 << 14;
    pub const DOCUMENTS: u16 = 1 << 15;
}

/// What is true of a run and what it has.
mod fact {
    /// The latest message was opened; until there was a bit for clicks, or clicked.
    pub const OPENED: u16 = 1;
    pub const CONVERTED: u16 = 1 << 1;
    pub const KEY: u16 = 1 << 2;
    pub const ANCHOR: u16 = 1 << 3;
    pub const SENT: u16 = 1 << 4;
    pub const CAPTURES: u16 = 1 << 5;
    /// Journey, op and times are stored in their full width.
    pub const WIDE: u16 = 1 << 6;
    pub const NEWEST: u16 = 1 << 7;
    /// The first message was not the latest.
    pub const FIRST: u16 = 1 << 8;
    pub const ABOUT: u16 = 1 << 9;
    /// It has had a newer trigger event since it entered.
    pub const ENTERED_BY: u16 = 1 << 10;
    /// What else became of the latest message.
    pub const DELIVERED: u16 = 1 << 11;
    pub const CLICKED: u16 = 1 << 12;
    pub const BOUNCED: u16 = 1 << 13;
    pub const HEARD: u16 = 1 << 14;
    pub const UNUSED: u16 = !0 << 15;
}

/// Of a document: nothing was ever its whole; what follows is the time of what was added. Else whether something was added since (1) or not (0).
const NEVER_WHOLE: u64 = 2;

/// Bytes of a run's `opened_at`: 4,400 years.
const OPENED_AT: usize = 6;
/// Bytes of a run's other times, since `opened_at`: 17 years.
const TIME: usize = 5;

const _: () = assert!(REMEMBERED_IDS == 8 && Channel::ALL.len() <= 8);

/// Times one after the other, each as the difference to the one before: a customer's lie close together.
struct Since {
    last: Cell<Millis>,
    /// Version 4 has every time in full.
    full: bool,
}

impl Since {
    fn new(full: bool) -> Self {
        Self { last: Cell::new(0), full }
    }

    #[inline]
    fn put(&self, writer: &mut Writer<'_>, at: Millis) {
        writer.signed(at.wrapping_sub(self.last.replace(at)));
    }

    fn read(&self, rest: &mut Bytes<'_>) -> Option<Millis> {
        let read = rest.signed()?;
        if self.full {
            return Some(read);
        }
        self.last.set(self.last.get().wrapping_add(read));
        Some(self.last.get())
    }
}

fn bit(there: bool, bit: u16) -> u16 {
    if there { bit } else { 0 }
}

/// Appends the customer's stored form (without its id, which is the key).
pub fn encode_customer(customer: &Customer, out: &mut Vec<u8>) {
    let Customer { seen_next, bounced, complained, .. } = *customer;
    let ids = customer.seen.all();
    let remembered = ids.iter().rposition(|id| *id != 0).map_or(0, |last| last + 1);
    let parts = u16::from(seen_next) & part::SEEN_NEXT
        | (remembered as u16) << part::REMEMBERED
        | bit(bounced | complained != 0, part::REFUSALS)
        | bit(!customer.facts.is_empty(), part::FACTS)
        | bit(!customer.runs.is_empty(), part::RUNS)
        | bit(!customer.entries.is_empty(), part::ENTRIES)
        | bit(!customer.touches.is_empty(), part::TOUCHES)
        | bit(!customer.attributes.is_empty(), part::ATTRIBUTES)
        | bit(!customer.registers.is_empty(), part::REGISTERS)
        | bit(!customer.latest.is_empty(), part::LATEST)
        | bit(!customer.documents.is_empty(), part::DOCUMENTS);
    let [low, high] = parts.to_le_bytes();
    let mut writer = Writer::new(out);
    let version = if customer.names.is_empty() { VERSION } else { WITH_NAMES };
    writer.bytes([MAGIC, version, low, high]);
    let mut ring = [0; seen::BYTES * REMEMBERED_IDS];
    let places = ring.as_chunks_mut::<{ seen::BYTES }>().0.iter_mut();
    for (place, id) in places.zip(ids) {
        let [a, b, c, d, e, f, ..] = id.to_le_bytes();
        *place = [a, b, c, d, e, f];
    }
    writer.first(seen::BYTES * remembered, ring);
    writer.bytes_if(bounced | complained != 0, [bounced, complained]);
    writer.room();
    put_list(&mut writer, &customer.facts, put_fact);
    put_list(&mut writer, &customer.runs, put_run);
    let times = Since::new(false);
    put_list(&mut writer, &customer.entries, |writer, entry| put_entry(writer, entry, &times));
    put_list(&mut writer, &customer.touches, |writer, touch| put_touch(writer, touch, &times));
    put_list(&mut writer, &customer.attributes, |writer, attribute| {
        writer.bytes(attribute.name.to_le_bytes());
        times.put(writer, attribute.at);
        writer.room();
        match attribute.unreadable {
            true => writer.number(UNREADABLE),
            false => writer.value(&attribute.value),
        }
    });
    put_list(&mut writer, &customer.registers, |writer, register| {
        put_register(writer, register, &times);
    });
    put_items(&mut writer, customer.latest.len(), customer.latest.iter(), |writer, latest| {
        writer.bytes(latest.id.0.to_le_bytes());
        times.put(writer, latest.at);
    });
    put_list(&mut writer, &customer.documents, |writer, kept| put_kept(writer, *kept, &times));
    put_list(&mut writer, &customer.names, |writer, name| writer.bytes(name.to_le_bytes()));
    writer.flush();
}

/// A list that is not empty; of an empty one the parts and facts say that it is not there.
#[inline]
fn put_list<T>(writer: &mut Writer<'_>, list: &[T], put: impl Fn(&mut Writer<'_>, &T)) {
    put_items(writer, list.len(), list.iter(), put);
}

/// So many items, as [`put_list`].
#[inline]
fn put_items<'i, T: 'i>(
    writer: &mut Writer<'_>,
    count: usize,
    items: impl Iterator<Item = &'i T>,
    put: impl Fn(&mut Writer<'_>, &T),
) {
    if count == 0 {
        return;
    }
    writer.room();
    writer.number(count as u64);
    for item in items {
        put(writer, item);
        writer.room();
    }
}

/// Whether the indices and times of a run fit into their usual width.
#[inline]
fn is_narrow(run: &Run) -> bool {
    let fits = |number: i64, bytes: usize| number << (64 - 8 * bytes) >> (64 - 8 * bytes) == number;
    let since = |there: bool, at: Millis| !there || fits(at.wrapping_sub(run.opened_at), TIME);
    let due = match run.place {
        Place::Gate { due, .. } | Place::Engagement { due, .. } => Some(due),
        Place::Window
        | Place::Delay { .. }
        | Place::Local { .. }
        | Place::Event { .. }
        | Place::Goal => None,
    };
    (run.journey | run.place.op().unwrap_or(0)) < 256
        && fits(run.opened_at, OPENED_AT)
        && since(true, run.deadline)
        && since(due.is_some(), due.unwrap_or(0))
        && since(true, run.newest)
        && since(true, run.entered_by)
        && since(run.anchor != 0, run.anchor)
        && since(run.sent.is_some(), run.sent.map_or(0, |sent| sent.first))
        && since(run.sent.is_some(), run.sent.map_or(0, |sent| sent.at))
}

#[inline]
fn put_run(writer: &mut Writer<'_>, run: &Run) {
    let seen = run.seen();
    let facts = bit(seen.opened, fact::OPENED)
        | bit(seen.delivered, fact::DELIVERED)
        | bit(seen.clicked, fact::CLICKED)
        | bit(seen.bounced, fact::BOUNCED)
        | bit(run.converted, fact::CONVERTED)
        | bit(run.key != 0, fact::KEY)
        | bit(run.anchor != 0, fact::ANCHOR)
        | bit(run.sent.is_some(), fact::SENT)
        | bit(run.newest != run.opened_at, fact::NEWEST)
        | bit(run.entered_by != run.newest, fact::ENTERED_BY)
        | bit(run.sent.is_some_and(|sent| sent.first != sent.at), fact::FIRST)
        | bit(!run.captures.is_empty(), fact::CAPTURES)
        | bit(!run.about.is_empty(), fact::ABOUT)
        | bit(!run.heard.is_empty(), fact::HEARD)
        | bit(!is_narrow(run), fact::WIDE);
    let wide = facts & fact::WIDE != 0;
    let time = if wide { 8 } else { TIME };
    let since = |at: Millis| at.wrapping_sub(run.opened_at).to_le_bytes();
    let [journey, more] = run.journey.to_le_bytes();
    writer.bytes(facts.to_le_bytes());
    writer.bytes([place::number(run.place) | place::pause_bit(run.pause)]);
    writer.bytes(run.id.0.to_le_bytes());
    writer.bytes([journey]);
    writer.bytes_if(wide, [more]);
    writer.first(if wide { 8 } else { OPENED_AT }, run.opened_at.to_le_bytes());
    writer.first(time, since(run.deadline));
    if let Some(op) = run.place.op() {
        writer.first(if wide { 2 } else { 1 }, op.to_le_bytes());
    }
    if let Place::Gate { choice, due, .. } | Place::Engagement { choice, due, .. } = run.place {
        writer.bytes([choice]);
        writer.first(time, since(due));
    }
    writer.room();
    if let Some(by) = run.place.put_off_by() {
        writer.bytes([place::put_off_number(by)]);
    }
    writer.bytes_if(run.key != 0, run.key.to_le_bytes());
    writer.first(if run.anchor != 0 { time } else { 0 }, since(run.anchor));
    writer.first(if run.newest != run.opened_at { time } else { 0 }, since(run.newest));
    writer.first(if run.entered_by != run.newest { time } else { 0 }, since(run.entered_by));
    writer.room();
    if let Some(sent) = run.sent {
        writer.first(time, since(sent.at));
        writer.bytes(sent.command.0.to_le_bytes());
        writer.first(if sent.first != sent.at { time } else { 0 }, since(sent.first));
    }
    writer.room();
    put_list(writer, &run.captures, |writer, value| writer.value(value));
    put_list(writer, &run.about, |writer, key| writer.bytes(key.0.to_le_bytes()));
    put_list(writer, &run.heard, |writer, heard| put_heard(writer, heard, run.opened_at));
}

fn put_kept(writer: &mut Writer<'_>, kept: Kept, times: &Since) {
    let Stored { key, whole, added } = kept.to_stored();
    writer.bytes(key.to_le_bytes());
    match whole {
        // What was only added to counts from its newest addition.
        None => {
            writer.number(NEVER_WHOLE);
            times.put(writer, added.unwrap_or(0));
        }
        Some(whole) => {
            writer.number(u64::from(added.is_some()));
            times.put(writer, whole);
            added.inspect(|added| times.put(writer, *added));
        }
    }
}

fn put_register(writer: &mut Writer<'_>, register: &Register, times: &Since) {
    let what = (register.of as u8) << 4 | (register.channel as u8) << 1 | u8::from(register.yes);
    writer.bytes([what]);
    times.put(writer, register.at);
}

fn put_entry(writer: &mut Writer<'_>, entry: &Entry, times: &Since) {
    writer.number(u64::from(entry.journey) << 1 | u64::from(entry.key != 0));
    times.put(writer, entry.at);
    if entry.key != 0 {
        writer.bytes(entry.key.to_le_bytes());
    }
}

/// Of a touch's head: it is a ghost. Below are journey and channel.
const GHOST: u64 = 1 << (u16::BITS + 3);

fn put_touch(writer: &mut Writer<'_>, touch: &Touch, times: &Since) {
    let ghost = if touch.ghost { GHOST } else { 0 };
    writer.number(ghost | u64::from(touch.journey) << 3 | touch.channel as u64);
    times.put(writer, touch.at);
}

/// Reads a customer's stored form.
pub fn decode_customer(
    id: CustomerId,
    bytes: &[u8],
    zones: &Zones,
) -> Result<Customer, StateError> {
    let (body, names, full) = match bytes {
        [MAGIC, VERSION | UNHEARD, body @ ..] => (body, false, false),
        [MAGIC, WITH_NAMES | UNHEARD_WITH_NAMES, body @ ..] => (body, true, false),
        [MAGIC, FULL, body @ ..] => (body, false, true),
        [MAGIC, FULL_WITH_NAMES, body @ ..] => (body, true, true),
        [MAGIC, version, ..] => return Err(StateError::Version(*version)),
        other => return Err(StateError::Header(other.iter().take(2).copied().collect())),
    };
    let mut rest = Bytes(body);
    let read = read_customer(id, &mut rest, names, full).filter(|_| rest.0.is_empty());
    let mut customer = read.ok_or(StateError::Damaged(bytes.len() - rest.0.len()))?;
    customer.zone = zone_of(&customer, zones);
    customer.derive_permissions();
    customer.runs_changed();
    Ok(customer)
}

fn read_customer(
    id: CustomerId,
    rest: &mut Bytes<'_>,
    names: bool,
    full: bool,
) -> Option<Customer> {
    let mut customer = Customer::new(id);
    let parts = u16::from_le_bytes(rest.array()?);
    customer.seen_next = (parts & part::SEEN_NEXT) as u8;
    let remembered = usize::from(parts >> part::REMEMBERED & 0xf);
    if remembered > REMEMBERED_IDS {
        return None;
    }
    for place in 0..remembered {
        customer.seen.set(place, if full { full_id(rest)? } else { short_id(rest)? });
    }
    let has = |bit| parts & bit != 0;
    if has(part::REFUSALS) {
        [customer.bounced, customer.complained] = rest.array()?;
    }
    for fact in list(rest, has(part::FACTS), 2, read_fact)? {
        customer.facts.push(fact);
    }
    customer.runs = list(rest, has(part::RUNS), 31, run)?;
    let times = Since::new(full);
    customer.entries = list(rest, has(part::ENTRIES), 2, |rest| entry(rest, &times))?;
    customer.touches = list(rest, has(part::TOUCHES), 2, |rest| touch(rest, &times))?;
    customer.attributes = list(rest, has(part::ATTRIBUTES), 6, |rest| {
        let (name, at) = (u32::from_le_bytes(rest.array()?), times.read(rest)?);
        let head = rest.number()?;
        let unreadable = head == UNREADABLE;
        let value = if unreadable { Value::Null } else { rest.value_of(head)? };
        Some(Attribute { name, at, value, unreadable })
    })?;
    customer.registers = list(rest, has(part::REGISTERS), 2, |rest| register(rest, &times))?;
    for latest in list(rest, has(part::LATEST), 9, |rest| latest(rest, &times))? {
        customer.latest.push(latest);
    }
    let kept = if full { full_kept } else { kept };
    for kept in list(rest, has(part::DOCUMENTS), 10, |rest| kept(rest, &times))? {
        customer.documents.push(kept);
    }
    for name in list(rest, names, 4, |rest| Some(u32::from_le_bytes(rest.array()?)))? {
        customer.names.push(name);
    }
    Some(customer)
}

/// Reads a list, if it is there, of items that take at least `size` bytes.
fn list<T>(
    rest: &mut Bytes<'_>,
    there: bool,
    size: usize,
    read: impl Fn(&mut Bytes<'_>) -> Option<T>,
) -> Option<ThinVec<T>> {
    let mut list = ThinVec::new();
    if there {
        let count = rest.count(size)?;
        list.reserve_exact(count);
        for _ in 0..count {
            list.push(read(rest)?);
        }
    }
    Some(list)
}

fn run(rest: &mut Bytes<'_>) -> Option<Run> {
    let facts = u16::from_le_bytes(rest.array()?);
    let has = |bit| facts & bit != 0;
    if has(fact::UNUSED) {
        return None;
    }
    let (number, pause) = place::without_pause(rest.byte()?)?;
    let id = RunId(u128::from_le_bytes(rest.array()?));
    let wide = has(fact::WIDE);
    let journey = index(rest, wide)?;
    let opened_at = rest.integer(if wide { 8 } else { OPENED_AT })?;
    let time = |rest: &mut Bytes<'_>| {
        Some(opened_at.wrapping_add(rest.integer(if wide { 8 } else { TIME })?))
    };
    let deadline = time(rest)?;
    let place = match number {
        place::WINDOW => Place::Window,
        place::DELAY => Place::Delay { op: index(rest, wide)? },
        place::LOCAL => Place::Local { op: index(rest, wide)? },
        place::GATE | place::HELD => Place::Gate {
            op: index(rest, wide)?,
            choice: rest.byte()?,
            due: time(rest)?,
            held: number == place::HELD,
            by: None,
        },
        place::GATE_PUT_OFF | place::HELD_PUT_OFF => Place::Gate {
            op: index(rest, wide)?,
            choice: rest.byte()?,
            due: time(rest)?,
            held: number == place::HELD_PUT_OFF,
            by: Some(place::put_off_by(rest.byte()?)),
        },
        place::ENGAGEMENT => {
            Place::Engagement { op: index(rest, wide)?, choice: rest.byte()?, due: time(rest)? }
        }
        place::GOAL => Place::Goal,
        place::EVENT => Place::Event { op: index(rest, wide)? },
        _ => return None,
    };
    let key = if has(fact::KEY) { u64::from_le_bytes(rest.array()?) } else { 0 };
    let anchor = if has(fact::ANCHOR) { time(rest)? } else { 0 };
    let newest = if has(fact::NEWEST) { time(rest)? } else { opened_at };
    let entered_by = if has(fact::ENTERED_BY) { time(rest)? } else { newest };
    let sent = match has(fact::SENT) {
        true => {
            let at = time(rest)?;
            let command = CommandId(u128::from_le_bytes(rest.array()?));
            let first = if has(fact::FIRST) { time(rest)? } else { at };
            let seen = Reactions {
                delivered: has(fact::DELIVERED),
                opened: has(fact::OPENED),
                clicked: has(fact::CLICKED),
                bounced: has(fact::BOUNCED),
            };
            Some(Sent { at, first, command, seen })
        }
        false => None,
    };
    Some(Run {
        id,
        sent,
        key,
        opened_at,
        newest,
        entered_by,
        deadline,
        anchor,
        place,
        captures: list(rest, has(fact::CAPTURES), 1, |rest| rest.value())?,
        about: list(rest, has(fact::ABOUT), 8, |rest| {
            Some(DocumentKey(u64::from_le_bytes(rest.array()?)))
        })?,
        heard: list(rest, has(fact::HEARD), heard::LEAST, |rest| read_heard(rest, opened_at))?,
        journey,
        converted: has(fact::CONVERTED),
        pause,
    })
}

/// An index in its usual or its full width.
fn index(rest: &mut Bytes<'_>, wide: bool) -> Option<u16> {
    let low = rest.byte()?;
    let high = if wide { rest.byte()? } else { 0 };
    Some(u16::from_le_bytes([low, high]))
}

fn short_id(rest: &mut Bytes<'_>) -> Option<u64> {
    let [a, b, c, d, e, f] = rest.array()?;
    Some(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
}

/// An empty place stays one.
fn full_id(rest: &mut Bytes<'_>) -> Option<u64> {
    let id = u64::from_le_bytes(rest.array()?);
    Some(if id == 0 { 0 } else { SeenIds::short(id) })
}

fn register(rest: &mut Bytes<'_>, times: &Since) -> Option<Register> {
    let what = usize::from(rest.byte()?);
    let (of, channel) = (*Of::ALL.get(what >> 4)?, *Channel::ALL.get(what >> 1 & 7)?);
    Some(Register { at: times.read(rest)?, of, channel, yes: what & 1 != 0 })
}

fn latest(rest: &mut Bytes<'_>, times: &Since) -> Option<Latest> {
    let id = LatestId(u64::from_le_bytes(rest.array()?));
    Some(Latest { id, at: times.read(rest)? })
}

fn kept(rest: &mut Bytes<'_>, times: &Since) -> Option<Kept> {
    let key = u64::from_le_bytes(rest.array()?);
    let (whole, added) = match rest.number()? {
        NEVER_WHOLE => (None, Some(times.read(rest)?)),
        0 => (Some(times.read(rest)?), None),
        1 => (Some(times.read(rest)?), Some(times.read(rest)?)),
        _ => return None,
    };
    Some(Kept::from_stored(Stored { key, whole, added }))
}

fn full_kept(rest: &mut Bytes<'_>, _: &Since) -> Option<Kept> {
    let key = u64::from_le_bytes(rest.array()?);
    let mut time = || Some(rest.signed()?).map(|at| Some(at).filter(|at| *at != Millis::MIN));
    Some(Kept::from_stored(Stored { key, whole: time()?, added: time()? }))
}

fn entry(rest: &mut Bytes<'_>, times: &Since) -> Option<Entry> {
    let head = rest.number()?;
    let at = times.read(rest)?;
    let key = if head & 1 != 0 { u64::from_le_bytes(rest.array()?) } else { 0 };
    Some(Entry { journey: (head >> 1).try_into().ok()?, key, at })
}

fn touch(rest: &mut Bytes<'_>, times: &Since) -> Option<Touch> {
    let head = rest.number()?;
    let channel = *Channel::ALL.get(head as usize & 7)?;
    let journey = ((head & !GHOST) >> 3).try_into().ok()?;
    Some(Touch { journey, channel, at: times.read(rest)?, ghost: head & GHOST != 0 })
}

#[cfg(test)]
mod tests;
