//! Whatever a template says, loading and rendering it come to an end, and say in which line they stopped and why.

use super::{command, folder, load, mjml, text};
use crate::template::budget::Spent;
use crate::template::data::globals;
use crate::template::limits::{
    MAX_BLANKS, MAX_CAROUSEL_IMAGES, MAX_DEPTH, MAX_ELEMENT_DEPTH, MAX_INDEX_DEPTH, MAX_ITEMS,
    MAX_SOURCE, MAX_STEPS,
};
use crate::template::reader::Reader;
use crate::template::{RenderFault, Templates};
use cartwheel_core::command::Command;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::path::Path;

/// What loading says of a text message with this source; empty if nothing.
fn said(source: &str) -> String {
    load(&[("sms.liquid", source)]).err().unwrap_or_default().join("\n")
}

fn said_of_mjml(inner: &str) -> String {
    let files =
        [("email.mjml", &*mjml(inner)), ("email.subject.liquid", "s"), ("email.text.liquid", "t")];
    load(&files).err().unwrap_or_default().join("\n")
}

fn with(profile: Value) -> Command {
    let mut command = command();
    command.data["profile"] = profile;
    command
}

/// `x` is a text of 128 KiB.
const LONG: &str =
    "{% assign x = 'aaaaaaaa' %}{% for i in (1..14) %}{% assign x = x | append: x %}{% endfor %}\n";

#[test]
fn what_costs_too_much_is_told_with_its_line() {
    let steps = "it takes more than 1000000 steps";
    for (source, line, why) in [
        (
            "\n{% for a in (1..9999) %}{% for b in (1..9999) %}{% endfor %}{% endfor %}",
            2,
            "its loops take more than 100000 rounds",
        ),
        (
            "\n{% for a in (1..1000000000) %}{% break %}{% endfor %}",
            2,
            "a range is longer than 10000 numbers",
        ),
        // Every round has its price, and ranges that are not gone over have none.
        (
            "{% for a in (1..9999) %}\n{% for b in (1..9999) %}{% assign y = a | times: b | plus: 1 | append: 'x' %}{% if y == 'z' or y contains 'y' %}{{ y }}{% endif %}{% endfor %}{% endfor %}",
            2,
            steps,
        ),
        (
            "{% for a in (1..40) %}\n{% assign x = x | append: 'aaaaaaaa' | append: x | append: x %}{% endfor %}",
            2,
            "a text is longer than 256 KiB",
        ),
        (&format!("{LONG}{{{{ x | replace: 'a', x }}}}"), 2, "a text is longer than 256 KiB"),
        (&format!("{LONG}{{{{ x | replace: '', x }}}}"), 2, "a text is longer than 256 KiB"),
        (
            &format!("{LONG}{{{{ x | replace_first: 'a', x | append: x | prepend: x }}}}"),
            2,
            "a text is longer than 256 KiB",
        ),
        (
            &format!("{LONG}{{% assign y = x | slice: 0, 9000 | split: '' | join: x %}}"),
            2,
            "a text is longer than 256 KiB",
        ),
        (&format!("{LONG}{{% assign y = x | split: '' %}}"), 2, "a list has more than 10000 items"),
        (
            &format!("{LONG}{{% capture y %}}{{{{ x }}}}{{{{ x }}}}{{{{ x }}}}{{% endcapture %}}"),
            2,
            "a text is longer than 256 KiB",
        ),
        (
            &format!(
                "{LONG}{{% ifchanged %}}{{{{ x }}}}{{{{ x }}}}{{{{ x }}}}{{% endifchanged %}}"
            ),
            2,
            "a text is longer than 256 KiB",
        ),
        (
            &format!("{LONG}{{% for i in (1..9999) %}}{{% assign y = x | upcase %}}{{% endfor %}}"),
            2,
            steps,
        ),
        (
            &format!(
                "{LONG}{{% for i in (1..9999) %}}{{% if x contains 'aaab' %}}{{% endif %}}{{% endfor %}}"
            ),
            2,
            steps,
        ),
        (
            &format!(
                "{LONG}{{{{ 'now' | date: x }}}}{{% for i in (1..9999) %}}\n{{% assign d = i | date: '%c%c%c' %}}{{% endfor %}}"
            ),
            3,
            steps,
        ),
        (
            "{% for i in (1..9999) %}{% for j in (1..9) %}\n{% assign m = i | money: 'USD' %}{% endfor %}{% endfor %}",
            2,
            steps,
        ),
        (
            &(0..33)
                .map(|name| format!("{{% assign v{name} = x %}}\n"))
                .fold(LONG.to_owned(), |all, line| all + &line),
            32,
            "its variables take more than 4096 KiB together",
        ),
        (&format!("{LONG}{{{{ x }}}}\n{{{{ x }}}}"), 3, "the output is longer than 256 KiB"),
    ] {
        let templates = load(&[("sms.liquid", source)]).unwrap_or_else(|said| panic!("{said:?}"));
        let error = templates.check_spread();
        let expected = format!("t/sms.liquid:{line}: would fail for every customer: {why}");
        let told: Vec<_> = error.iter().map(ToString::to_string).collect();
        let told = told.iter().map(|told| told.split_once("/t/").map_or("", |(_, told)| told));
        let shown: Vec<String> = told.map(|told| format!("t/{told}")).collect();
        assert_eq!(shown, [expected], "{source}");
    }
}

