use super::*;
use crate::customer::{Document, Heard, Pause, PutOff, Use};
use crate::fact::{
    Book, Bounds, Contribution, Count, Definition, EntryKind, Fact, Kind, Last, Ledger, Set, State,
    Sum, Tally,
};
use crate::timer::NEVER;
use crate::value::Value;
use proptest::collection::vec;
use proptest::prelude::*;

fn customer() -> Customer {
    let mut customer = Customer::new(CustomerId::of("ana"));
    for (place, id) in [1, 2, 3, 4, 5, 0, (1 << 48) - 1].into_iter().enumerate() {
        customer.seen.set(place, id);
    }
    (customer.seen_next, customer.bounced, customer.complained) = (3, 4, 8);
    let states = [State::Count(Count(5)), State::Sum(Sum(1_234_500)), State::Last(Last(-1))];
    for (number, state) in (0..).zip(states) {
        customer.facts.push(Fact { number, state });
    }
    let captures = [Value::Null, Value::Bool(true), Value::Number(-0.5), Value::Text("Zoë".into())];
    let narrow = Run {
        id: RunId(1 << 100),
        sent: Some(Sent {
            command: CommandId(7),
            at: 1_767_261_700_000,
            first: 1_767_261_650_000,
            seen: Reactions { opened: true, ..Reactions::default() },
        }),
        key: 8,
        opened_at: 1_767_261_600_123,
        newest: 1_767_261_600_456,
        entered_by: 1_767_261_600_234,
        deadline: 1_767_265_200_123,
        anchor: 1_767_261_600_122,
        place: Place::Engagement { op: 14, choice: 15, due: 1_767_261_600_123 },
        captures: captures.clone().into_iter().collect(),
        about: [DocumentKey::new(Document::Cart, 1 << 8)].into_iter().collect(),
        heard: ThinVec::new(),
        journey: 13,
        converted: true,
        pause: Pause::None,
    };
    let wide = Run {
        id: RunId(2),
        deadline: NEVER,
        journey: 256,
        place: Place::Window,
        captures: ThinVec::new(),
        about: ThinVec::new(),
        ..narrow.clone()
    };
    customer.runs.extend([wide, narrow]);
    customer.entries.push(Entry { journey: 1, key: 2, at: 3 });
    customer.touches.push(Touch { at: 4, journey: 5, channel: Channel::Push, ghost: false });
    let named = captures.into_iter().zip(21..);
    customer.attributes.extend(named.map(|(value, name)| Attribute {
        name,
        at: 6,
        value,
        unreadable: false,
    }));
    customer.consent(Of::Explicit, Channel::Email, 7, true);
    customer.consent(Of::Profile, Channel::Sms, 8, false);
    customer.address(&[Channel::Email], 9, true);
    customer.latest.note(LatestId::of(Use::Ends, &["order_placed"]), 10, 0);
    customer.documents.replace(DocumentKey::new(Document::Cart, 1 << 8), 11, false);
    customer.documents.replace(DocumentKey::new(Document::Order, 2 << 8), 12, true);
    customer.runs_changed();
    customer
}

fn encoded(customer: &Customer) -> Vec<u8> {
    let mut out = Vec::new();
    encode_customer(customer, &mut out);
    out
}

#[test]
fn the_memory_of_runs_goes_with_the_last_of_them() {
    let mut customer = customer();
    assert_eq!(customer.deadline, 1_767_265_200_123);
    customer.runs.remove(1);
    customer.runs_changed();
    assert!(customer.runs.capacity() > 0 && customer.deadline == NEVER);
    customer.runs.remove(0);
    customer.runs_changed();
    assert_eq!((customer.runs.capacity(), customer.deadline), (0, NEVER));
}

/// Golden bytes: what a released version wrote must stay readable.
#[test]
fn the_stored_form_does_not_change_unnoticed() {
    let written = encoded(&customer());
    let golden = (written.len(), xxhash_rust::xxh3::xxh3_64(&written), &written[..4]);
    assert_eq!(golden, (348, 3_414_988_156_324_557_297, &[b'C', 8, 251, 239][..]));
}

