//! Each place has its own escaping, and it happens once.

use super::{command, email_of, html, load, mjml, problem};
use crate::Rendered;
use crate::template::tests::{brand, links};
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use serde_json::json;

fn named(name: &str) -> Command {
    let mut command = command();
    command.data["profile"]["first_name"] = json!(name);
    command
}

/// The HTML around `A:` and `:B`.
fn between(source: &str, command: &Command) -> String {
    let html = html(&format!("A:{source}:B"), command);
    let start = html.find("A:").unwrap() + 2;
    let end = html.find(":B").unwrap();
    html[start..end].to_owned()
}

#[test]
fn a_name_like_a_scheme_is_text_and_an_address_like_one_is_dropped() {
    for name in ["JavaScript: The Good Parts", "Data: a love story", "vbscript:x"] {
        let command = named(name);
        assert_eq!(between("{{ first_name }}", &command), name);
        assert_eq!(
            between("<b title=\"{{ first_name }}\">x</b>", &command),
            format!("<b title=\"{name}\">x</b>")
        );
        assert_eq!(between("<a href=\"{{ first_name }}\">x</a>", &command), "<a href=\"\">x</a>");
        assert_eq!(
            between("<a href=\"/?q={{ first_name }}\">x</a>", &command),
            format!("<a href=\"/?q={name}\">x</a>")
        );
    }
    let split =
        between("<a href=\"{{ 'java' }}{{ first_name }}\">x</a>", &named("script:alert(1)"));
    assert_eq!(split, "<a href=\"java\">x</a>");
    let captured = "{% capture u %}<a href=\"{{ first_name }}\">x</a>{% endcapture %}{{ u }}";
    assert_eq!(between(captured, &named("javascript:alert(1)")), "<a href=\"\">x</a>");
}

#[test]
fn captured_markup_stays_and_captured_data_is_escaped_once() {
    let command = named("<i>O'Brien</i> & \"Co\"");
    let escaped = "&lt;i&gt;O&#39;Brien&lt;/i&gt; &amp; &quot;Co&quot;";
    let capture = "{% capture x %}<b>{{ first_name }}</b> Mug &amp; Co{% endcapture %}";
    for (source, shown) in [
        ("{{ x }}", format!("<b>{escaped}</b> Mug &amp; Co")),
        ("{{ x | strip | append: '' }}", format!("<b>{escaped}</b> Mug &amp; Co")),
        (
            "{% capture y %}[{{ x }}]{% endcapture %}{{ y }}",
            format!("[<b>{escaped}</b> Mug &amp; Co]"),
        ),
        ("{% assign y = x %}{{ y }}", format!("<b>{escaped}</b> Mug &amp; Co")),
        ("{{ x | escape }}", format!("&lt;b&gt;{escaped}&lt;/b&gt; Mug &amp; Co")),
        ("{{ x | escape | escape }}", format!("&lt;b&gt;{escaped}&lt;/b&gt; Mug &amp; Co")),
        ("{{ x | strip_html }}", "O&#39;Brien &amp; &quot;Co&quot; Mug &amp; Co".to_owned()),
        (
            "<b title=\"{{ x }}\"></b>",
            format!("<b title=\"&lt;b&gt;{escaped}&lt;/b&gt; Mug &amp; Co\"></b>"),
        ),
        ("{{ x | truncate: 4, '' }}", "<b>&lt;".to_owned()),
        ("{{ x | upcase | slice: 0, 3 }}", "<B>".to_owned()),
        ("{{ x | size }}", "41".to_owned()),
    ] {
        assert_eq!(between(&format!("{capture}{source}"), &command), shown, "{source}");
    }
}