#[test]
fn ranges_that_are_not_gone_over_cost_nothing() {
    let source =
        "{% for a in (1..9999) %}{% for b in (1..9999) limit: 1 %}{{ b }}{% endfor %}{% endfor %}";
    assert_eq!(text(source, &command()).map(|text| text.len()), Ok(9_999));
    let source =
        "{% for a in (1..9999) %}{% for b in (1..9999) %}{% break %}{% endfor %}{% endfor %}.";
    assert_eq!(text(source, &command()).as_deref(), Ok("."));
}

#[test]
fn the_parts_of_a_message_have_one_budget() {
    let rounds = "{% for a in (1..300) %}{% for b in (1..150) %}{% endfor %}{% endfor %}";
    let one = super::email_of("s", rounds, rounds, &command());
    assert!(one.is_ok(), "{one:?}");
    let more = format!("{rounds}{{% for a in (1..9999) %}}{{% endfor %}}");
    let error = super::email_of("s", &more, rounds, &command()).unwrap_err();
    assert_eq!(error.fault, RenderFault::Endless);
}

#[test]
fn shipped_templates_take_a_small_part_of_their_budget() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/templates");
    let templates = Templates::load(&dir).unwrap_or_else(|problems| panic!("{problems:?}"));
    let reader = Reader::of(&command(), &TimeZone::UTC, Some("USD"));
    let globals = globals(&command(), &super::brand(), &super::links(), &reader);
    let mut most = 0;
    for (name, template) in &templates.all {
        let mut spent = Spent::default();
        for compiled in template.parts.values() {
            compiled
                .render(&globals, &reader, &mut spent)
                .unwrap_or_else(|why| panic!("{name}: {why:?}"));
        }
        most = most.max(spent.steps);
    }
    assert!((100..MAX_STEPS / 100).contains(&most), "{most} steps");
}

#[test]
fn what_a_customers_data_makes_large_is_refused() {
    let long = "a".repeat(200 * 1024);
    for (source, profile, fault) in [
        ("{{ profile.x | append: profile.x }}", json!({ "x": long }), RenderFault::TextTooLong),
        (
            "{{ profile.x | replace: 'a', profile.x }}",
            json!({ "x": long }),
            RenderFault::TextTooLong,
        ),
        (
            "{{ profile.x | url_encode }}",
            json!({ "x": "/".repeat(100_000) }),
            RenderFault::TextTooLong,
        ),
        (
            "{{ profile.x | join: profile.y }}",
            json!({ "x": vec![1; 100], "y": long }),
            RenderFault::TextTooLong,
        ),
        (
            "{{ profile.x | concat: profile.x | size }}",
            json!({ "x": vec![1; MAX_ITEMS] }),
            RenderFault::ValueTooLarge,
        ),
        (
            "{{ profile.x | reverse | size }}",
            json!({ "x": vec![0; MAX_ITEMS + 1] }),
            RenderFault::TooManyItems,
        ),
        (
            "{% for x in profile.x %}{% endfor %}",
            json!({ "x": vec![0; MAX_ITEMS + 1] }),
            RenderFault::TooManyItems,
        ),
        (
            "{% assign x = profile.x %}{% for i in (1..12) %}{% assign x = x | concat: x %}{% endfor %}",
            json!({ "x": [long] }),
            RenderFault::ValueTooLarge,
        ),
        (
            "{% for i in (1..9999) %}{% if profile.x == profile.y %}{% endif %}{% endfor %}",
            json!({ "x": vec![1; 9_000], "y": vec![1; 9_000] }),
            RenderFault::Costly,
        ),
        (
            "{% for i in (1..9999) %}{% assign y = 'a' | append: profile[profile.x] %}{% endfor %}",
            json!({ "x": vec![1; 9_000] }),
            RenderFault::Costly,
        ),
    ] {
        assert_eq!(text(source, &with(profile)), Err(fault), "{source}");
    }
    // What the template takes little of may be large.
    let profile = with(json!({ "x": "a".repeat(300 * 1024), "y": vec![0; 2 * MAX_ITEMS] }));
    let source = "{{ profile.x | truncate: 5 }}{{ profile.y | size }}{% for y in profile.y limit: 2 %}{{ y }}{% endfor %}{{ profile.y.last }}";
    assert_eq!(text(source, &profile).as_deref(), Ok("aa...20000000"));
}