#[test]
fn somebody_of_whom_little_is_known_takes_few_bytes() {
    let mut customer = Customer::new(CustomerId::of("ana"));
    customer.first_sight(9 << 16);
    assert_eq!(encoded(&customer), [b'C', 8, 1, 2, 9, 0, 0, 0, 0, 0]);
}

/// A touch that a holdout has kept back has a bit above those of its journey.
#[test]
fn a_ghost_is_a_touch_with_a_mark() {
    let mut customer = Customer::new(CustomerId::of("ana"));
    let touch = Touch { at: 4, journey: 5, channel: Channel::Push, ghost: false };
    customer.touches.extend([touch, Touch { journey: u16::MAX, ghost: true, ..touch }]);
    let written = encoded(&customer);
    assert_eq!(written, [b'C', 8, 128, 0, 5, 85, 17, 0xd4, 0xff, 0x7f, 1]);
    assert_eq!(decode_customer(customer.id, &written, &Zones::bundled("UTC")), Ok(customer));
}

/// The only part without a bit: a version of its own has it.
#[test]
fn the_names_of_a_profile_are_stored_behind_everything() {
    let mut customer = Customer::new(CustomerId::of("ana"));
    customer.names.push(0x0102_0304);
    customer.names.push(9);
    let written = encoded(&customer);
    assert_eq!(written, [b'C', 9, 0, 0, 5, 4, 3, 2, 1, 9, 0, 0, 0]);
    assert_eq!(
        decode_customer(customer.id, &written, &Zones::bundled("UTC")),
        Ok(customer.clone())
    );
    for version in [5, 7] {
        let before = [&[b'C', version], &written[2..]].concat();
        let read = decode_customer(customer.id, &before, &Zones::bundled("UTC"));
        assert_eq!(read, Ok(customer.clone()));
    }
}

/// As a message that nothing has put off, but for the number of the place, and a byte behind its times.
#[test]
fn what_has_put_a_message_off_is_a_byte() {
    let stored = |held, by| {
        let mut customer = customer();
        let due = 1_767_261_600_123;
        customer.runs[1].place = Place::Gate { op: 14, choice: 0, due, held, by };
        encoded(&customer)
    };
    for (held, plain, put_off) in [(false, 3, 10), (true, 4, 11)] {
        for (by, byte) in [(PutOff::Group, 255), (PutOff::Hold(7), 7)] {
            let (before, after) = (stored(held, None), stored(held, Some(by)));
            let place = before.iter().zip(&after).position(|(one, other)| one != other).unwrap();
            assert_eq!((before[place], after[place]), (plain, put_off));
            let mut expected = before.clone();
            expected[place] = put_off;
            // Behind id, journey, opened_at, deadline, op, choice and due.
            expected.insert(place + 1 + 16 + 1 + OPENED_AT + TIME + 1 + 1 + TIME, byte);
            assert_eq!(after, expected);
        }
    }
}

/// A customer whose last run has heard of two events.
fn attentive() -> Customer {
    let mut customer = customer();
    let heard = |at, waits, kind: &str, values: &[Value]| Heard {
        at,
        waits,
        kind: kind.into(),
        values: values.iter().cloned().collect(),
    };
    let text = Value::Text("message_clicked".into());
    customer.runs[1].heard.extend([
        heard(1_767_261_600_120, 1 << 20, "message_clicked", &[]),
        heard(1_767_261_600_130, 1 << 63 | 1 << 15, "paid", &[Value::Null, text]),
    ]);
    customer
}

