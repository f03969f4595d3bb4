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
    refuses("visits == 2", "visits", "`visits` is unknown", "is declared in facts.yaml");
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
        (
            "event.cart.items.exists_one(x, x.price > 5)",
            "event.cart.items.exists_one(x, x.price > 5)",
            "of a list there are exists()",
        ),
        ("event.cart.items[0].price > 5", "event.cart.items[0].price", "an index is not supported"),
        (
            "matches(event.cart.id, 'x')",
            "matches(event.cart.id, 'x')",
            "`matches` with these arguments is not supported",
        ),
        ("event.cart.id.upperAscii() == 'x'", "event.cart.id.upperAscii()", "`upperAscii`"),
        ("{'a': 1} == null", "{'a': 1}", "not supported"),
        ("b'x' == null", "b'x'", "bytes are not supported"),
    ] {
        refuses(text, part, message, "supported are ==");
    }
    refuses("[1, 2] == null", "[1, 2]", "a list can only stand after `in`", "");
    refuses(
        "1 in event.cart.items",
        "event.cart.items",
        "the items of `event.cart.items` are objects",
        "event.cart.items.exists(i, i.product == ...)",
    );
    refuses("1 in (1 + 2)", "1 + 2", "after `in` stands a list of literals", "event.product.tags");
    refuses("'a' in [profile.tier]", "profile.tier", "literals only", "");
}

#[test]
fn instants_and_durations_meet_their_like() {
    refuses("age(event.time) > 3", ">", "is a duration and `3` is a number", "such as 3d");
    refuses(
        "age(event.time) > '3d'",
        ">",
        "is a duration and `'3d'` is a string",
        "write 3d without quotes",
    );
    refuses("event.time > 3d", ">", "is an instant and `3d` is a duration", "`age(event.time)`");
    refuses("event.cart.total > 3d", ">", "is a number and `3d` is a duration", "`3d / 1d`");
    refuses("event.gap > 3d", ">", "`event.gap` is never a duration", "`days(event.gap)`");
    refuses("now > 'soon'", "'soon'", "`'soon'` is not an instant", "2026-12-24T18:00:00Z");
    refuses("local.date == 'monday'", "'monday'", "is not a date", "2026-12-24");
    refuses("local.date in ['2026-12-24', 'xmas']", "'xmas'", "is not a date", "2026-12-24");
    refuses(
        "local.date < now",
        "<",
        "is a date and `now` is an instant",
        "dates with `local.date`",
    );
    refuses("now + 1 > event.time", "+", "`now` is an instant and `1` is a number", "`days(x)`");
    refuses("now + event.time > now", "+", "this cannot be calculated", "`-` with an instant");
    refuses("1d * 2d > 1d", "*", "this cannot be calculated", "* / with numbers");
    refuses("event.cart.total + 1d > now", "+", "this cannot be calculated", "`days(x)`");
    refuses("1d", "1d", "`1d` is a duration, not a condition", "`1d > 7d`");
    refuses("floor(age(now)) > 1", "age(now)", "is a duration, not a number", "x / 1d");
    refuses("days('2') > 1d", "'2'", "is a string, not a number", "");
    refuses(
        "instant(customer.orders > 1) > now",
        "customer.orders > 1",
        "is a boolean, not an instant",
        "profile.member_since",
    );
    refuses("min(1, now) == 1", "now", "`now` is an instant", "numbers only");
    refuses("size(now) > 1", "now", "is an instant: it has no size", "");
    refuses(
        "local.weekday == 'Saturday'",
        "'Saturday'",
        "is not a day of the week",
        "did you mean \"sat\"?",
    );
    refuses("local.weekday > 'mon'", ">", "days of the week have no order", "in [");
    refuses("local.weekdy == 'mon'", "local.weekdy", "is unknown", "did you mean `local.weekday`?");
    refuses(
        "(event.gift ? 'A'.lowerAscii() : 'b') == 'a'",
        "'A'.lowerAscii()",
        "can only be compared at once",
        "lowerAscii()",
    );
}

