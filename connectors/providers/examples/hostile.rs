//! What hostile templates cost: loads and renders one of them, and says the time and the memory that it took.
//!
//!     hostile                 names the cases
//!     hostile CASE [BYTES]    tries one; BYTES is the size of its source or of its data
//!     hostile '| FILTER'      tries a filter on a text and on a list, again and again
//!     hostile '+TEXT' BYTES   tries a source that is this text, again and again
//!
//! Every case is a process of its own, since a template without bounds may end it. `threats.md` has the figures.

use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use cartwheel_core::id::{CommandId, RunId};
use cartwheel_providers::template::Templates;
use cartwheel_providers::{Brand, Links};
use serde_json::{Value, json};
use std::time::Instant;

/// The longest text that a template may use as a value.
const TEXT: usize = 250 * 1024;

/// A file of a template, and the data of a customer.
struct Case {
    file: &'static str,
    source: String,
    profile: Value,
}

fn text(source: impl Into<String>) -> Case {
    Case { file: "sms.liquid", source: source.into(), profile: json!({}) }
}

fn html(inner: impl AsRef<str>) -> Case {
    let inner = inner.as_ref();
    let source = format!(
        "<mjml><mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>"
    );
    Case { file: "email.mjml", source, profile: json!({}) }
}

impl Case {
    fn of(self, profile: Value) -> Self {
        Self { profile, ..self }
    }
}

/// `part`, again and again, up to `bytes`.
fn fill(part: &str, bytes: usize) -> String {
    part.repeat(bytes / part.len())
}

/// `open` so often that it and `close` take `bytes`.
fn nest(open: &str, close: &str, bytes: usize) -> String {
    let depth = bytes / (open.len() + close.len());
    open.repeat(depth) + &close.repeat(depth)
}

/// Doubles `x` to the longest text that a value may be.
const DOUBLED: &str =
    "{% assign x = 'aaaaaaaa' %}{% for i in (1..14) %}{% assign x = x | append: x %}{% endfor %}";

type Make = fn(usize) -> Case;