/// Behind what the run had before: the same bytes, but for the version, that it is there, and itself.
#[test]
fn what_a_run_has_heard_of_is_stored_behind_what_it_had() {
    let (before, customer) = (encoded(&customer()), attentive());
    let written = encoded(&customer);
    let heard = [
        &[5, 4, 0, 128, 11, 31][..],
        b"message_clicked",
        &[1, 0, 0, 128, 0, 0, 0, 0, 0, 128, 29, 9],
        b"paid",
        &[5, 1, 47],
        b"message_clicked",
    ];
    let heard = heard.concat();
    let place = written.windows(heard.len()).position(|bytes| bytes == heard).unwrap_or_default();
    assert!(place > 0, "{written:02x?}");
    let mut without = [&written[..place], &written[place + heard.len()..]].concat();
    let changed: Vec<usize> =
        (0..before.len()).filter(|place| without[*place] != before[*place]).collect();
    assert_eq!((changed.len(), without.len()), (1, before.len()));
    without[changed[0]] ^= 1 << 6;
    assert_eq!(without, before);
    assert_eq!(decode_customer(customer.id, &written, &Zones::bundled("UTC")), Ok(customer));
}

/// What version 6 wrote of [`customer`], by its hash.
#[test]
fn what_was_stored_before_runs_heard_is_read() {
    let customer = customer();
    let written = encoded(&customer);
    let before = [&[b'C', 6], &written[2..]].concat();
    let golden = (before.len(), xxhash_rust::xxh3::xxh3_64(&before));
    assert_eq!(golden, (348, 2_311_751_238_133_500_257));
    assert_eq!(decode_customer(customer.id, &before, &Zones::bundled("UTC")), Ok(customer));
}

/// What the version before wrote of [`customer`], whose ids had 64 bits.
const IN_FULL: &str = "
    4304fbef010000000000000002000000000000000300000000000000040000000000000005000000000000000000000000000000ffffffffffffffff
    040807010b0b88c85a02150305df05000200000000000000000000000000000000017bf9ff789b0100008406008764feff7f0800000000000000ffff
    ffffffffffff4d010000000000006f00000000000000258601000000000007000000000000000000000000000000d5c2000000000000bf0705000000
    000000000000000000100000000d7bf9ff789b0180ee3600000e0f00000000000800000000000000ffffffffff4d010000006f000000002586010000
    07000000000000000000000000000000d5c200000009010509c7195a6fc3ab03020100000000000003070d0200000000000000035511091500000019
    01160000001905170000001909c71800000019195a6fc3ab07011d1221212503ceece4b6c2fc7fe1290502010000000000002d00ffffffffffffffff
    83020000000000003100ffffffffffffffff
";

