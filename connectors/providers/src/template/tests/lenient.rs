//! Nil and what cannot be read is blank or 0; nothing that a customer lacks loses a message.

use super::{command, html, text};
use crate::template::RenderFault;
use cartwheel_core::command::Command;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A command whose profile has a value of every kind.
fn odd() -> Command {
    let mut command = command();
    command.data["profile"] = json!({
        "null": null, "text": "abc", "price": "20.50", "shown": "1,299.00", "whole": 7, "half": 2.5, "yes": true,
        "list": [3, 1, null, "b"], "empty": [], "object": {"a": 1}, "blank": "", "emoji": "\u{1f600}\u{e9}\u{5d0}",
        "things": [{"name": "b", "n": 2}, null, "text", {"name": "a"}], "least": i64::MIN, "loyalty tier": "gold",
    });
    command
}

/// What a source shows; `$` stands for `profile.`.
fn shows(source: &str) -> String {
    text(&source.replace('$', "profile."), &odd())
        .unwrap_or_else(|fault| panic!("{source}: {fault}"))
}

#[test]
fn what_is_not_there_is_nil_however_it_is_asked_for() {
    for (source, shown) in [
        ("[{{ last_name }}]", "[]"),
        ("[{{ $city.street.number }}]", "[]"),
        ("[{{ product.name }}{{ product.maker.name }}]", "[]"),
        ("[{{ $text.x }}{{ $whole.x }}{{ $list.x }}{{ $list[9] }}{{ $list[-9].x }}]", "[]"),
        ("[{{ profile[\"no such\"] }}{{ profile[\"no such\"].x }}]", "[]"),
        ("[{{ profile[\"loyalty tier\"] }}]", "[gold]"),
        ("[{{ profile[$null] }}{{ profile[$nowhere] }}{{ $list[$null] }}]", "[]"),
        ("{{ $nowhere | default: 'x' }}{{ product.name | default: 'y' }}", "xy"),
        ("{{ $empty.first.name }}{{ cart_items.first.name }}", "Blue <b>mug</b> & saucer"),
        ("{{ $things[1].name }}{{ $things[2].name }}{{ $things[3].name }}", "a"),
        ("{% assign it = $object %}[{{ it.a }}{{ it.b.c }}]", "[1]"),
        ("{% for t in $things %}{{ t.name }}{{ t.n }};{% endfor %}", "b2;;;a;"),
        ("{% if product %}yes{% else %}no{% endif %}", "no"),
        (
            "{% if product.name == 'x' %}yes{% elsif product.price > 3 %}x{% else %}no{% endif %}",
            "no",
        ),
        ("{% if $nowhere contains 'x' %}yes{% else %}no{% endif %}", "no"),
        ("{% if $nowhere == nil %}nil{% endif %}{% if $nowhere != '' %}!{% endif %}", "nil"),
        ("{% case $nowhere %}{% when nil %}nil{% else %}x{% endcase %}", "nil"),
        ("{% unless $null %}none{% endunless %}", "none"),
    ] {
        assert_eq!(shows(source), shown, "{source}");
    }
}

#[test]
fn arithmetic_takes_nil_and_the_unreadable_for_zero() {
    for (source, shown) in [
        ("{{ $null | plus: 5 }} {{ $nowhere | times: 3 }} {{ 5 | minus: $null }}", "5 0 5"),
        (
            "{{ $text | plus: 1 }} {{ $shown | times: 2 }} {{ $list | plus: 1 }} {{ $yes | plus: 1 }}",
            "1 0 1 1",
        ),
        ("{{ $price | times: 2 }} {{ $price | plus: $price }}", "41 41"),
        ("{{ 0.1 | plus: 0.2 }} {{ 1.1 | times: 3 }} {{ 0.3 | minus: 0.1 }}", "0.3 3.3 0.2"),
        ("{{ 7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }} {{ -7 | divided_by: 2 }}", "3 3.5 -4"),
        ("[{{ 7 | divided_by: 0 }}{{ 7 | modulo: 0 }}{{ 7 | divided_by: $null }}]", "[]"),
        ("{{ 7 | modulo: 3 }} {{ -7 | modulo: 3 }} {{ 7.5 | modulo: 2 }}", "1 2 1.5"),
        (
            "{{ $half | round }} {{ 3.14159 | round: 2 }} {{ $null | round }} {{ -2.5 | round }}",
            "3 3.14 0 -3",
        ),
        (
            "{{ 2.1 | ceil }} {{ 2.9 | floor }} {{ $null | ceil }} {{ $text | floor }} {{ -3 | abs }}",
            "3 2 0 0 3",
        ),
        (
            "{{ $whole | at_least: 9 }} {{ $whole | at_most: $null }} {{ $null | at_least: 2 }}",
            "9 0 2",
        ),
        (
            "{{ $least | divided_by: -1 }} {{ $least | abs }}",
            "9223372036854775808 9223372036854775808",
        ),
    ] {
        assert_eq!(shows(source), shown, "{source}");
    }
}

