//! Random well-typed conditions decide as the `cel` interpreter does.
//!
//! The generator leaves out what differs on purpose: null and absent fields (an error there, not true here), division by zero (infinite
//! there, null here), and mixed integers and doubles in arithmetic (all numbers are doubles here). What CEL writes otherwise is translated: instants
//! and durations are numbers of milliseconds to it.

use super::super::{Field, List, Slots};
use super::compiled;
use crate::channel::Channel;
use crate::event::decode;
use crate::fact::ORDERS;
use crate::policy::Policy;
use crate::time::Span;
use crate::value::ValueRef;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What the fields hold.
#[derive(Clone, Debug)]
struct World {
    total: f64,
    price: f64,
    orders: f64,
    /// Prices and counts.
    items: Vec<(f64, f64)>,
    tags: Vec<String>,
    now: u32,
    ago: u32,
    name: String,
    city: String,
    email: bool,
}

fn world() -> impl Strategy<Value = World> {
    let number = || (-8_i32..40).prop_map(|quarters| f64::from(quarters) / 4.0);
    let items = prop::collection::vec((number(), number()), 0..4);
    let tags = prop::collection::vec("[aBé]{0,2}", 0..4);
    let times = (any::<u32>(), any::<u32>());
    let texts = ("[aBé]{0,3}", "[aBé]{0,3}");
    (number(), number(), number(), items, tags, times, texts, any::<bool>()).prop_map(
        |(total, price, orders, items, tags, (now, ago), (name, city), email)| World {
            total,
            price,
            orders,
            items,
            tags,
            now,
            ago,
            name,
            city,
            email,
        },
    )
}

fn instant() -> BoxedStrategy<String> {
    let leaf = prop_oneof![Just("now".to_string()), Just("event.time".to_string())];
    (leaf, prop::option::of(span()))
        .prop_map(|(at, by)| match by {
            Some(by) => format!("({at} - {by})"),
            None => at,
        })
        .boxed()
}

fn span() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["1h30m", "5d", "90s", "500ms", "2w", "0s"])
            .prop_map(str::to_owned),
        Just("(now - event.time)".to_string()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-"]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), 0_i32..9).prop_map(|(a, by)| format!("({a} * {by}.0)")),
            inner.prop_map(|a| format!("-({a})")),
        ]
    })
    .boxed()
}

/// A condition about an item.
fn about() -> BoxedStrategy<String> {
    let number = || {
        prop_oneof![
            Just("i.price".to_string()),
            Just("i.quantity".to_string()),
            Just("(i.price * i.quantity)".to_string()),
            number(),
        ]
    };
    (number(), comparison(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}")).boxed()
}

fn number() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("event.cart.total".to_string()),
        Just("event.product.price".to_string()),
        Just("customer.orders".to_string()),
        (0_i32..40).prop_map(|quarters| format!("{:?}", f64::from(quarters) / 4.0)),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*"]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), 1_i32..9).prop_map(|(a, by)| format!("({a} / {by}.0)")),
            (prop::sample::select(vec!["floor", "ceil", "round", "abs"]), inner.clone())
                .prop_map(|(name, a)| format!("{name}({a})")),
            inner.prop_map(|a| format!("-({a})")),
        ]
    })
    .boxed()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        Just("event.product.name".to_string()),
        Just("profile.city".to_string()),
        "[aBé]{0,2}".prop_map(|text| format!("'{text}'"))
    ]
    .boxed()
}

fn comparison() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="])
}

fn condition() -> impl Strategy<Value = String> {
    let search = prop::sample::select(vec!["startsWith", "endsWith", "contains"]);
    let leaf = prop_oneof![
        3 => (number(), comparison(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        2 => (text(), comparison(), text()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (comparison(), 0..4).prop_map(|(op, size)| format!("size(event.cart.items) {op} {size}")),
        1 => (text(), comparison(), 0..4).prop_map(|(a, op, size)| format!("size({a}) {op} {size}")),
        1 => (text(), search.clone(), text()).prop_map(|(a, search, b)| format!("{a}.{search}({b})")),
        1 => (text(), prop::collection::vec("[aBé]{0,2}", 0..4)).prop_map(|(a, list)| format!("{a} in {list:?}")),
        1 => (number(), prop::collection::vec(0_i32..4, 0..4)).prop_map(|(a, list)| {
            let list: Vec<f64> = list.into_iter().map(f64::from).collect();
            format!("{a} in {list:?}")
        }),
        2 => (instant(), comparison(), instant()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        2 => (span(), comparison(), span()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        2 => (prop::sample::select(vec!["exists", "all"]), about())
            .prop_map(|(over, about)| format!("event.cart.items.{over}(i, {about})")),
        1 => text().prop_map(|text| format!("{text} in event.product.tags")),
        1 => (text(), comparison(), text())
            .prop_map(|(a, op, b)| format!("{a}.lowerAscii() {op} {b}")),
        1 => (text(), search, text())
            .prop_map(|(a, search, b)| format!("{a}.lowerAscii().{search}({b}.lowerAscii())")),
        1 => (prop::sample::select(vec!["min", "max"]), number(), comparison(), number())
            .prop_map(|(name, a, op, b)| format!("{name}({a}, {b}) {op} {b}")),
        1 => (-9_i32..9, 1_i32..5, comparison(), -3_i32..3)
            .prop_map(|(a, by, op, b)| format!("{a} % {by} {op} {b}")),
        1 => Just("profile.consent.email".to_string()),
        1 => Just("has(event.cart.total)".to_string()),
        1 => any::<bool>().prop_map(|value| value.to_string()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) == ({b}))")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(test, a, b)| format!("(({test}) ? ({a}) : ({b}))")),
        ]
    })
    .prop_filter("within the limits", |text| text.len() <= 900 && depth(text) <= 14)
}

fn depth(text: &str) -> i32 {
    let steps = text.bytes().scan(0, |depth, byte| {
        *depth += match byte {
            b'(' | b'[' | b'?' => 1,
            b')' | b']' => -1,
            _ => 0,
        };
        Some(*depth)
    });
    steps.max().unwrap_or(0)
}

/// Every duration as a number of milliseconds; CEL's names of functions.
fn translated(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()).max(1);
        let len = rest.ceil_char_boundary(len);
        let word = &rest[..len];
        match Span::parse(word) {
            Ok(span) if word.as_bytes()[0].is_ascii_digit() => {
                out += &format!("{}.0", span.millis());
            }
            _ => match word {
                "min" => out += "math.least",
                "max" => out += "math.greatest",
                "floor" | "ceil" | "round" | "abs" => out += &format!("math.{word}"),
                _ => out += word,
            },
        }
        rest = &rest[len..];
    }
    out
}