#[test]
fn a_value_cannot_be_nested_ever_deeper() {
    let deeper = "{% tablerow i in (1..9999) %}{% for j in (1..1) %}{% assign forloop = forloop %}{% endfor %}{% endtablerow %}";
    let fault = text(deeper, &command()).unwrap_err();
    assert!(matches!(fault, RenderFault::ValueTooDeep | RenderFault::Costly), "{fault:?}");
}

#[test]
fn sizes_of_sizes_are_looked_up_once() {
    let deep =
        |inner: &str| format!("{}{inner}{}", "{% if true %}".repeat(40), "{% endif %}".repeat(40));
    let source = deep(&format!("{{{{ profile.x{} }}}}", ".size".repeat(200)));
    assert_eq!(text(&source, &with(json!({ "x": [1, 2, 3] }))).as_deref(), Ok("1"));
    assert_eq!(
        text("{{ profile.x.size }}", &with(json!({ "x": "a".repeat(12) }))).as_deref(),
        Ok("12")
    );
}

#[test]
fn blocks_are_nested_so_deep_and_no_deeper() {
    for (open, close) in [
        ("{% if cart %}", "{% endif %}"),
        ("{% unless cart %}", "{% endunless %}"),
        ("{% for x in cart_items %}", "{% endfor %}"),
        ("{% tablerow x in cart_items %}", "{% endtablerow %}"),
        ("{% case 1 %}{% when 1 %}", "{% endcase %}"),
        ("{% capture x %}", "{% endcapture %}"),
        ("{% ifchanged %}", "{% endifchanged %}"),
    ] {
        let nested = |depth: usize| format!("a\n{}{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(said(&nested(MAX_DEPTH)), "", "{open}");
        let told = said(&nested(MAX_DEPTH + 1));
        assert!(told.starts_with("t/sms.liquid:2: blocks are nested more than 50 deep"), "{told}");
        let told = said(&nested(4_000));
        assert!(told.starts_with("t/sms.liquid:2: "), "{told}");
    }
    // What stands in a comment is not looked at.
    let inside = "{% if cart %}".repeat(10_000) + &"{% endif %}".repeat(9_000) + "{% nonsense %}";
    assert_eq!(said(&format!("{{% comment %}}{inside}{{% endcomment %}}")), "");
    let comments = "{% comment %}".repeat(5_000) + &"{% endcomment %}".repeat(5_000);
    assert_eq!(said(&comments), "");
}

#[test]
fn rows_of_branches_and_conditions_do_not_recurse() {
    let branches = format!(
        "{{% if product %}}{}{{% else %}}no{{% endif %}}",
        "{% elsif product %}x".repeat(8_000)
    );
    assert_eq!(text(&branches, &command()).as_deref(), Ok("no"));
    let all = format!("{{% if cart{} %}}yes{{% endif %}}", " and cart".repeat(8_000));
    assert_eq!(text(&all, &command()).as_deref(), Ok("yes"));
    let any =
        format!("{{% if product{} %}}yes{{% else %}}no{{% endif %}}", " or product".repeat(8_000));
    assert_eq!(text(&any, &command()).as_deref(), Ok("no"));
    let filters = format!("{{{{ 'a'{} }}}}", " | upcase".repeat(8_000));
    assert_eq!(text(&filters, &command()).as_deref(), Ok("A"));
}

/// The deepest that is allowed must fit on the stack of any thread: half of what a thread has by default.
#[test]
fn the_deepest_fits_on_a_small_stack() {
    let loops = (0..MAX_DEPTH).map(|name| format!("{{% for v{name} in (1..1) %}}"));
    let index = |depth: usize| format!("{}cart{}", "cart[".repeat(depth), "]".repeat(depth));
    let liquid = format!(
        "{}{{{{ {} }}}}{}",
        loops.collect::<String>(),
        index(MAX_INDEX_DEPTH),
        "{% endfor %}".repeat(MAX_DEPTH)
    );
    let depth = MAX_ELEMENT_DEPTH - 6;
    let html = format!("<mj-raw>{}x{}</mj-raw>", "<b>".repeat(depth), "</b>".repeat(depth));
    let html = mjml("x").replace("</mj-column>", &format!("{html}</mj-column>"));
    let files =
        [("email.mjml", html), ("email.subject.liquid", "s".into()), ("email.text.liquid", liquid)];
    let dir = folder(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let path = dir.path().to_owned();
    let small = std::thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        let templates = Templates::load(&path).unwrap_or_else(|problems| panic!("{problems:?}"));
        let command = Command { template: "t".into(), ..command() };
        templates.render(&command, &super::brand(), &super::links()).map(|_| ())
    });
    // A list or an object is no name.
    assert_eq!(
        small.unwrap().join().unwrap().map_err(|error| error.fault),
        Err(RenderFault::Failed)
    );
}

