//! Every refusal with its place and remedy.

use super::super::{Scope, Slots, compile};
use super::compiled;
use crate::journey::load::Severity;

/// `part` is the text that the message points at.
fn refuses(text: &str, part: &str, message: &str, help: &str) {
    let (condition, faults, _) = compiled(text);
    assert!(condition.is_none(), "{text}: accepted");
    let fault = faults
        .iter()
        .find(|fault| fault.severity == Severity::Error)
        .unwrap_or_else(|| panic!("{text}: no error"));
    let shown =
        (&text[fault.range.clone()], fault.message.as_str(), fault.help.as_deref().unwrap_or(""));
    assert!(
        shown.0 == part && shown.1.contains(message) && shown.2.contains(help),
        "{text}: {shown:#?}"
    );
}

#[test]
fn types_that_never_match_point_at_the_operator() {
    refuses(
        "event.cart.total > '20'",
        ">",
        "`event.cart.total` is a number and `'20'` is a string: this is never true",
        "write 20 without quotes",
    );
    refuses(
        "'20' == event.cart.total",
        "==",
        "`'20'` is a string and `event.cart.total` is a number: this is never equal",
        "write 20 without quotes",
    );
    refuses(
        "true && event.cart.id == 17",
        "==",
        "`event.cart.id` is a string and `17` is a number",
        "write \"17\" in quotes",
    );
    refuses(
        "profile.first_name < customer.orders",
        "<",
        "`profile.first_name` is a string and `customer.orders` is a number",
        "compare two",
    );
    refuses(
        "customer.orders in ['1']",
        "in",
        "`customer.orders` is a number and `'1'` is a string",
        "write 1 without quotes",
    );
    refuses("profile.consent.email == 1", "==", "is a boolean and `1` is a number", "");
    refuses("profile.consent.email > false", ">", "booleans have no order", "");
    refuses("event.cart.total > null", ">", "an order with null is never true", "has(x)");
    refuses(
        "event.cart.total + 'a' > 1",
        "+",
        "`'a'` is a string; only numbers can be calculated with",
        "",
    );
    refuses(
        "size(event.cart.items) == '1'",
        "==",
        "`size(event.cart.items)` is a number",
        "write 1 without quotes",
    );
}

#[test]
fn what_is_no_condition_says_what_to_write() {
    refuses(
        "event.cart.total",
        "event.cart.total",
        "`event.cart.total` is a number, not a condition",
        "`event.cart.total > 0`",
    );
    refuses(
        "profile.first_name && true",
        "profile.first_name",
        "is a string, not a condition",
        "compare it",
    );
    refuses(
        "event.cart.items == 3",
        "event.cart.items",
        "`event.cart.items` is a list",
        "size(event.cart.items)",
    );
    refuses(
        "event.cart == null",
        "event.cart",
        "`event.cart` is an object",
        "name one of its fields",
    );
    refuses("event == null", "event", "`event` is an object", "event.cart.total");
    refuses(
        "event.gift.startsWith(customer.orders)",
        "customer.orders",
        "is a number, not a string",
        "take strings",
    );
    refuses("size(customer.orders) > 1", "customer.orders", "it has no size", "a list or a string");
}

#[test]
fn unknown_paths_come_with_a_suggestion() {
    refuses(
        "cart.total > 5",
        "cart.total",
        "`cart.total` is unknown",
        "did you mean `event.cart.total`?",
    );
    refuses(
        "evnt.cart.total > 5",
        "evnt.cart.total",
        "is unknown",
        "did you mean `event.cart.total`?",
    );
    refuses("gold == profile.tier", "gold", "`gold` is unknown", "strings stand in quotes");
    refuses(
        "customer.order > 1",
        "customer.order",
        "`customer.order` is unknown",
        "did you mean `customer.orders`?",
    );
    refuses("customer.age > 1", "customer.age", "is unknown", "customer.lifetime_value");
    refuses(
        "profile.consent.emial",
        "profile.consent.emial",
        "is not a consent",
        "did you mean `profile.consent.email`?",
    );
    refuses(
        "profile.consent.webhook",
        "profile.consent.webhook",
        "is not a consent",
        "email, sms, push, whatsapp",
    );
    refuses(
        "profile.address.city == 'x'",
        "profile.address.city",
        "a profile is flat",
        "profile.NAME",
    );
}

