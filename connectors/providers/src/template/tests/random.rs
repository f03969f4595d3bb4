//! Random templates on random data: a rendering ends within its budget, with an output within its bound, and never by a panic.

use super::{brand, command, links, load};
use crate::template::budget::{Spent, size, steps_of};
use crate::template::data::globals;
use crate::template::limits::{MAX_OUTPUT, MAX_STEPS, MAX_TEXT, MAX_VALUE};
use crate::template::reader::Reader;
use crate::template::{Part, RenderFault};
use cartwheel_core::command::Command;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// What is left of the budget at the beginning: little, so that many cases take little time.
const LEFT: usize = 20_000;
/// The names that a template may use without having given them.
const GIVEN: &str = "{% assign x = 1 %}{% assign y = 'ab' %}{% assign z = profile.b %}{% assign i = 0 %}{% assign j = nil %}";

fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    let name = word(&[
        "x",
        "y",
        "z",
        "i",
        "j",
        "forloop",
        "forloop.parentloop",
        "forloop.index",
        "i[0]",
        "x.size",
        "x.first",
        "x[y]",
        "x[0].a",
        "profile",
        "profile.a",
        "profile.b",
        "profile.list",
        "profile.text",
        "cart_items",
        "cart.items.first",
        "profile[profile.a]",
        "first_name",
    ]);
    let literal = word(&[
        "0",
        "1",
        "-3",
        "7.5",
        "999999999",
        "''",
        "'a'",
        "'%c %255Y'",
        "\"<b>&\"",
        "nil",
        "true",
        "empty",
        "blank",
    ]);
    prop_oneof![3 => name, 1 => literal]
}

fn filter() -> impl Strategy<Value = String> {
    let without = word(&[
        "abs",
        "ceil",
        "floor",
        "round",
        "size",
        "first",
        "last",
        "json",
        "url_encode",
        "url_decode",
        "strip_html",
        "escape",
        "escape_once",
        "newline_to_br",
        "capitalize",
        "downcase",
        "upcase",
        "strip",
        "strip_newlines",
        "reverse",
        "sort",
        "sort_natural",
        "uniq",
        "compact",
        "join",
        "date",
        "money",
    ]);
    let with = word(&[
        "plus",
        "minus",
        "times",
        "divided_by",
        "modulo",
        "at_least",
        "append",
        "prepend",
        "replace_first",
        "remove",
        "split",
        "join",
        "concat",
        "map",
        "where",
        "slice",
        "truncate",
        "truncatewords",
        "default",
        "date",
        "amount",
        "sort",
        "round",
    ]);
    prop_oneof![
        2 => without.prop_map(|name| format!(" | {name}")),
        3 => (with, value()).prop_map(|(name, value)| match name.as_str() {
            "replace_first" => format!(" | replace: {value}, {value}"),
            _ => format!(" | {name}: {value}"),
        }),
    ]
}

fn chain() -> impl Strategy<Value = String> {
    (value(), prop::collection::vec(filter(), 0..4))
        .prop_map(|(value, filters)| value + &filters.concat())
}

fn condition() -> impl Strategy<Value = String> {
    let test = (value(), word(&["==", "!=", "<", ">=", "contains", "and", "or"]), value());
    prop::collection::vec(test, 1..3).prop_map(|tests| {
        let tests =
            tests.iter().map(|(one, comparison, other)| format!("{one} {comparison} {other}"));
        tests.collect::<Vec<_>>().join(" or ")
    })
}

fn over() -> impl Strategy<Value = String> {
    let range = (value(), word(&["2", "30", "400", "9999", "1000000000", "x", "profile.a"]))
        .prop_map(|(from, to)| format!("({from}..{to})"));
    let list = (value(), word(&["", " limit: 3", " offset: y", " limit: x offset: 1"]))
        .prop_map(|(list, rest)| list + &rest);
    prop_oneof![range, list]
}