/// Cases whose cost is that of rendering.
const RENDERED: &[(&str, Make)] = &[
    ("empty_loops", |_| {
        text("{% for a in (1..9999) %}{% for b in (1..9999) %}{% endfor %}{% endfor %}")
    }),
    ("loops", |_| {
        text(
            "{% for a in (1..9999) %}{% for b in (1..9999) %}{% assign y = b | times: 3 | append: 'x' | upcase %}{% if y == 'z' %}{{ y }}{% endif %}{% endfor %}{% endfor %}",
        )
    }),
    ("ranges_not_gone_over", |_| {
        text("{% for a in (1..9999) %}{% for b in (1..9999) limit: 1 %}{% endfor %}{% endfor %}")
    }),
    ("range", |_| text("{% for a in (1..1000000000) %}{% break %}{% endfor %}")),
    ("doubling", |_| {
        text(
            "{% assign x = 'aaaaaaaa' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}",
        )
    }),
    ("replace", |_| text(format!("{DOUBLED}{{{{ x | replace: 'a', x }}}}"))),
    ("join", |_| text(format!("{DOUBLED}{{{{ x | slice: 0, 9999 | split: '' | join: x }}}}"))),
    ("split", |_| text(format!("{DOUBLED}{{{{ x | split: '' | size }}}}"))),
    ("append_in_a_loop", |_| {
        text(format!(
            "{DOUBLED}{{% for i in (1..9999) %}}{{% assign y = x | append: 'b' %}}{{% endfor %}}"
        ))
    }),
    ("captures", |_| {
        text(format!(
            "{DOUBLED}{{% capture y %}}{{% for i in (1..9999) %}}{{{{ x }}}}{{% endfor %}}{{% endcapture %}}"
        ))
    }),
    ("captures_of_source", |bytes| {
        let words = fill("word ", bytes);
        text(format!(
            "{{% for i in (1..9999) %}}{{% for j in (1..100) %}}{{% capture y %}}{words}{{% endcapture %}}{{% endfor %}}{{% endfor %}}"
        ))
    }),
    ("changed", |_| {
        text(format!(
            "{DOUBLED}{{% ifchanged %}}{{% for i in (1..9999) %}}{{{{ x }}}}{{% endfor %}}{{% endifchanged %}}"
        ))
    }),
    ("variables", |bytes| {
        let names = (0..bytes / 24).map(|name| format!("{{% assign v{name} = x %}}"));
        text(format!("{DOUBLED}{}", names.collect::<String>()))
    }),
    ("heavy_list", |bytes| {
        text("{% assign x = profile.list %}{% for i in (1..13) %}{% assign x = x | concat: x %}{% endfor %}")
            .of(json!({ "list": ["a".repeat(bytes)] }))
    }),
    ("uniq", |_| {
        text(
            "{% capture n %}{% for i in (1..9999) %}{{ i }},{% endfor %}{% endcapture %}{{ n | split: ',' | uniq | size }}",
        )
    }),
    ("sort", |_| {
        text(
            "{% capture n %}{% for i in (1..9999) %}{{ i }},{% endfor %}{% endcapture %}{% for i in (1..999) %}{% assign s = n | split: ',' | sort %}{% endfor %}",
        )
    }),
    ("mixed_sort", |_| {
        let mixed = (0..2_000_u32).map(|i| {
            let number = i.wrapping_mul(2_654_435_761) >> 16;
            if i % 2 == 0 { json!(number) } else { json!(number.to_string()) }
        });
        text("{{ profile.list | sort | size }}").of(json!({ "list": mixed.collect::<Vec<_>>() }))
    }),
    ("dates", |bytes| text(format!("{{{{ 'now' | date: '{}' }}}}", fill("%c", bytes)))),
    ("dates_in_a_loop", |_| {
        text("{% for i in (1..9999) %}{% assign d = i | date: '%c' %}{% endfor %}")
    }),
    ("amounts", |_| {
        text(
            "{% for i in (1..9999) %}{% for j in (1..99) %}{% assign m = i | money: 'USD' %}{% endfor %}{% endfor %}",
        )
    }),
    ("sizes", |_| {
        let path = ".size".repeat(24);
        text(format!(
            "{}{{% if profile.nothing{path} %}}{{% endif %}}{}",
            "{% if true %}".repeat(24),
            "{% endif %}".repeat(24)
        ))
    }),
    ("lookups", |bytes| {
        text("{% assign x = profile.list %}{% for i in (1..9999) %}{% for j in (1..99) %}{% if x %}{% endif %}{% endfor %}{% endfor %}")
            .of(json!({ "list": vec!["abcdefghijklmnopqrstuvwxyz"; bytes / 30] }))
    }),
    ("bad_indexes", |bytes| {
        text("{% for i in (1..9999) %}{% for j in (1..99) %}{% assign y = 'a' | append: profile[profile.list] %}{% endfor %}{% endfor %}")
            .of(json!({ "list": vec!["abcdefghijklmnopqrstuvwxyz"; bytes / 30] }))
    }),
    ("contains", |bytes| {
        text("{% for i in (1..9999) %}{% for j in (1..99) %}{% if profile.x contains 'aaab' %}{% endif %}{% endfor %}{% endfor %}")
            .of(json!({ "x": "a".repeat(bytes) }))
    }),
    ("ampersands", |bytes| {
        html("<mj-text>{{ profile.x | escape_once }}</mj-text>")
            .of(json!({ "x": "&".repeat(bytes) }))
    }),
    ("markup", |bytes| {
        text("{{ profile.x | strip_html | size }}")
            .of(json!({ "x": fill("<script <style <!-- ", bytes) }))
    }),
    ("lists_in_loops", |_| {
        let list = "{% capture n %}{% for i in (1..9999) %}{{ i }},{% endfor %}{% endcapture %}{% assign x = n | split: ',' %}";
        let open = (0..45).map(|i| format!("{{% for v{i} in x limit: 1 %}}")).collect::<String>();
        text(list.to_owned() + &open + &"{% endfor %}".repeat(45))
    }),
    ("deep_names", |_| {
        let open = (0..48).map(|i| format!("{{% for v{i} in (1..1) %}}")).collect::<String>();
        let inside = "{% for i in (1..9999) %}{% if first_name == last_name and email == first_name %}{% endif %}{% endfor %}";
        text(open + &inside.repeat(40) + &"{% endfor %}".repeat(48))
    }),
    ("parents", |_| {
        let open = (0..40).map(|i| format!("{{% for v{i} in (1..2) %}}")).collect::<String>();
        text(open + &"{% endfor %}".repeat(40))
    }),
];