#[test]
fn what_the_version_before_has_stored_is_read() {
    let digits: Vec<char> = IN_FULL.chars().filter(|digit| !digit.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    let stored: Vec<u8> = digits.chunks(2).map(byte).collect();
    let mut expected = customer();
    // The upper 48 bits of small numbers: nothing but what stands for no place.
    for (place, id) in [1, 1, 1, 1, 1, 0, (1 << 48) - 1].into_iter().enumerate() {
        expected.seen.set(place, id);
    }
    let id = expected.id;
    assert_eq!(decode_customer(id, &stored, &Zones::bundled("UTC")), Ok(expected));
    for end in 0..stored.len() {
        assert!(decode_customer(id, &stored[..end], &Zones::bundled("UTC")).is_err());
    }
}

/// A fact of single contributions, and a set: behind the kinds that there were before, whose bytes have not changed.
#[test]
fn facts_of_single_contributions_read_back() {
    let mut views = Definition::plain("views", "product_viewed", Kind::Count);
    views.by = Some(crate::fact::Path::Item(Vec::new()));
    views.bounds = Bounds { over: Some(9), up_to: 2, keys: 2 };
    let mut tally = Tally::default();
    for (at, group) in [(1, "p1"), (2, "p2"), (3, "p3"), (4, "p3"), (5, "p3")] {
        let group = Some(group.into());
        tally.add(&views, Contribution { at, group, amount: 1, ..Contribution::default() }, at);
    }
    let mut set = Set::default();
    set.note(&views, 1, 1 << 60, true, 1);
    set.note(&views, 2, 1 << 61, false, 2);
    let mut customer = Customer::new(CustomerId::of("ana"));
    let states = [State::Tally(Box::new(tally)), State::Set(Box::new(set)), State::Count(Count(1))];
    for (number, state) in (3..).zip(states) {
        customer.facts.push(Fact { number, state });
    }
    let written = encoded(&customer);
    assert_eq!(written[..2], [MAGIC, VERSION]);
    // As version 6 wrote them.
    let before = [&[MAGIC, UNHEARD], &written[2..]].concat();
    let golden = (before.len(), xxhash_rust::xxh3::xxh3_64(&before));
    assert_eq!(golden, (113, 1_599_747_329_169_390_178));
    for stored in [before, written] {
        let read = decode_customer(customer.id, &stored, &Zones::bundled("UTC"));
        assert_eq!(read, Ok(customer.clone()));
    }
}

/// What a ledger looks like as it is stored: each entry behind the time since the one before.
#[test]
fn a_ledger_reads_back() {
    let mut points = Definition::plain("points", "x", Kind::Ledger(Book { lines: Vec::new() }));
    points.bounds = Bounds { over: Some(1_000), up_to: 3, keys: 1 };
    let mut ledger = Ledger::default();
    let at = 1_772_445_600_000;
    for (after, kind, key, amount) in [
        (0, EntryKind::Earn, 1 << 60, 500_000),
        (10, EntryKind::Spend, 0, 120_000),
        (20, EntryKind::Earn, 2 << 60, 300_000),
        (30, EntryKind::Undo, 3 << 60, 0),
        (40, EntryKind::Reset, 0, 1_000_000),
    ] {
        ledger.enter(&points, crate::fact::Entry { kind, at: at + after, key, amount });
    }
    let mut customer = Customer::new(CustomerId::of("ana"));
    customer.facts.push(Fact { number: 3, state: State::Ledger(Box::new(ledger)) });
    let written = encoded(&customer);
    let golden = (written.len(), xxhash_rust::xxh3::xxh3_64(&written));
    assert_eq!(golden, (57, 4_842_427_623_967_103_674));
    let read = decode_customer(customer.id, &written, &Zones::bundled("UTC"));
    assert_eq!(read, Ok(customer));
}

/// Both are entries of lists that were there before: their forms did not change.
#[test]
fn a_refusal_and_a_cart_without_items_are_stored_as_what_was_there_before() {
    let mut customer = Customer::new(CustomerId::of("ana"));
    customer.consent(Of::Explicit, Channel::Email, 7, false);
    customer.consent(Of::Explicit, Channel::Email, 8, true);
    let cart = DocumentKey::new(Document::Cart, 1 << 8);
    customer.documents.replace(cart, 9, false);
    customer.documents.note_items(cart, 9, true);
    let written = encoded(&customer);
    assert_eq!(written[..2], [MAGIC, VERSION]);
    let mut read = decode_customer(customer.id, &written, &Zones::bundled("UTC")).unwrap();
    assert_eq!(read, customer);
    assert!(!read.documents.is_there(cart));
    let again = read.consent(Of::Explicit, Channel::Email, 10, true);
    assert_eq!(again, Some(crate::customer::Change::Lifted(Channel::Email)));
}

fn time() -> impl Strategy<Value = Millis> {
    let usual = 1_760_000_000_000..1_770_000_000_000_i64;
    prop_oneof![5 => usual, 1 => any::<i64>(), 1 => Just(0), 1 => Just(Millis::MIN), 1 => Just(NEVER)]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        any::<i32>().prop_map(|hundredths| Value::Number(f64::from(hundredths) / 100.0)),
        ".{0,90}".prop_map(|text| Value::Text(text.into())),
    ]
}

/// Anything that is often nothing.
fn seldom<T: Default + Clone + std::fmt::Debug>(
    some: impl Strategy<Value = T>,
) -> impl Strategy<Value = T> {
    prop_oneof![Just(T::default()), some]
}