/// A template: texts, values and blocks in blocks.
fn source() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        word(&["text ", "<br>", "\n", "\u{1f600}", "a & b"]),
        chain().prop_map(|chain| format!("{{{{ {chain} }}}}")),
        (word(&["x", "y", "z"]), chain())
            .prop_map(|(name, chain)| format!("{{% assign {name} = {chain} %}}")),
        word(&[
            "{% increment x %}",
            "{% decrement y %}",
            "{% raw %}{{ x }}{% endraw %}",
            "{% comment %}{% if %}{% endcomment %}"
        ]),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let inner = prop::collection::vec(inner, 1..5).prop_map(|parts| parts.concat());
        prop_oneof![
            2 => (word(&["i", "j", "x", "forloop"]), over(), inner.clone()).prop_map(|(name, over, inner)| {
                format!("{{% for {name} in {over} %}}{inner}{{% endfor %}}")
            }),
            1 => (word(&["i", "j"]), over(), inner.clone()).prop_map(|(name, over, inner)| {
                format!("{{% tablerow {name} in {over} cols: 3 %}}{inner}{{% endtablerow %}}")
            }),
            1 => (condition(), inner.clone(), condition(), inner.clone()).prop_map(|(one, then, other, otherwise)| {
                format!("{{% if {one} %}}{then}{{% elsif {other} %}}{otherwise}{{% else %}}-{{% endif %}}")
            }),
            1 => (condition(), inner.clone()).prop_map(|(when, then)| format!("{{% unless {when} %}}{then}{{% endunless %}}")),
            1 => (value(), value(), inner.clone()).prop_map(|(of, when, then)| {
                format!("{{% case {of} %}}{{% when {when} %}}{then}{{% else %}}{then}{{% endcase %}}")
            }),
            2 => (word(&["x", "y", "z"]), inner.clone()).prop_map(|(name, inner)| {
                format!("{{% capture {name} %}}{inner}{{% endcapture %}}")
            }),
            1 => inner.clone().prop_map(|inner| format!("{{% ifchanged %}}{inner}{{% endifchanged %}}")),
            1 => inner,
        ]
    })
}

/// Data of every kind, some of it large.
fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(Value::from),
        (0..20_000_usize).prop_map(|letters| json!("&<a ".repeat(letters / 4))),
    ];
    let one = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..30).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4).prop_map(|map| json!(map)),
        ]
    });
    let list = prop_oneof![Just(3_usize), Just(500), Just(10_001)]
        .prop_map(|items| json!(vec![json!({ "a": 1 }); items]));
    (one.clone(), one, list, "[a-z &<]{0,40}")
        .prop_map(|(a, b, list, text)| json!({ "a": a, "b": b, "list": list, "text": text }))
}

/// Else the test below would show little.
#[test]
fn most_of_them_can_be_loaded() {
    let mut runner = TestRunner::deterministic();
    let mut sample = || source().new_tree(&mut runner).expect("a template").current();
    let loaded =
        (0..200).filter(|_| load(&[("sms.liquid", &format!("{GIVEN}{}", sample()))]).is_ok());
    let loaded = loaded.count();
    assert!(loaded > 120, "{loaded} of 200");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_rendered_ends_within_its_budget(source in source(), profile in data(), in_html in any::<bool>()) {
        let source = format!("{GIVEN}{source}");
        let (file, part, source) = if in_html {
            ("email.mjml", Part::Html, super::mjml(&source))
        } else {
            ("webhook.liquid", Part::Webhook, source)
        };
        // What may not be written so is told when it is loaded.
        let Ok(templates) = load(&[(file, &source)]) else { return Ok(()) };
        let mut command: Command = command();
        command.data["profile"] = profile;
        let reader = Reader::of(&command, &TimeZone::UTC, Some("USD"));
        let globals = globals(&command, &brand(), &links(), &reader);
        let compiled = templates.all["t"].part(part).expect("the part");
        let mut spent = Spent { steps: MAX_STEPS - LEFT, rounds: 0 };
        match compiled.render(&globals, &reader, &mut spent) {
            Ok(text) => prop_assert!(text.len() <= MAX_OUTPUT && spent.steps <= MAX_STEPS),
            Err((_, fault)) => prop_assert_ne!(fault, RenderFault::Defect),
        }
        // The last thing that was begun may have cost more than what was left: to look up, read and make a value as large as any.
        let whole = size(&globals).bytes + MAX_VALUE + MAX_TEXT;
        prop_assert!(spent.steps <= MAX_STEPS + 4 * steps_of(whole), "{:?}", spent);
        // The same again: a message that is repeated has the same bytes.
        let mut again = Spent { steps: MAX_STEPS - LEFT, rounds: 0 };
        let one = compiled.render(&globals, &reader, &mut again).map_err(|(_, fault)| fault);
        let mut third = Spent { steps: MAX_STEPS - LEFT, rounds: 0 };
        let other = compiled.render(&globals, &reader, &mut third).map_err(|(_, fault)| fault);
        prop_assert_eq!(one, other);
        prop_assert_eq!(again, third);
    }
}
