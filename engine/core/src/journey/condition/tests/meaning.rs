//! Tables of conditions and their truth. Null is where we leave CEL on purpose: there it is an error, here it is not true.

use super::super::{Field, Scope, Slots, compile};
use super::compiled;
use crate::channel::Channel;
use crate::fact::{LIFETIME_VALUE, ORDERS};
use crate::value::ValueRef;

/// One customer and one event for all rows.
fn holds(text: &str) -> bool {
    let (condition, faults, slots) = compiled(text);
    let condition = condition.unwrap_or_else(|| panic!("{text}: {faults:?}"));
    condition.holds(|field| match field {
        Field::Event(number) => {
            let field = &slots.fields[usize::from(number)];
            match (field.path.join(".").as_str(), field.size) {
                ("cart.total", false) => ValueRef::Number(80.5),
                ("cart.items", true) => ValueRef::Number(2.0),
                ("cart.id", false) => ValueRef::Text("k1"),
                ("product.name", false) => ValueRef::Text("Wool coat"),
                ("product.name", true) => ValueRef::Number(9.0),
                ("gift", false) => ValueRef::Bool(true),
                ("mixed", false) => ValueRef::Text("12"),
                (_, true) => ValueRef::Number(0.0),
                (_, false) => ValueRef::Null,
            }
        }
        Field::Attribute(number) => match slots.attributes[usize::from(number)].as_str() {
            "first_name" => ValueRef::Text("Zoë"),
            "tier" => ValueRef::Text("gold"),
            _ => ValueRef::Null,
        },
        Field::Consent(channel) => ValueRef::Bool(channel == Channel::Email),
        Field::Fact(ORDERS, _) => ValueRef::Number(3.0),
        Field::Fact(LIFETIME_VALUE, _) => ValueRef::Number(250.0),
        Field::Fact(..) | Field::FactAt(..) | Field::Capture(_) | Field::Waited(_) => {
            ValueRef::Null
        }
    })
}

#[test]
fn conditions_mean_what_they_say() {
    for text in [
        "event.cart.total >= 80.5 && size(event.cart.items) > 0",
        "event.cart.id == 'k1'",
        "!(event.cart.total < 20)",
        "event.cart.total < 20 || customer.orders == 3",
        "profile.consent.email && !profile.consent.sms",
        "profile.tier in ['silver', 'gold']",
        "!(profile.tier in [])",
        "customer.orders in [1, 2, 3]",
        "event.product.name.startsWith('Wool') && event.product.name.endsWith('coat') && event.product.name.contains('l c')",
        "size(event.product.name) == 9",
        "event.product.name.size() == 9",
        "size(profile.first_name) == 3",
        "size('Zoë') == 3",
        "customer.lifetime_value / customer.orders > 83.3",
        "5 / 2 == 2.5",
        "customer.orders * 2 + 1 - 2 == 5",
        "-customer.orders < 0",
        "event.gift",
        "has(event.cart.total) && has(profile.tier)",
        "customer.orders > 2 ? event.cart.total > 80 : false",
        "'a' < 'b'",
        "true",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn null_and_mismatched_types_are_not_true() {
    for (text, truth) in [
        ("customer.days_since_order > 30", false),
        ("customer.days_since_order <= 30", false),
        ("!(customer.days_since_order > 30)", true),
        ("customer.days_since_order == null", true),
        ("customer.days_since_order != null", false),
        ("customer.days_since_order + 1 > 0", false),
        ("-customer.days_since_order < 0", false),
        ("event.nothing == null", true),
        ("event.nothing == 5", false),
        ("event.nothing != 5", true),
        ("event.nothing == event.nowhere", true),
        ("event.nothing", false),
        ("!event.nothing", true),
        ("has(event.nothing)", false),
        ("event.nothing in ['a', null]", true),
        ("event.nothing.startsWith('')", false),
        ("size(event.nothing) == 0", true),
        ("size(profile.nothing) == 0", true),
        ("event.mixed > 10", false),
        ("event.mixed == 12", false),
        ("event.mixed != 12", true),
        ("event.mixed * 2 > 0", false),
        ("event.cart.total / 0 > 0", false),
        ("event.cart.total / 0 == null", true),
        ("event.gift == true && event.gift != 1", true),
    ] {
        assert_eq!(holds(text), truth, "{text}");
    }
}

#[test]
fn fields_stand_in_order_of_first_appearance_as_written() {
    let (condition, _, slots) = compiled(
        "customer.orders > 1 && size(event.cart.items) > 0 && event.cart.total > 1 && customer.orders < 9 && has(profile.tier)",
    );
    let fields = condition.map(|condition| condition.fields).unwrap_or_default();
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["customer.orders", "size(event.cart.items)", "event.cart.total", "profile.tier"]
    );
    assert_eq!(fields[1].1, Field::Event(0));
    assert_eq!((slots.fields[0].path.join("."), slots.fields[0].size), ("cart.items".into(), true));
}

#[test]
fn a_step_reads_what_the_run_captured() {
    let (mut slots, mut captures) = (Slots::default(), Vec::new());
    // Another journey's field takes number 0.
    compile("event.product.price > 1", Scope::Event, &mut slots, &mut captures);
    let (condition, faults) = compile(
        "cart.total >= 500 || event.cart.total < 5 || size(cart.items) > 9",
        Scope::Step,
        &mut slots,
        &mut captures,
    );
    assert_eq!(faults, []);
    let fields = condition.map(|condition| condition.fields).unwrap_or_default();
    assert_eq!(
        fields,
        [("cart.total".into(), Field::Capture(0)), ("size(cart.items)".into(), Field::Capture(1))]
    );
    assert_eq!(captures, [1, 2]);
}