#[test]
fn sources_that_parsers_do_not_come_to_an_end_with_are_refused() {
    let deep = format!("a\n{{{{ {}cart{} }}}}", "cart[".repeat(99), "]".repeat(99));
    assert_eq!(
        said(&deep),
        format!("t/sms.liquid:2: brackets are nested more than {MAX_INDEX_DEPTH} deep")
    );
    let blanks = format!("a\n{}b", " ".repeat(200_000));
    assert_eq!(
        said(&blanks),
        format!("t/sms.liquid:2: more than {MAX_BLANKS} blanks or line breaks in a row")
    );
    assert_eq!(said(&"a".repeat(MAX_SOURCE)), "");
    assert_eq!(said(&"a".repeat(MAX_SOURCE + 1)), "t/sms.liquid: is longer than 256 KiB");
}

#[test]
fn mjml_that_grows_without_end_is_refused() {
    let deep = "<b>\n".repeat(10_000);
    let told = said_of_mjml(&deep);
    assert!(
        told.contains(&format!("elements are nested more than {MAX_ELEMENT_DEPTH} deep")),
        "{told}"
    );
    assert!(told.starts_with("t/email.mjml:97: "), "{told}");
    let image = "<mj-carousel-image src=\"https://shop.example/1.png\" />";
    let carousel = |images: usize| {
        let source = mjml("x").replace(
            "</mj-column>",
            &format!("<mj-carousel>{}</mj-carousel></mj-column>", image.repeat(images)),
        );
        load(&[("email.mjml", &source)]).err().unwrap_or_default().join("\n")
    };
    assert_eq!(carousel(MAX_CAROUSEL_IMAGES), "");
    assert!(carousel(MAX_CAROUSEL_IMAGES + 1).contains("carousels have more than"));
    let many = mjml("x")
        .replace("</mj-column>", &format!("{}</mj-column>", "<mj-spacer />".repeat(15_000)));
    let told = load(&[("email.mjml", &many)]).err().unwrap_or_default().join("\n");
    assert_eq!(told, "t/email.mjml: MJML makes more than 1024 KiB of HTML of it");
    let include =
        mjml("x").replace("</mj-column>", "<mj-include path=\"/etc/hostname\" /></mj-column>");
    assert!(load(&[("email.mjml", &include)]).is_err());
}

#[test]
fn a_list_of_all_kinds_is_sorted_and_repeats_itself() {
    let mixed: Vec<Value> = (0..300)
        .map(|i| match i % 5 {
            0 => json!(i * 7 % 31),
            1 => json!((i * 5 % 17).to_string()),
            2 => json!(f64::from(i) / 2.0),
            3 => Value::Null,
            _ => json!([i]),
        })
        .collect();
    let source = "{{ profile.x | sort | size }} {{ profile.x | sort_natural | size }} {{ profile.x | sort | first }}{{ profile.x | sort | last }}";
    assert_eq!(text(source, &with(json!({ "x": mixed }))).as_deref(), Ok("300 300 0"));
    let source = "{{ profile.x | sort | join: ' ' }}|{{ profile.x | uniq | join: ' ' }}";
    let x = json!(["b", 10, 9, "a", 9.0, "9", true, true, null]);
    assert_eq!(
        text(source, &with(json!({ "x": x }))).as_deref(),
        Ok("9 9 10 9 a b true true |b 10 9 a 9 true ")
    );
    // Objects have an order: a message that is sent again has the same bytes.
    let fields: Value = (0..50).map(|name| (format!("f{name:02}"), json!(name))).collect();
    let source = "{% for f in profile.x %}{{ f[1] }},{% endfor %}{{ profile.x | json }}";
    let expected: String = (0..50).map(|name| format!("{name},")).collect();
    assert_eq!(text(source, &with(json!({ "x": fields }))), Ok(format!("{expected}{fields}")));
}

#[test]
fn a_text_of_ampersands_is_gone_over_once() {
    let long = "&".repeat(200_000);
    let html = super::html("{{ profile.x | escape_once | size }}", &with(json!({ "x": long })));
    assert!(html.contains("200000"));
}