/// Cases whose cost is that of loading.
const LOADED: &[(&str, Make)] = &[
    ("deep_blocks", |bytes| text(nest("{% if cart %}", "{% endif %}", bytes))),
    ("deep_comments", |bytes| text(nest("{% comment %}", "{% endcomment %}", bytes))),
    ("blocks_in_a_comment", |bytes| {
        text(format!(
            "{{% comment %}}{}{{% endcomment %}}",
            nest("{% if cart %}", "{% endif %}", bytes)
        ))
    }),
    ("branches", |bytes| {
        text(format!("{{% if cart %}}{}{{% endif %}}", fill("{% elsif cart %}", bytes)))
    }),
    ("conditions", |bytes| {
        text(format!("{{% if cart {}%}}{{% endif %}}", fill("and cart ", bytes)))
    }),
    ("deep_indexes", |bytes| text(format!("{{{{ {} }}}}", nest("cart[", "]", bytes)))),
    ("filters", |bytes| text(format!("{{{{ cart {} }}}}", fill("| upcase ", bytes)))),
    ("blanks", |bytes| text(format!("a{}b", " ".repeat(bytes)))),
    ("lines", |bytes| text(format!("a{}b", "\n".repeat(bytes)))),
    ("values", |bytes| text(fill("{{cart}}", bytes))),
    ("values_in_html", |bytes| html(format!("<mj-text>{}</mj-text>", fill("{{cart}}", bytes)))),
    ("values_in_an_address", |bytes| {
        html(format!("<mj-text><a href=\"{}\">x</a></mj-text>", fill("{{cart}}", bytes)))
    }),
    ("branches_in_a_name", |bytes| {
        html(format!("<mj-raw>{}</mj-raw>", fill("{% if cart %}x{% endif %}", bytes)))
    }),
    ("open_comment", |bytes| text(format!("{{% comment %}}{}%}}", fill("{% ", bytes)))),
    ("open_values", |bytes| text(fill("{{ ", bytes))),
    ("open_tags", |bytes| text(fill("{% a ", bytes))),
    ("quotes_in_tags", |bytes| text(fill("{{ \"", bytes))),
    ("quotes_and_tags", |bytes| text(fill("\"{% a '", bytes))),
    ("angles", |bytes| html(format!("<mj-text>{}</mj-text>", fill("<", bytes)))),
    ("quotes", |bytes| html(format!("<mj-text>{}</mj-text>", fill("\"", bytes)))),
    ("attributes", |bytes| html(format!("<mj-raw><p {}></p></mj-raw>", fill("a=\"b\" ", bytes)))),
    ("classes", |bytes| html(format!("<mj-text mj-class=\"{}\">x</mj-text>", fill("a ", bytes)))),
    ("deep_elements", |bytes| html(format!("<mj-raw>{}</mj-raw>", nest("<b>", "</b>", bytes)))),
    ("elements", |bytes| html(fill("<mj-text>x</mj-text>", bytes))),
    ("spacers", |bytes| html(fill("<mj-spacer/>", bytes))),
    ("columns", |bytes| {
        let source = format!(
            "<mjml><mj-body><mj-section>{}</mj-section></mj-body></mjml>",
            fill("<mj-column/>", bytes)
        );
        Case { file: "email.mjml", source, profile: json!({}) }
    }),
    ("carousel", |bytes| {
        html(format!(
            "<mj-carousel>{}</mj-carousel>",
            fill("<mj-carousel-image src=\"a\"/>", bytes)
        ))
    }),
    ("include", |_| html("<mj-include path=\"/etc/passwd\"/>")),
    ("unknown_names", |bytes| text(fill("{{ nobody }}", bytes))),
    ("unknown_filters", |bytes| text(fill("{{cart}}", bytes) + "{{ cart | nofilter }}")),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let all = || RENDERED.iter().chain(LOADED);
    let Some(wanted) = arguments.next() else {
        return all().for_each(|(name, _)| println!("{name}"));
    };
    let bytes = arguments.next().and_then(|bytes| bytes.parse().ok()).unwrap_or(TEXT);
    let case = match all().find(|(name, _)| *name == wanted) {
        Some((_, make)) => make(bytes),
        None if wanted.starts_with('|') => filtered(&wanted, bytes / 4),
        None if wanted.starts_with('+') => text(fill(&wanted[1..], bytes)),
        None => return println!("there is no case {wanted}"),
    };
    let before = memory();
    let (outcome, loading, rendering) = tried(&case);
    let cut = outcome.char_indices().nth(110).map_or(outcome.len(), |(at, _)| at);
    println!(
        "{wanted} | {loading:.0} ms | {rendering:.0} ms | {} MiB | {}",
        memory().saturating_sub(before) / 1024,
        outcome[..cut].replace('\n', " ")
    );
}