#[test]
fn durations_are_written_as_elsewhere() {
    refuses("age(event.time) > 1y", "1y", "`1y` is not a duration", "such as 23h");
    refuses("age(event.time) > 1.5d", "1.5d", "a duration has no fraction", "36h");
    refuses("age(event.time) > 4000d", "4000d", "longer than ten years", "");
    refuses("age(event.time) > 1 day", "1 day", "`1 day` is not a duration", "write 1d");
    refuses("age(event.time) > 12 hours && true", "12 hours", "is not a duration", "write 12h");
    refuses("customer.orders > 3x", "3x", "is not a duration", "");
    let (_, faults, _) =
        compiled("event.text == '1y' && event.cart.total > 1e5 && event.cart.total > 0x1f");
    assert_eq!(faults, []);
}

#[test]
fn functions_are_named_with_what_they_take() {
    refuses(
        "flor(event.cart.total) > 1",
        "flor(event.cart.total)",
        "`flor`",
        "did you mean `floor`?",
    );
    refuses("floor(1, 2) > 1", "floor(1, 2)", "`floor` with these arguments", "write `floor(x)`");
    refuses("min() > 1", "min()", "`min` with these arguments", "write `min(x, y)`");
    refuses(
        "event.cart.id.matches('k.*')",
        "event.cart.id.matches('k.*')",
        "`matches`",
        "a regular expression has no bound",
    );
    refuses(
        "customer.orders.lowerAscii() == 'x'",
        "customer.orders",
        "is a number, not a string",
        "",
    );
    refuses(
        "sum(event.cart.items) > 1",
        "sum(event.cart.items)",
        "`sum` with these arguments",
        "sum(i, ",
    );
}

#[test]
fn lists_are_of_the_event_and_gone_through_once() {
    refuses(
        "profile.tags.exists(i, i == 'a')",
        "profile.tags",
        "`profile.tags` is no list",
        "event.cart.items",
    );
    refuses("event.cart.total.exists(i, i > 1)", "event.cart.total", "is a number, not a list", "");
    refuses(
        "event.cart.items.exists(i, i.price)",
        "i.price",
        "`i.price` is a number, not a condition",
        "",
    );
    refuses("event.cart.items.exists(i, i)", "i", "`i` is an object", "name one of its fields");
    refuses("event.cart.items.exists(i, i.price > 'a')", ">", "`i.price` is a number", "");
    refuses(
        "event.cart.items.sum(i, i.price > 1) > 1",
        "i.price > 1",
        "is a boolean, not a number",
        "",
    );
    refuses(
        "event.cart.items.exists(i, event.tags.exists(j, j == i.product))",
        "event.tags.exists(j, j == i.product)",
        "a list cannot be gone through for each item",
        "one list at a time",
    );
    refuses("event.cart.items.exists(i, j.price > 1)", "j.price", "is unknown", "");
    refuses("now in event.tags", "now", "no item of a list is", "");
    for (text, part) in [
        ("event.cart.items.exists(i, i.price > profile.budget)", "profile.budget"),
        ("cart.items.exists(i, age(i.added_at) > 1d)", "i.added_at"),
        ("cart.items.all(i, i.hour == local.hour)", "local.hour"),
        ("customer.orders in event.tags", "customer.orders"),
    ] {
        let (condition, faults) =
            compile(text, Scope::Step, &mut Slots::default(), &mut Vec::new());
        assert!(condition.is_none(), "{text}");
        assert_eq!(&text[faults[0].range.clone()], part, "{text}: {faults:?}");
        assert!(faults[0].message.contains("is made when the trigger event comes"), "{faults:?}");
    }
    let (condition, faults) = compile(
        "event.cart.items.exists(i, i.price > 1)",
        Scope::While,
        &mut Slots::default(),
        &mut Vec::new(),
    );
    assert!(condition.is_none() && faults[0].message.contains("`while` may not read the event"));
}