fn interpreted(text: &str, world: &World) -> cel::Value {
    let text = &translated(text);
    let mut env = cel::Env::stdlib();
    env.add_extension(cel::extensions::math).unwrap();
    env.add_extension(cel::extensions::strings).unwrap();
    let program = env.compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut context = cel::Context::with_env(std::sync::Arc::new(env));
    let event = serde_json::json!({
        "cart": { "total": world.total, "items": items(world) },
        "product": { "price": world.price, "name": world.name, "tags": world.tags },
        "time": f64::from(world.now) - f64::from(world.ago),
    });
    let profile = serde_json::json!({ "city": world.city, "consent": { "email": world.email } });
    for (name, value) in [
        ("event", event),
        ("profile", profile),
        ("customer", serde_json::json!({ "orders": world.orders })),
        ("now", serde_json::json!(f64::from(world.now))),
    ] {
        context.add_variable(name, cel::to_value(value).unwrap()).unwrap();
    }
    program.execute(&context).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn items(world: &World) -> Vec<serde_json::Value> {
    let items = world.items.iter();
    items
        .map(|(price, quantity)| serde_json::json!({ "price": price, "quantity": quantity }))
        .collect()
}

fn lowered(text: &str, world: &World) -> bool {
    let (condition, faults, slots) = compiled(text);
    let condition = condition.unwrap_or_else(|| panic!("{text}: {faults:?}"));
    condition.holds(|field| read(field, world, &slots))
}

/// What is made of a list, from the JSON of an event.
fn of_list(list: &List, world: &World, slots: &Slots) -> ValueRef<'static> {
    let event = serde_json::json!({
        "type": "t",
        "customer": "c",
        "cart": { "items": items(world) },
        "product": { "tags": world.tags },
    })
    .to_string();
    let event = decode(event.as_bytes(), 0, &Policy::default()).unwrap();
    list.value(&event, |field| read(field, world, slots))
}

fn read<'w>(field: Field, world: &'w World, slots: &Slots) -> ValueRef<'w> {
    match field {
        Field::Event(number) => {
            let field = &slots.fields[usize::from(number)];
            match (field.path.join(".").as_str(), field.size) {
                ("cart.total", false) => ValueRef::Number(world.total),
                ("cart.items", true) => ValueRef::Number(world.items.len() as f64),
                ("product.price", false) => ValueRef::Number(world.price),
                ("product.name", false) => ValueRef::Text(&world.name),
                ("product.name", true) => ValueRef::Number(world.name.chars().count() as f64),
                other => panic!("{other:?}"),
            }
        }
        Field::Attribute(_) => ValueRef::Text(&world.city),
        Field::Consent(Channel::Email) => ValueRef::Bool(world.email),
        Field::Fact(ORDERS, _) => ValueRef::Number(world.orders),
        Field::Now => ValueRef::Instant(world.now.into()),
        Field::EventTime => ValueRef::Instant(i64::from(world.now) - i64::from(world.ago)),
        Field::List(number) => of_list(&slots.lists[usize::from(number)], world, slots),
        other => panic!("{other:?}"),
    }
}

/// What random texts had found.
#[test]
fn a_place_lies_between_letters() {
    let (_, faults, _) = compiled("é.0d ");
    assert_eq!(faults.first().map(|fault| fault.range.clone()), Some(2..5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, rng_seed: RngSeed::Fixed(12), ..ProptestConfig::default() })]

    #[test]
    fn decides_as_the_interpreter_does(text in condition(), world in world()) {
        prop_assert_eq!(cel::Value::Bool(lowered(&text, &world)), interpreted(&text, &world), "{}", text);
    }

    #[test]
    fn no_text_panics(text in "[ a-eh0-9.'\"()\\[\\]{}&|!=<>+*/?:,é\\n-]{0,60}") {
        let (condition, faults, _) = compiled(&text);
        prop_assert!(condition.is_some() || !faults.is_empty());
        for fault in faults {
            prop_assert!(text.get(fault.range.clone()).is_some(), "{:?} of {:?}", fault, text);
        }
    }
}