/// A filter on a long text and on a long list.
fn filtered(filter: &str, bytes: usize) -> Case {
    let names = fill("ab &c<d>, \u{e9}", bytes);
    let list =
        (0..bytes / 128).map(|i| json!({ "a": i * 31 % 977, "b": format!("n{}", i * 17 % 991) }));
    let source = format!(
        "{{% for i in (1..9999) %}}{{% assign y = profile.x {filter} %}}{{% assign y = profile.list {filter} %}}{{% assign y = profile.words {filter} %}}{{% endfor %}}"
    );
    let words = names.split(' ').take(bytes / 128).collect::<Vec<_>>();
    text(source).of(json!({ "x": names, "list": list.collect::<Vec<_>>(), "words": words }))
}

/// What came of it; milliseconds of loading and of rendering.
fn tried(case: &Case) -> (String, f64, f64) {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("t");
    std::fs::create_dir(&folder).expect("a folder");
    let channel = if case.file == "email.mjml" { Channel::Email } else { Channel::Sms };
    let other =
        ["email.subject.liquid", "email.text.liquid"].iter().filter(|_| channel == Channel::Email);
    other.for_each(|file| std::fs::write(folder.join(file), "x").expect("a file"));
    std::fs::write(folder.join(case.file), &case.source).expect("a file");
    let began = Instant::now();
    let loaded = Templates::load(dir.path());
    let loading = began.elapsed().as_secs_f64() * 1e3;
    let templates = match loaded {
        Ok(templates) => templates,
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            let shown = first.split_once("/t/").map_or(first.as_str(), |(_, rest)| rest);
            return (format!("{} problems: {shown}", problems.len()), loading, 0.0);
        }
    };
    let began = Instant::now();
    let rendered = templates.render(
        &command(channel, case.profile.clone()),
        &brand(),
        &Links::to_unsubscribe("https://shop.example/u/x"),
    );
    let rendering = began.elapsed().as_secs_f64() * 1e3;
    (rendered.map_or_else(|error| error.to_string(), |_| "rendered".to_owned()), loading, rendering)
}

/// The most memory that this process has had, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

fn brand() -> Brand {
    Brand {
        name: "Shop".into(),
        sender_name: None,
        from: "hello@shop.example".into(),
        reply_to: None,
        store_url: "https://shop.example".into(),
        postal_address: None,
        currency: None,
    }
}

fn command(channel: Channel, profile: Value) -> Command {
    let to = if channel == Channel::Email { "ana@example.com" } else { "+15550100199" };
    Command {
        command_id: CommandId(1),
        run_id: RunId(1),
        journey: "journey".into(),
        version: "00000000".into(),
        step: "step".into(),
        customer: "ana".into(),
        channel,
        class: Class::Marketing,
        template: "t".into(),
        to: to.into(),
        data: json!({ "profile": profile, "cart": { "items": [], "total": 1 } }),
        variant: None,
        team: None,
        answers: Vec::new(),
        side: None,
        due_at: 0,
        decided_at: 0,
        not_after: 1,
    }
}