#[test]
fn texts_and_lists_take_whatever_comes() {
    for (source, shown) in [
        ("[{{ $null | upcase }}{{ $null | append: $null | strip }}]", "[]"),
        ("{{ $null | append: 'x' }} {{ $whole | append: $half }}", "x 72.5"),
        ("{{ $text | truncate: $null }} {{ $text | slice: $null }}", "abc a"),
        (
            "{{ $null | size }} {{ $text | size }} {{ $emoji | size }} {{ $list | size }} {{ $object | size }}",
            "0 3 3 4 1",
        ),
        ("{{ $emoji.size }} {{ $list.size }} [{{ $null.size }}]", "3 4 []"),
        (
            "{{ $emoji | slice: -1 }} {{ $emoji | slice: 0, 2 }} [{{ $text | slice: -9, 2 }}]",
            "\u{5d0} \u{1f600}\u{e9} []",
        ),
        (
            "[{{ $nowhere | join: ', ' }}] {{ $text | join: ', ' }} {{ $list | join: '+' }}",
            "[] abc 3+1++b",
        ),
        (
            "[{{ $null | first }}{{ $null | last }}] {{ $text | first }} {{ $list | first }}",
            "[] abc 3",
        ),
        ("{{ $things | map: 'name' | join: ',' }} [{{ $text | map: 'name' | join }}]", "b,,,a []"),
        (
            "{{ $things | where: 'n' | size }} {{ $things | where: 'name', 'a' | size }} {{ $text | where: 'n' | size }}",
            "1 1 0",
        ),
        (
            "{{ $null | sort | size }} {{ $list | sort | size }} {{ $things | sort: 'name' | size }}",
            "0 4 4",
        ),
        (
            "{{ $null | concat: $null | size }} {{ $list | concat: $list | size }} {{ $list | concat: $text | size }}",
            "0 8 4",
        ),
        (
            "{{ $null | split: ',' | size }} {{ $null | reverse | size }} {{ $null | uniq | size }}",
            "0 0 0",
        ),
        ("{{ $null | replace: 'a', 'b' }}{{ $text | replace: 'a', $null }}", "bc"),
        ("{{ $null | json }} {{ $list | json }}", "null [3,1,null,\"b\"]"),
        ("[{{ $null | url_encode }}{{ $null | strip_html }}{{ $null | escape }}]", "[]"),
    ] {
        assert_eq!(shows(source), shown, "{source}");
    }
}

#[test]
fn loops_go_over_lists_and_nothing_else() {
    for (source, shown) in [
        ("{% for x in $nowhere %}x{% else %}none{% endfor %}", "none"),
        (
            "{% for x in $text %}x{% endfor %}{% for x in $whole %}x{% endfor %}{% for x in $yes %}x{% endfor %}.",
            ".",
        ),
        ("{% for x in $object %}{{ x[0] }}={{ x[1] }}{% endfor %}", "a=1"),
        ("{% for x in $list limit: $null %}{{ x }}{% endfor %}", "31b"),
        ("{% for x in $list limit: 2 offset: 1 reversed %}[{{ x }}]{% endfor %}", "[][1]"),
        ("{% for x in $list limit: '2' %}{{ x }}{% endfor %}", "31"),
        ("{% for x in $list limit: 9 offset: 3 %}{{ x }}{% endfor %}", "b"),
        ("{% for x in (1..$null) %}x{% endfor %}{% for x in (1..3) %}{{ x }}{% endfor %}", "123"),
        (
            "{% for x in $list %}{{ forloop.index }}{% if forloop.last %}!{% endif %}{% endfor %}",
            "1234!",
        ),
        (
            "{% for x in (1..2) %}{% for y in (1..2) %}{{ forloop.parentloop.index }}{{ y }} {% endfor %}{% endfor %}",
            "11 12 21 22 ",
        ),
        (
            "{% for x in (1..9) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}",
            "13",
        ),
        ("{{ cart_items.size }}{% for i in cart_items %}{{ i.product }}{% endfor %}", "2p1p2"),
    ] {
        assert_eq!(shows(source), shown, "{source}");
    }
}

