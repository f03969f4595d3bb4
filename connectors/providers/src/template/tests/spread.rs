//! What would fail at a send is found before.

use super::{folder, mjml};
use crate::template::Templates;
use std::path::Path;

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let dir = folder(files);
    let templates = Templates::load(dir.path()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let strip = |text: String| text.replace(&format!("{}/", dir.path().display()), "");
    templates.check_spread().iter().map(|problem| strip(problem.to_string())).collect()
}

#[test]
fn the_shipped_templates_hold_for_every_customer() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/templates");
    let templates = Templates::load(&dir).unwrap();
    let problems = templates.check_spread();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_subject_that_can_be_empty_is_found() {
    let email = |subject| {
        problems(&[
            ("email.mjml", &mjml("x")),
            ("email.text.liquid", "x"),
            ("email.subject.liquid", subject),
        ])
    };
    assert_eq!(
        email("{% comment %}{% endcomment %}\n{{ first_name }}"),
        [
            "t/email.subject.liquid:2: would fail for a customer of whom nothing is known: the output is empty",
            "t/email.subject.liquid:2: would fail for a customer whose profile.first_name is absent: the output is empty",
        ]
    );
    assert_eq!(email("{{ first_name | default: 'you' }}"), Vec::<String>::new());
    let found = email("{{ product.name | default: product.title }}");
    assert!(found[0].contains("of whom nothing is known"), "{found:?}");
}

#[test]
fn json_that_breaks_and_ranges_that_run_away_are_found() {
    let found = problems(&[("webhook.liquid", "{\n\"total\": {{ cart.total }}\n}")]);
    assert_eq!(
        found,
        [
            "t/webhook.liquid:2: would fail for a customer whose cart.total is a text: the output is not JSON"
        ]
    );
    let found =
        problems(&[("sms.liquid", "a\n{% for n in (1..profile.points) %}{{ n }}{% endfor %}")]);
    assert_eq!(
        found,
        [
            "t/sms.liquid:2: would fail for a customer whose profile.points is a large number: a range is longer than 10000 numbers"
        ]
    );
    let found = problems(&[("sms.liquid", "{{ cart[profile.key] }}x")]);
    assert!(found[0].contains("profile.key is an empty list"), "{found:?}");
    let good = "{\"total\": {{ cart.total | json }}, \"n\": \"{{ first_name }}\"}";
    assert_eq!(problems(&[("webhook.liquid", good)]), Vec::<String>::new());
}

/// The longest list that a command holds is a customer's, too: what makes no more of it than it is may be done to it, and be kept.
#[test]
fn every_filter_of_lists_takes_the_longest_list_of_a_customer() {
    for filter in [
        "reverse",
        "sort",
        "sort: 'price'",
        "sort_natural: 'name'",
        "uniq",
        "compact",
        "compact: 'price'",
        "where: 'name'",
        "where: 'name', 'Mug'",
        "map: 'name'",
        "slice: 0, 9999",
        "concat: order.items",
        "sort: 'price' | reverse",
    ] {
        let source = format!(
            "{{% assign sorted = cart.items | {filter} %}}{{% for item in sorted limit: 3 %}}{{{{ item.name }}}}{{% endfor %}}{{{{ sorted | size }}}}"
        );
        assert_eq!(problems(&[("sms.liquid", &source)]), Vec::<String>::new(), "{filter}");
    }
    for source in [
        "{% assign all = cart_items %}{{ all | size }}",
        "{{ cart_items | sort: 'price' | first | map: 'name' }}x",
        "{{ cart_items | map: 'price' | sort | last }}x",
    ] {
        assert_eq!(problems(&[("sms.liquid", source)]), Vec::<String>::new(), "{source}");
    }
}

/// Sorted in each part of a mail that has them.
#[test]
fn a_mail_may_sort_in_each_of_its_parts() {
    let sorted = "{% assign all = cart_items | sort: 'price' | reverse %}{% for item in all limit: 5 %}{{ item.name }} {% endfor %}";
    let found = problems(&[
        ("email.mjml", &mjml(sorted)),
        ("email.text.liquid", sorted),
        ("email.subject.liquid", "s"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}