#[test]
fn what_is_always_or_never_true_is_warned_of() {
    for (text, part, message) in [
        ("1 == 1", "1 == 1", "is always true: it reads nothing"),
        ("true", "true", "is always true"),
        ("event.gift && 2d < 1d", "2d < 1d", "is never true"),
        ("customer.orders >= 0", "customer.orders >= 0", "is always true: it counts"),
        (
            "size(event.cart.items) < 0 || event.gift",
            "size(event.cart.items) < 0",
            "is never true: it counts",
        ),
        ("0 <= customer.orders", "0 <= customer.orders", "is always true"),
        ("local.hour >= 24", "local.hour >= 24", "is never true: an hour is 0 to 23"),
        ("event.gift || local.hour == 7.5", "local.hour == 7.5", "is never true"),
        ("0 <= local.hour", "0 <= local.hour", "is always true"),
        ("local.hour != 24", "local.hour != 24", "is always true"),
        (
            "event.x > 5 && event.x < 3",
            "event.x > 5 && event.x < 3",
            "is never true: no `event.x` is both",
        ),
        (
            "event.gift && (event.x == 5 && customer.orders > 1 && 5 > event.x)",
            "event.x == 5 && customer.orders > 1 && 5 > event.x",
            "no `event.x` is both",
        ),
        ("event.x >= 5 && event.x < 5", "event.x >= 5 && event.x < 5", "is never true"),
        ("event.x == 5 && event.x == 6", "event.x == 5 && event.x == 6", "is never true"),
    ] {
        let (condition, faults, _) = compiled(text);
        assert!(condition.is_some() && faults.len() == 1, "{text}: {faults:?}");
        let fault = &faults[0];
        assert_eq!(fault.severity, Severity::Warning, "{text}");
        assert_eq!(&text[fault.range.clone()], part, "{text}");
        assert!(fault.message.contains(message), "{text}: {fault:?}");
    }
    for text in [
        "customer.days_since_order >= 0",
        "customer.orders > 0",
        "event.cart.total >= 0",
        "local.hour < 9 || local.hour >= 20 && local.hour < 23",
        "event.x > 3 && event.x < 5",
        "event.x >= 5 && event.x <= 5",
        "event.x > 5 || event.x < 3",
        "event.x > 5 && !(event.x < 3)",
        "event.x > 5 && event.y < 3",
        "event.type == 'other'",
    ] {
        assert_eq!(compiled(text).1, [], "{text}");
    }
}

/// Whatever its shape, it is refused with a reason.
#[test]
fn hostile_conditions_are_refused() {
    let joined = |part: &str, by: &str, times| vec![part; times].join(by);
    let long = [
        joined("event.gift", " && ", 10_000),
        "!".repeat(10_001) + "event.gift",
        "(".repeat(10_000),
        "-".repeat(100_000),
        joined("1", "+", 490) + " > 0",
        format!("event{} == 1", ".a".repeat(490)),
        joined("true", "?", 150) + &":true".repeat(149),
        joined("a.exists(i", ",", 80) + &")".repeat(80),
        joined("1d", "+", 300) + " > 0s",
        "[".repeat(990),
        "1 in ".repeat(190) + "[1]",
        "floor(".repeat(150) + "1" + &")".repeat(150) + " > 0",
        "'a'".to_owned() + &".lowerAscii()".repeat(70) + " == 'a'",
    ];
    for text in long {
        let (condition, faults, _) = compiled(&text);
        assert!(condition.is_none() && !faults.is_empty(), "{}", &text[..40.min(text.len())]);
    }
    // The parser counts these.
    assert!(compiled(&("!".repeat(901) + "event.gift")).0.is_some());
    assert!(compiled(&("-".repeat(901) + "customer.orders > 0")).0.is_some());
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
    refuses(
        "event.caf\u{e9} == 1",
        "\u{e9}",
        "cannot be read: `\u{e9}` can only stand inside of a text in quotes",
        "",
    );
    refuses("event.cart.total >", "", "the condition cannot be read: it ends too early", "");
    refuses("event.cart.total > 5 5", "5", "cannot be read: `5` does not belong here", "");
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
