//! What a template is said to read is all that it needs.

use super::{brand, folder, links};
use crate::template::{Templates, VARIABLES};
use crate::testing::command;
use crate::{Brand, Rendered};
use cartwheel_core::channel::Channel;
use cartwheel_core::command::Command;
use cartwheel_core::event::Subject;
use cartwheel_core::journey::shown::BROWSED;
use serde_json::{Value, json};

/// All that a command may carry.
fn everything() -> Value {
    json!({
        "profile": { "first_name": "Ana", "email": "ana@example.test" },
        "cart": { "id": "c", "name": "A", "url": "https://shop.example/c", "total": 12.5, "currency": "EUR", "items": [{ "name": "Mug" }] },
        "order": { "id": "o", "name": "B", "number": "17", "total": 99, "currency": "JPY" },
        "checkout": { "id": "h", "name": "C", "url": "https://shop.example/h", "total": 3 },
        "product": { "id": "p", "name": "D", "url": "https://shop.example/p", "image": "https://shop.example/i", "price": 7, "currency": "GBP" },
        "browsed_products": [{ "id": "q", "name": "E", "price": 9 }, { "id": "p", "name": "D" }]
    })
}

fn rendered(templates: &Templates, data: Value) -> String {
    let command = Command {
        template: "t".into(),
        channel: Channel::Sms,
        to: "+15550100199".into(),
        data,
        ..command()
    };
    let brand = Brand { currency: None, ..brand() };
    match templates.render(&command, &brand, &links()) {
        Ok(Rendered::Sms { text, .. }) => text,
        other => format!("{other:?}"),
    }
}

/// The names of the documents that the source is said to read; it is rendered with those alone as with all.
fn read(source: &str) -> Vec<&'static str> {
    let dir = folder(&[("sms.liquid", source)]);
    let templates =
        Templates::load(dir.path()).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    let subjects = templates.shown().subjects("t");
    let mut less = everything();
    for subject in Subject::KEPT.into_iter().filter(|subject| !subjects.has(*subject)) {
        less.as_object_mut().unwrap().remove(subject.name());
    }
    if !subjects.has_browsed() {
        less.as_object_mut().unwrap().remove(BROWSED);
    }
    assert_eq!(rendered(&templates, less), rendered(&templates, everything()), "{source}");
    let read = Subject::KEPT.into_iter().filter(|subject| subjects.has(*subject));
    read.map(Subject::name).chain(subjects.has_browsed().then_some(BROWSED)).collect()
}

#[test]
fn every_variable_comes_from_what_it_is_said_to_come_from() {
    for variable in VARIABLES {
        let source = format!(
            "x{{{{ {variable} }}}}{{{{ {variable}.name }}}}{{{{ {variable} | size }}}}{{% if {variable} %}}y{{% endif %}}"
        );
        let expected = Subject::KEPT.into_iter().map(Subject::name).chain([BROWSED]);
        let expected: Vec<_> = expected.filter(|name| variable.starts_with(name)).collect();
        assert_eq!(read(&source), expected, "{variable}");
    }
}

#[test]
fn documents_are_found_wherever_they_are_read() {
    for (source, expected) in [
        ("x", &[][..]),
        ("cart order {{ 'product' }}{% comment %}{{ checkout.id }}{% endcomment %}", &[]),
        ("{{ profile.cart }}x{{ brand_name | append: order.number }}", &["order"]),
        ("{% assign cart = product %}{{ cart.name }}", &["cart", "product"]),
        (
            "{% for item in cart_items %}{{ item.name }}{{ order_total }}{% endfor %}",
            &["cart", "order"],
        ),
        ("{% capture a %}{{ checkout_url }}{% endcapture %}{{ a }}", &["checkout"]),
        ("{{ first_name | default: product['name'] }}", &["product"]),
        (
            "{% case order.id %}{% when product.id %}a{% else %}b{% endcase %}",
            &["order", "product"],
        ),
        ("{{ 3 | money: cart.currency }}", &["cart"]),
        ("x{% unless checkout %}y{% endunless %}", &["checkout"]),
        ("{% for it in browsed_products limit: 3 %}{{ it.name }}{% endfor %}", &[BROWSED]),
        ("{{ browsed_products.first.price }}{{ product_name }}", &["product", BROWSED]),
    ] {
        assert_eq!(read(source), expected, "{source}");
    }
}
