mod bounds;
mod dates;
mod escaping;
mod lenient;
mod money;
mod random;
mod shown;
mod spread;

use super::{MAX_OUTPUT, Part, RenderError, RenderFault, Templates};
use crate::testing::command;
use crate::{Brand, Email, Links, RejectReason, Rendered};
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::command::Command;
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

const URL: &str = "https://u.shop.example/u/token?a=1&b=2";

fn links() -> Links {
    let answers = vec![("price".to_owned(), "https://u.shop.example/a/token?a=1&b=2".to_owned())];
    Links { unsubscribe: URL.to_owned(), answers }
}

fn brand() -> Brand {
    Brand {
        name: "Mug & Co".into(),
        sender_name: None,
        from: "hello@shop.example".into(),
        reply_to: None,
        store_url: "https://shop.example/".into(),
        postal_address: Some("1 Main Street".into()),
        currency: Some("USD".into()),
    }
}

/// A folder with one template `t` of these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("t")).unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join("t").join(name), text).unwrap();
    }
    dir
}

fn load(files: &[(&str, &str)]) -> Result<Templates, Vec<String>> {
    let dir = folder(files);
    let strip = |text: String| text.replace(&format!("{}/", dir.path().display()), "");
    Templates::load(dir.path())
        .map_err(|problems| problems.iter().map(|problem| strip(problem.to_string())).collect())
}

fn problem(file: &str, text: &str) -> String {
    match load(&[(file, text)]) {
        Ok(_) => panic!("no problem with {text}"),
        Err(problems) => problems.join("\n"),
    }
}

fn mjml(inner: &str) -> String {
    format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>\n{inner}\n</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
}

fn email_of(
    subject: &str,
    text: &str,
    html: &str,
    command: &Command,
) -> Result<Email, RenderError> {
    let files = [
        ("email.subject.liquid", subject),
        ("email.text.liquid", text),
        ("email.mjml", &mjml(html)),
    ];
    let templates = load(&files).unwrap_or_else(|problems| panic!("{problems:?}"));
    let Rendered::Email(email) = templates.render(
        &Command { template: "t".into(), ..command.clone() },
        &brand(),
        &links(),
    )?
    else {
        panic!("an e-mail")
    };
    Ok(email)
}

fn html(inner: &str, command: &Command) -> String {
    email_of("s", "t", inner, command).unwrap().html
}

fn text(inner: &str, command: &Command) -> Result<String, RenderFault> {
    email_of("s", inner, "h", command).map(|email| email.text).map_err(|error| error.fault)
}

#[test]
fn html_is_escaped_and_text_is_not() {
    let mut command = command();
    command.data["profile"]["first_name"] = json!("<script>alert(\"1\")</script>'&");
    let source = "[{{ first_name }}|{{ first_name | upcase }}|{{ '%3Cb%3E' | url_decode }}|{{ brand_name }}]";
    let email = email_of("{{ first_name }}", source, source, &command).unwrap();
    let escaped = "[&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;|&lt;SCRIPT&gt;ALERT(&quot;1&quot;)&lt;/SCRIPT&gt;&#39;&amp;|&lt;b&gt;|Mug &amp; Co]";
    assert!(email.html.contains(escaped), "{}", email.html);
    assert_eq!(
        email.text,
        "[<script>alert(\"1\")</script>'&|<SCRIPT>ALERT(\"1\")</SCRIPT>'&|<b>|Mug & Co]"
    );
    assert_eq!(email.subject, "<script>alert(\"1\")</script>'&");
}

#[test]
fn links_survive_and_scripts_do_not() {
    let mut command = command();
    let link = "<a href=\"{{ unsubscribe_url }}\">u</a><a href=\"{{ product_url }}\">p</a>";
    command.data["product"] = json!({"url": " Java\tScript:alert(1)"});
    let html = html(link, &command);
    assert!(html.contains("href=\"https://u.shop.example/u/token?a=1&amp;b=2\""), "{html}");
    assert!(html.contains("href=\"\"") && !html.to_lowercase().contains("script:"), "{html}");
}

#[test]
fn liquid_survives_mjml() {
    let source = "{% for item in cart_items %}{% if item.quantity < 2 and cart.total > 60 %}<b>{{ item.product }}</b>{% else %}-{% endif %}{% endfor %}{% raw %}{{ raw }}{% endraw %}";
    assert!(html(source, &command()).contains("-<b>p2</b>{{ raw }}"));
}

#[test]
fn captures_and_comparisons_see_the_data_as_it_is() {
    let mut command = command();
    command.data["profile"]["first_name"] = json!("O'Brien");
    assert!(html("{% if first_name == \"O'Brien\" %}yes{% endif %}", &command).contains("yes"));
}