fn place() -> impl Strategy<Value = Place> {
    let by = prop_oneof![
        Just(None),
        Just(Some(PutOff::Group)),
        (0..16_u8).prop_map(|hold| Some(PutOff::Hold(hold)))
    ];
    let at = (0..300_u16, seldom(any::<u8>()), time(), any::<bool>(), by);
    (at, 0..7).prop_map(|((op, choice, due, held, by), kind)| match kind {
        0 => Place::Window,
        1 => Place::Delay { op },
        2 => Place::Local { op },
        3 => Place::Gate { op, choice, due, held, by },
        4 => Place::Event { op },
        5 => Place::Engagement { op, choice, due },
        _ => Place::Goal,
    })
}

prop_compose! {
    fn heard()(at in time(), waits: u64, kind in ".{0,60}", values in vec(value(), 0..3)) -> Heard {
        Heard { at, waits, kind: kind.into(), values: values.into_iter().collect() }
    }
}

prop_compose! {
    fn run()(
        (id, key, place) in (any::<u128>(), seldom(any::<u64>()), place()),
        sent in prop::option::of((any::<u128>(), time(), time(), any::<[bool; 4]>())),
        (opened_at, newest, entered_by, deadline, anchor) in (time(), time(), time(), time(), time()),
        (journey, converted, pause) in (seldom(any::<u16>()), any::<bool>(), prop::sample::select(vec![Pause::None, Pause::Waits, Pause::Missed])),
        (captures, about, heard) in (vec(value(), 0..4), vec(any::<u64>(), 0..3), seldom(vec(heard(), 0..3))),
    ) -> Run {
        let sent = sent.map(|(command, at, first, [delivered, opened, clicked, bounced])| {
            let seen = Reactions { delivered, opened, clicked, bounced };
            Sent { command: CommandId(command), at, first, seen }
        });
        let captures = captures.into_iter().collect();
        let about = about.into_iter().map(DocumentKey).collect();
        let heard = heard.into_iter().collect();
        Run { id: RunId(id), sent, key, opened_at, newest, entered_by, deadline, anchor, place, captures, about, heard, journey, converted, pause }
    }
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        any::<u32>().prop_map(|count| State::Count(Count(count))),
        any::<i64>().prop_map(|sum| State::Sum(Sum(sum))),
        time().prop_map(|at| State::Last(Last(at))),
        vec((time(), any::<u64>(), any::<i64>(), ".{0,60}"), 0..9).prop_map(|parts| {
            let mut fact = Definition::plain("f", "e", Kind::Count);
            fact.by = Some(crate::fact::Path::Item(Vec::new()));
            let mut tally = Tally::default();
            for (at, key, amount, group) in parts {
                let (group, kept) = (Some(group.into()), Vec::new());
                tally.add(&fact, Contribution { at, key, amount, group, kept }, at);
            }
            State::Tally(Box::new(tally))
        }),
        vec((time(), any::<u64>(), any::<bool>()), 0..9).prop_map(|parts| {
            let fact = Definition::plain("f", "e", Kind::Set);
            let mut set = Set::default();
            parts.into_iter().for_each(|(at, key, is_in)| set.note(&fact, at, key, is_in, at));
            State::Set(Box::new(set))
        }),
        vec((time(), any::<u64>(), any::<i64>(), any::<bool>()), 0..9).prop_map(|parts| {
            let kind = Kind::Ledger(Book { lines: Vec::new() });
            let mut fact = Definition::plain("f", "e", kind);
            fact.bounds = Bounds { over: Some(9), up_to: 6, keys: 1 };
            let mut ledger = Ledger::default();
            for (at, key, amount, earns) in parts {
                let kind = if earns { EntryKind::Earn } else { EntryKind::Spend };
                ledger.enter(&fact, crate::fact::Entry { kind, at, key, amount });
            }
            State::Ledger(Box::new(ledger))
        }),
    ]
}