#[test]
fn unsupported_syntax_says_what_is_supported() {
    for (text, part, message) in [
        ("event.cart.items.exists(x, x.price > 5)", "(", "exists()"),
        ("event.cart.items[0].price > 5", "event.cart.items[0].price", "an index is not supported"),
        ("customer.orders % 2 == 0", "customer.orders % 2", "`%` is not supported"),
        (
            "matches(event.cart.id, 'x')",
            "matches(event.cart.id, 'x')",
            "`matches` with these arguments is not supported",
        ),
        ("event.cart.id.lowerAscii() == 'x'", "event.cart.id.lowerAscii()", "`lowerAscii`"),
        ("{'a': 1} == null", "{'a': 1}", "not supported"),
        ("b'x' == null", "b'x'", "bytes are not supported"),
    ] {
        refuses(text, part, message, "supported are ==");
    }
    refuses("[1, 2] == null", "[1, 2]", "a list can only stand after `in`", "");
    refuses(
        "1 in event.cart.items",
        "event.cart.items",
        "after `in` stands a list of literals",
        "only its size",
    );
    refuses("'a' in [profile.tier]", "profile.tier", "literals only", "");
}

#[test]
fn slips_and_broken_syntax_point_at_the_place() {
    refuses("event.cart.id = 'k1'", "=", "`=` is not an operator", "write `==`");
    refuses(
        "event.cart.total > 5 and customer.orders > 1",
        "and",
        "`and` is not an operator",
        "write `&&`",
    );
    refuses("not event.gift", "not", "`not` is not an operator", "write `!`");
    refuses("event.cart.total >", "", "the condition cannot be read", "");
    refuses("(event.cart.total > 5", "", "the condition cannot be read", "");
    refuses("event.cart.total > 5 5", "5", "the condition cannot be read", "");
    refuses("event.cart.total >> 5", ">", "the condition cannot be read", "");
    refuses("", "", "the condition is empty", "leave the field out");
}

#[test]
fn limits_hold() {
    refuses(&format!("{}true{}", "(".repeat(17), ")".repeat(17)), "(", "nested deeper than 16", "");
    let long = vec!["event.gift"; 100].join(" && ");
    refuses(&long, &long, "has 1396 bytes; at most 1000", "branch");
    let wide = format!("1 in [{}]", vec!["1"; 250].join(","));
    refuses(&wide, &wide, "more than 200 parts", "branch");
}

#[test]
fn likely_typos_are_warnings_only() {
    for (text, message, help) in [
        (
            "event.cart.totl > 5",
            "`totl` is not a field that Cartwheel knows",
            "did you mean `total`?",
        ),
        ("event.crat.total > 5", "`crat`", "did you mean `cart`?"),
        ("profile.frist_name == 'x'", "`frist_name`", "did you mean `first_name`?"),
    ] {
        let (condition, faults, _) = compiled(text);
        assert!(
            condition.is_some() && faults.len() == 1 && faults[0].severity == Severity::Warning,
            "{text}"
        );
        assert!(
            faults[0].message.contains(message)
                && faults[0].help.as_deref().unwrap_or("").contains(help),
            "{text}: {faults:?}"
        );
    }
    assert_eq!(compiled("event.loyalty.level == 'x' && profile.tier == 'gold'").1, []);
}

#[test]
fn while_reads_no_event() {
    let (condition, faults) = compile(
        "event.cart.total > 5 && profile.consent.email",
        Scope::While,
        &mut Slots::default(),
        &mut Vec::new(),
    );
    assert!(condition.is_none());
    assert!(faults[0].message.contains("`while` may not read the event"), "{faults:?}");
}