#[test]
fn a_subject_is_one_line() {
    let mut command = command();
    command.data["profile"]["first_name"] = json!("Ana\r\nBcc: eve@example.com\u{0}\u{2028}x");
    let email = email_of("Hi {{ first_name }}\n", "t", "h", &command).unwrap();
    assert_eq!(email.subject, "Hi Ana Bcc: eve@example.com x");
    let empty = email_of("{% if cart.none %}x{% endif %}\n", "t", "h", &command).unwrap_err();
    assert_eq!(
        empty,
        RenderError {
            template: "t".into(),
            part: Some(Part::Subject),
            line: None,
            fault: RenderFault::Empty
        }
    );
}

#[test]
fn the_variables_are_there() {
    let mut command = command();
    command.data["order"] = json!({"id": 17, "total": 5});
    command.data["product"] =
        json!({"title": "Mug", "price": 9.9, "image": "https://i.example/1.png"});
    for (source, shown) in [
        ("{{ first_name }} {{ last_name }} {{ email }}", "Ana  ana@example.com"),
        (
            "{{ brand_name }} {{ sender_name }} {{ store_url }} {{ postal_address }}",
            "Mug & Co Mug & Co https://shop.example 1 Main Street",
        ),
        (
            "{{ cart_total }} {{ cart.total }} {{ cart_url }} {{ cart_items.size }}",
            "61.50 61.5 https://shop.example/cart 2",
        ),
        (
            "{{ order_number }} {{ order_total }} {{ product_name }} {{ product_price }} {{ product_image }}",
            "17 5.00 Mug 9.90 https://i.example/1.png",
        ),
        (
            "{{ unsubscribe_url }} {{ checkout_url }} {{ journey }}",
            &format!("{URL} https://shop.example/checkout cart abandonment"),
        ),
    ] {
        assert_eq!(text(source, &command).as_deref(), Ok(shown), "{source}");
    }
}

#[test]
fn errors_name_template_part_and_line_and_never_the_data() {
    let mut command = command();
    command.data["profile"]["points"] = json!(1_000_000);
    let source = "Hi\n\n{{ first_name }}{% for n in (1..profile.points) %}.{% endfor %}";
    let error = email_of("s", source, "h", &command).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template `t`, email.text.liquid:3: a range is longer than 10000 numbers"
    );
    let in_mjml = email_of("s", "t", "a\n{{ cart[cart.items] }}", &command).unwrap_err();
    assert_eq!((in_mjml.part, in_mjml.line), (Some(Part::Html), Some(3)), "{in_mjml}");
    let rendered = Rendered::Email(email_of("s", "{{ first_name }}", "h", &command).unwrap());
    assert_eq!(format!("{rendered:?}"), "Rendered(email)");
}

#[test]
fn the_address_is_in_its_one_form_or_refused_with_a_reason() {
    let to = |to: &str| email_of("s", "t", "h", &Command { to: to.into(), ..command() });
    assert_eq!(to(" info@B\u{fc}cher.example ").unwrap().to, "info@xn--bcher-kva.example");
    assert_eq!(to("m\u{fc}ller@example.test").unwrap().to, "m\u{fc}ller@example.test");
    let error = to("Ana <ana@example.com>").unwrap_err();
    assert_eq!(error.reason(), RejectReason::BadAddress);
    assert_eq!(
        error.to_string(),
        "template `t`: the recipient's address cannot be used: it has a name beside the address"
    );
    let sms = load(&[("sms.liquid", "Hi")]).unwrap();
    let command = Command {
        template: "t".into(),
        channel: Channel::Sms,
        to: "+1 (555) 010-0199".into(),
        ..command()
    };
    let Rendered::Sms { to, .. } = sms.render(&command, &brand(), &links()).unwrap() else {
        panic!("a text message")
    };
    assert_eq!(to, "+15550100199");
}

#[test]
fn output_has_a_limit() {
    let mut command = command();
    command.data["profile"]["first_name"] = json!("x".repeat(MAX_OUTPUT / 2));
    assert_eq!(
        text("{{ first_name }}{{ first_name }}", &command).map(|text| text.len()),
        Ok(MAX_OUTPUT)
    );
    assert_eq!(text("{{ first_name }}{{ first_name }}x", &command), Err(RenderFault::TooLarge));
}

#[test]
fn problems_name_file_and_line() {
    for (file, source, expected) in [
        ("sms.liquid", "a\n{{ frist_name }}", "t/sms.liquid:2: unknown variable `frist_name`"),
        ("sms.liquid", "a\n\n{% if cart %}", "t/sms.liquid:"),
        ("sms.liquid", "a\n{% include 'x' %}", "t/sms.liquid:2: templates cannot include others"),
        ("sms.liquid", "{% render 'x' %}", "templates cannot include others"),
        ("sms.liquid", "a\n{{ first_name | nofilter }}", "t/sms.liquid:2: "),
        ("sms.liquid", "{{ first_name", "t/sms.liquid:1: "),
        ("email.mjml", "<mjml>\n<mj-body>\n{% if cart %}\n</mj-body></mjml>", "t/email.mjml:"),
        ("email.mjml", "<mjml><mj-body></mjml>", "t/email.mjml"),
        (
            "email.html",
            "x",
            "t/email.html: is not a part of a template; the parts are email.mjml, ",
        ),
    ] {
        let shown = problem(file, source);
        assert!(shown.contains(expected), "{source}: {shown}");
    }
    let both = load(&[("sms.liquid", "{{ a }}"), ("push.liquid", "{{ b }}")]).err().unwrap();
    assert_eq!(both.len(), 2, "all problems at once: {both:?}");
}

