//! Tables of conditions and their truth. Null is where we leave CEL on purpose: there it is an error, here it is not true.

use super::super::{Capture, Field, Local, Scope, Slots, compile};
use super::compiled;
use crate::channel::Channel;
use crate::fact::{LIFETIME_VALUE, ORDERS};
use crate::time::{HOUR, Millis};
use crate::value::ValueRef;
use jiff::civil::date;

/// 2026-01-05T10:00:00Z, a Monday.
const NOW: Millis = 1_767_607_200_000;

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
                ("due", false) => ValueRef::Text("2026-01-06T10:00:00Z"),
                ("day", false) => ValueRef::Text("2026-01-06"),
                ("epoch", false) => ValueRef::Number(1_767_607_200.0),
                (_, true) => ValueRef::Number(0.0),
                (_, false) => ValueRef::Null,
            }
        }
        Field::Attribute(number) => match slots.attributes[usize::from(number)].as_str() {
            "first_name" => ValueRef::Text("Zoë"),
            "tier" => ValueRef::Text("gold"),
            "favourite" => ValueRef::Text("mon"),
            _ => ValueRef::Null,
        },
        Field::Now => ValueRef::Instant(NOW),
        Field::EventTime => ValueRef::Instant(NOW - HOUR),
        Field::Local(Local::Weekday) => ValueRef::Text("mon"),
        Field::Local(Local::Hour) => ValueRef::Number(10.0),
        Field::Local(Local::Date) => ValueRef::Date(date(2026, 1, 5)),
        Field::Consent(channel) => ValueRef::Bool(channel == Channel::Email),
        Field::Fact(ORDERS, _) => ValueRef::Number(3.0),
        Field::Fact(LIFETIME_VALUE, _) => ValueRef::Number(250.0),
        Field::Fact(..)
        | Field::FactAt(..)
        | Field::Product(..)
        | Field::Capture(_)
        | Field::Waited(_)
        | Field::List(_)
        | Field::Item(_) => ValueRef::Null,
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
fn instants_durations_and_dates() {
    for text in [
        "age(event.time) == 1h",
        "now - event.time == 60m",
        "event.time + 1h == now && 1h + event.time == now && now - 1h == event.time",
        "event.due > now && now < event.due",
        "event.due - now == 1d && event.due - 1d == now && now == event.due - 24h",
        "instant(event.due) == '2026-01-06T11:00:00+01:00'",
        "'2026-01-06T11:00:00+01:00' == event.due + 0s",
        "event.day > now && event.day - now == 14h",
        "instant(event.epoch) == now && event.epoch + 1h == event.time + 2h",
        "age(event.epoch) == 0s && age(event.due) == -1d && abs(age(event.due)) == 1d",
        "now > '2026-01-05' && '2026-01-06' > now && now == instant('2026-01-05T10:00:00Z')",
        "1h30m == 90m && 2w == 14d && 1d > 23h && -1h < 0s",
        "days(2) == 48h && hours(1.5) == 90m && minutes(90) == 1h30m && days(event.cart.total - 80.5) == 0s",
        "1h * 2 == 2h && 2 * 1h == 2h && 3h / 2 == 90m && 3h / 1h == 3 && 2h + 1h - 3h == 0s",
        "1s / 3 == 333ms && 2s / 3 == 667ms && -2s / 3 == -667ms && 1ms / 2 == 1ms",
        "customer.orders * 1d == 3d && floor(age(event.time) / 1m) == 60",
        "min(1h, 2h) == 1h && max(now, event.time) == now && max(1, 5, 3) == 5",
        "local.weekday == 'mon' && local.weekday in ['sat', 'mon'] && profile.favourite == local.weekday",
        "local.hour >= 9 && local.hour < 18",
        "local.date == '2026-01-05' && local.date < '2026-01-06' && event.day > local.date",
        "local.date in ['2026-01-04', '2026-01-05'] && !(local.date in ['2026-01-06']) && !(local.date in [])",
        "now in ['2026-01-05T10:00:00Z'] && !(event.time in ['2026-01-05', null])",
        "(event.gift ? event.time : now) < now",
        "(event.gift ? now : null) == now",
        "7 % 4 == 3 && -7 % 4 == -3 && 7.5 % 2 == 1.5",
        "floor(2.5) == 2 && floor(-2.5) == -3 && ceil(2.1) == 3 && round(2.5) == 3 && round(-2.5) == -3 && abs(-2) == 2",
        "profile.tier.lowerAscii() == 'gold' && 'GOLD'.lowerAscii() == profile.tier",
        "event.product.name.lowerAscii().startsWith('wool') && event.product.name.contains('OO'.lowerAscii())",
        "event.product.name.lowerAscii() in ['x', 'wool coat'] && !(event.product.name.lowerAscii() in [])",
        "size(event.product.name.lowerAscii()) == 9 && 'ZO\u{cb}'.lowerAscii() == 'zo\u{cb}'",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn what_is_null_in_time_stays_null() {
    for (text, truth) in [
        ("instant(event.nothing) < now", false),
        ("!(instant(event.nothing) < now)", true),
        ("event.nothing + 1d > now", false),
        ("event.nothing == now", false),
        ("event.nothing != now", true),
        ("event.mixed > now || event.mixed <= now", false),
        ("event.gift + 1d == null", true),
        ("age(event.nothing) == null", true),
        ("age(event.nothing) >= 0s || age(event.nothing) < 0s", false),
        ("days(event.nothing) == null", true),
        ("days(1e300) == null", true),
        ("now + days(1e8) == null", true),
        ("1h / 0 == null && 1h / 0s == null", true),
        ("1h * event.mixed == null", true),
        ("event.cart.total % 0 == null", true),
        ("floor(event.mixed) == null && abs(event.nothing) == null", true),
        ("min(event.nothing, 5) == null && max(5, event.mixed) == null", true),
        ("max(event.mixed) == null", true),
        ("event.nothing.lowerAscii() == 'a'", false),
        ("event.nothing.lowerAscii() != 'a'", true),
        ("event.gift.lowerAscii() == null", true),
        ("event.nothing.lowerAscii().contains('')", false),
        ("local.date == profile.tier", false),
        ("local.date != profile.tier", true),
        ("event.epoch == local.date", false),
        ("(event.gift ? 1d : event.epoch) == null", false),
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
    assert_eq!(captures, [Capture::Field(1), Capture::Field(2)]);
}