prop_compose! {
    fn anybody()(
        (seen, seen_next) in ([seldom(any::<u64>()), seldom(any::<u64>())], 0..8_u8),
        (bounced, complained) in seldom(any::<(u8, u8)>()),
        facts in vec(state(), 0..4),
        runs in vec(run(), 0..4),
        entries in vec((any::<u16>(), seldom(any::<u64>()), time()), 0..4),
        touches in vec((any::<u16>(), 0..Channel::ALL.len(), time(), any::<bool>()), 0..20),
        attributes in vec((any::<u32>(), time(), value()), 0..4),
        registers in vec((0..Of::ALL.len(), 0..Channel::ALL.len(), time(), any::<bool>()), 0..6),
        latest in vec((any::<u64>(), time()), 0..4),
        documents in vec((any::<u64>(), prop::option::of(time()), prop::option::of(time())), 0..4),
        names in vec(any::<u32>(), 0..4),
    ) -> Customer {
        let mut customer = Customer::new(CustomerId(7));
        customer.seen.set(0, seen[0] >> 16);
        customer.seen.set(5, seen[1] >> 16);
        customer.seen_next = seen_next;
        (customer.bounced, customer.complained) = (bounced, complained);
        (0..).zip(facts).for_each(|(number, state)| customer.facts.push(Fact { number, state }));
        customer.runs = runs.into_iter().collect();
        customer.entries = entries.into_iter().map(|(journey, key, at)| Entry { journey, key, at }).collect();
        customer.touches = touches.into_iter().map(|(journey, channel, at, ghost)| Touch { at, journey, channel: Channel::ALL[channel], ghost }).collect();
        customer.attributes = attributes.into_iter().map(|(name, at, value)| Attribute { name, at, unreadable: value == Value::Null && name % 2 == 0, value }).collect();
        customer.registers = registers.into_iter().map(|(of, channel, at, yes)| Register { at, of: Of::ALL[of], channel: Channel::ALL[channel], yes }).collect();
        customer.derive_permissions();
        latest.into_iter().for_each(|(id, at)| customer.latest.push(Latest { id: LatestId(id), at }));
        for (key, whole, added) in documents {
            let known = |at: Option<Millis>| at.filter(|at| *at != Millis::MIN);
            // One of the two there always is.
            let (whole, added) = (known(whole), known(added).or(known(whole).is_none().then_some(3)));
            customer.documents.push(Kept::from_stored(Stored { key, whole, added }));
        }
        names.into_iter().for_each(|name| customer.names.push(name));
        customer.runs_changed();
        customer
    }
}

proptest! {
    #[test]
    fn anybody_reads_back(customer in anybody()) {
        prop_assert_eq!(decode_customer(customer.id, &encoded(&customer), &Zones::bundled("UTC")), Ok(customer));
    }

    #[test]
    fn damage_is_noticed_or_read_and_never_panics(customer in anybody(), place: prop::sample::Index, byte: u8) {
        let (zones, mut bytes) = (Zones::bundled("UTC"), encoded(&customer));
        let cut = decode_customer(customer.id, &bytes[..place.index(bytes.len())], &zones);
        prop_assert!(matches!(cut, Err(StateError::Damaged(_) | StateError::Header(_))));
        bytes.push(byte);
        prop_assert_eq!(decode_customer(customer.id, &bytes, &zones), Err(StateError::Damaged(bytes.len() - 1)));
        bytes.pop();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = decode_customer(customer.id, &bytes, &zones) {
            // A NaN is not equal to itself, but its bytes are.
            let again = encoded(&read);
            prop_assert_eq!(decode_customer(customer.id, &again, &zones).map(|read| encoded(&read)), Ok(again));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>) {
        let bytes = [&[MAGIC, VERSION][..], &body].concat();
        let _ = decode_customer(CustomerId(7), &bytes, &Zones::bundled("UTC"));
    }
}