#[test]
fn a_tag_that_mjml_drops_is_a_problem() {
    let dropped = "<mjml>\n<mj-head>\n<mj-attributes><mj-all color=\"{{ brand_name }}\" /></mj-attributes></mj-head><mj-body></mj-body></mjml>";
    assert!(
        problem("email.mjml", dropped).starts_with("t/email.mjml:3: MJML drops `{{ brand_name }}`"),
        "{}",
        problem("email.mjml", dropped)
    );
}

#[test]
fn webhooks_are_json() {
    let mut command = Command { channel: Channel::Webhook, template: "t".into(), ..command() };
    command.data["profile"]["first_name"] = json!("a\"b\\c\n</x>");
    let render = |source: &str| {
        load(&[("webhook.liquid", source)]).unwrap().render(&command, &brand(), &links())
    };
    let Rendered::Webhook { body } = render("{\"name\": \"{{ first_name }}\", \"total\": {{ cart.total }}, \"none\": {{ last_name | json }}, \"items\": {{ cart.items | json }}}").unwrap() else {
        panic!("a webhook")
    };
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&body["name"], &body["total"], &body["none"]),
        (&json!("a\"b\\c\n</x>"), &json!(61.5), &json!(null))
    );
    assert_eq!(body["items"][1]["product"], "p2");
    assert_eq!(render("{\"name\": {{ first_name }}}").unwrap_err().fault, RenderFault::NotJson);
}

#[test]
fn what_journeys_need_is_checked() {
    let templates =
        load(&[("email.mjml", &mjml("x")), ("email.subject.liquid", "x"), ("sms.liquid", "x")])
            .unwrap();
    assert_eq!(templates.channels("t"), [Channel::Sms]);
    assert_eq!(templates.check([("t", Channel::Sms)]), []);
    let problems: Vec<_> = templates
        .check([("t", Channel::Email), ("u", Channel::Sms), ("t", Channel::Whatsapp)])
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        problems[0].ends_with("t/email.text.liquid: is missing, but a journey sends `t` by email"),
        "{problems:?}"
    );
    assert!(
        problems[1].ends_with("u: there is no template `u`") && problems.len() == 3,
        "{problems:?}"
    );
}

#[test]
fn only_marketing_can_be_unsubscribed_from() {
    let transactional = Command { class: Class::Transactional, ..command() };
    assert_eq!(email_of("s", "t", "h", &transactional).unwrap().unsubscribe_url, None);
    assert_eq!(email_of("s", "t", "h", &command()).unwrap().unsubscribe_url.as_deref(), Some(URL));
}

#[test]
fn every_shipped_template_renders() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/templates");
    let templates = Templates::load(&dir).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>())
    });
    let bare = Command { data: json!({"profile": {}}), ..command() };
    let mut rendered = 0;
    for name in templates.names() {
        for channel in templates.channels(name) {
            for sample in [&command(), &bare] {
                let to = if channel == Channel::Sms { "+15550100199" } else { "ana@example.com" };
                let sample =
                    Command { template: name.into(), channel, to: to.into(), ..sample.clone() };
                let message = templates
                    .render(&sample, &brand(), &links())
                    .unwrap_or_else(|error| panic!("{error}"));
                rendered += 1;
                let Rendered::Email(email) = message else { continue };
                // Whether it is marketing the journeys say: that such have the link, `cartwheel check` asks.
                assert_eq!(
                    email.html.contains(&URL.replace('&', "&amp;")),
                    email.text.contains(URL),
                    "{name} has an unsubscribe link in one part alone"
                );
                for part in [&email.html, &email.text, &email.subject] {
                    assert!(
                        !part.contains("{{") && !part.contains("{%") && !part.contains("cwliquid"),
                        "{name}: {part}"
                    );
                }
            }
        }
    }
    let all = templates.names().flat_map(|name| templates.channels(name)).count();
    assert_eq!(rendered, 2 * all, "with and without data");
}

#[test]
fn the_cart_reminder_shows_the_cart() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/templates");
    let Rendered::Email(email) =
        Templates::load(&dir).unwrap().render(&command(), &brand(), &links()).unwrap()
    else {
        panic!("an e-mail")
    };
    for shown in [
        "Blue &lt;b&gt;mug&lt;/b&gt; &amp; saucer",
        "href=\"https://shop.example/p2?a=1&amp;b=2\"",
        "61.50 USD",
        ">20.50<",
        "Quantity 2",
        "Mug &amp; Co",
    ] {
        assert!(email.html.contains(shown), "{shown} in\n{}", email.html);
    }
    assert!(
        email.text.contains("- Blue <b>mug</b> & saucer x 2\n- p2\n")
            && email.text.contains("Total: 61.50 USD"),
        "{}",
        email.text
    );
}