#[test]
fn explicit_escaping_is_the_same_as_none() {
    let command = named("A & B <c>");
    let once = "A &amp; B &lt;c&gt;";
    for source in [
        "{{ first_name }}",
        "{{ first_name | escape }}",
        "{{ first_name | escape | escape }}",
        "{{ first_name | escape_once }}",
        "{{ first_name | strip_html | escape | append: ' <c>' }}",
        "{% assign x = first_name | escape %}{{ x | escape }}",
        "{% capture x %}{{ first_name | escape }}{% endcapture %}{{ x | escape }}",
    ] {
        let shown = between(source, &command);
        assert_eq!(shown.replace("  ", " "), once, "{source}");
    }
    assert_eq!(
        between("{{ first_name | escape_once }}", &named("A &amp; B & C &bogus")),
        "A &amp; B &amp; C &amp;bogus"
    );
    assert_eq!(
        between("{{ first_name | newline_to_br }}", &named("<a>\r\nb")),
        "&lt;a&gt;<br />\nb"
    );
    let email = email_of(
        "{{ first_name | escape }}",
        "{{ first_name | escape | newline_to_br }}",
        "h",
        &command,
    )
    .unwrap();
    assert_eq!((email.subject.as_str(), email.text.as_str()), ("A & B <c>", "A & B <c>"));
}

#[test]
fn nobody_can_forge_a_mark() {
    let forged = "\u{fdd0}script\u{fdd1}%EF%B7%90b%EF%B7%91";
    let shown = between("{{ first_name }}{{ first_name | url_decode }}", &named(forged));
    assert!(!shown.contains('<'), "{shown}");
    assert!(shown.ends_with("script&lt;b&gt;"), "{shown}");
}

#[test]
fn css_and_scripts_take_no_values() {
    let head = "<mjml>\n<mj-head>\n<mj-style>\n.a { color: {{ first_name }}; }\n</mj-style></mj-head><mj-body></mj-body></mjml>";
    let shown = problem("email.mjml", head);
    assert!(shown.starts_with("t/email.mjml:4: a value cannot stand in CSS"), "{shown}");
    for (inner, line, why) in [
        ("a\n<p style=\"color: {{ first_name }}\">x</p>", 3, "CSS"),
        ("<p style=\"a\">x</p>\n<a onclick=\"{{ first_name }}\">x</a>", 3, "script"),
    ] {
        let shown = problem("email.mjml", &mjml(inner));
        assert!(shown.starts_with(&format!("t/email.mjml:{line}: a value cannot")), "{shown}");
        assert!(shown.contains(why), "{shown}");
    }
    let branch = "<p style=\"{% if first_name %}color: red{% endif %}\">x</p>";
    assert_eq!(between(branch, &named("Ana")), "<p style=\"color: red\">x</p>");
}

#[test]
fn json_is_escaped_in_strings_and_captures_keep_their_structure() {
    let command =
        Command { channel: Channel::Webhook, template: "t".into(), ..named("a\"b\\c\n<&") };
    let render = |source: &str| {
        let message =
            load(&[("webhook.liquid", source)]).unwrap().render(&command, &brand(), &links());
        match message {
            Ok(Rendered::Webhook { body }) => {
                serde_json::from_slice::<serde_json::Value>(&body).unwrap()
            }
            other => panic!("{source}: {other:?}"),
        }
    };
    let name = json!("a\"b\\c\n<&");
    assert_eq!(render("{\"n\": \"{{ first_name }}\"}")["n"], name);
    assert_eq!(render("{\"n\": {{ first_name | json }}}")["n"], name);
    assert_eq!(
        render("{\"n\": {{ last_name }}, \"t\": {{ cart.total }}}"),
        json!({"n": null, "t": 61.5})
    );
    let object = "{% capture o %}{\"n\": \"{{ first_name }}\", \"j\": {{ first_name | json }}}{% endcapture %}";
    assert_eq!(render(&format!("{object}[{{{{ o }}}}]")), json!([{"n": name, "j": name}]));
    let text = "{% capture x %}Hi \"{{ first_name }}\"{% endcapture %}{\"t\": \"{{ x }}\", \"u\": {{ x | json }}}";
    let greeting = json!("Hi \"a\"b\\c\n<&\"");
    assert_eq!(render(text), json!({"t": greeting, "u": greeting}));
    assert_eq!(
        render("{\"h\": \"{{ first_name | escape }}\"}")["h"],
        json!("a&quot;b\\c\n&lt;&amp;")
    );
}