#[test]
fn loops_in_loops_come_to_an_end() {
    let source = "{% for a in (1..9999) %}{% for b in (1..9999) %}{% endfor %}{% endfor %}";
    assert_eq!(text(source, &odd()), Err(RenderFault::Endless));
}

#[test]
fn a_tablerow_writes_rows_and_cells() {
    let source = "{% capture t %}{% tablerow x in profile.list cols: 3 %}{{ x }}{% endtablerow %}{% endcapture %}{{ t }}";
    let table = "<tr class=\"row1\"><td class=\"col1\">3</td><td class=\"col2\">1</td><td class=\"col3\"></td></tr><tr class=\"row2\"><td class=\"col1\">b</td></tr>";
    assert!(html(source, &odd()).contains(table), "{}", html(source, &odd()));
    let direct = "{% tablerow x in profile.list cols: 3 %}{{ x }}{% endtablerow %}";
    assert!(html(direct, &odd()).contains(table));
    assert!(
        !html("{% tablerow x in profile.text %}{{ x }}{% endtablerow %}", &odd())
            .contains("<td class=\"col")
    );
}

/// Any JSON of a small size.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(Value::from),
        "-?[0-9]{1,25}(\\.[0-9]{1,9})?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// Every filter, on whatever comes.
const EVERY_FILTER: &str = "{% assign x = profile.x %}{% assign y = profile.y %}\
{{ x | abs }}{{ x | plus: y }}{{ x | minus: y }}{{ x | times: y }}{{ x | divided_by: y }}{{ x | modulo: y }}{{ x | at_least: y }}{{ x | at_most: y }}\
{{ x | ceil }}{{ x | floor }}{{ x | round: y }}{{ x | first }}{{ x | last }}{{ x | map: y }}{{ x | where: y }}{{ x | where: 'a', y }}{{ x | size }}\
{{ x | slice: y, y }}{{ x | json }}{{ x | url_encode }}{{ x | url_decode }}{{ x | strip_html }}{{ x | escape }}{{ x | escape_once }}{{ x | newline_to_br }}\
{{ x | default: y }}{{ x | append: y }}{{ x | capitalize }}{{ x | downcase }}{{ x | lstrip }}{{ x | prepend: y }}{{ x | remove: y }}{{ x | remove_first: y }}\
{{ x | replace: y, y }}{{ x | replace_first: y, y }}{{ x | rstrip }}{{ x | split: y }}{{ x | strip }}{{ x | strip_newlines }}{{ x | truncate: y }}\
{{ x | truncatewords: y }}{{ x | upcase }}{{ x | compact }}{{ x | concat: y }}{{ x | join: y }}{{ x | reverse }}{{ x | sort }}{{ x | sort: y }}\
{{ x | sort_natural }}{{ x | uniq }}{{ x | date: y }}{{ x | date: '%d %B %Y %Q' }}{{ x | money: y }}{{ x | amount: 'USD' }}\
{% for i in x limit: y offset: x %}{{ i.a.b }}{% endfor %}{% if x > y or x contains y or x == blank %}{% endif %}{% case x %}{% when y %}{% endcase %}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_data_loses_a_message(x in json_value(), y in json_value()) {
        let mut command = command();
        command.data["profile"] = json!({ "x": x, "y": y });
        let rendered = text(EVERY_FILTER, &command);
        prop_assert!(rendered.is_ok(), "{:?}", rendered);
    }
}
