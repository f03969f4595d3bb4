//! What a template may show.

use super::filters::amount;
use super::marks::without;
use super::reader::Reader;
use crate::message::{Brand, Links};
use cartwheel_core::command::{COUPON, Command};
use cartwheel_core::event::Subject;
use cartwheel_core::event::vocabulary::{EMAIL, FIRST_NAME, LAST_NAME};
use cartwheel_core::journey::shown::{BROWSED, Subjects};
use liquid_core::model::{Object, Value};

/// The variable that holds a link for each answer of the message, by its name.
pub const ANSWERS: &str = "answers";

/// The variables at the top level. The others of a command's `data` stand under its subjects.
pub const VARIABLES: [&str; 29] = [
    FIRST_NAME,
    LAST_NAME,
    EMAIL,
    "brand_name",
    "sender_name",
    "store_url",
    "postal_address",
    "unsubscribe_url",
    ANSWERS,
    COUPON,
    Subject::Profile.name(),
    Subject::Cart.name(),
    "cart_items",
    "cart_url",
    "cart_total",
    Subject::Order.name(),
    "order_number",
    "order_total",
    Subject::Checkout.name(),
    "checkout_url",
    Subject::Product.name(),
    "product_name",
    "product_url",
    "product_image",
    "product_price",
    BROWSED,
    "journey",
    "step",
    "variant",
];

type Json = serde_json::Value;

/// The document from which a variable is taken (`cart`, `cart_total`); none where it comes from elsewhere.
fn document_of(variable: &str) -> Option<Subject> {
    let of = |subject: &Subject| {
        let rest = variable.strip_prefix(subject.name());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    Subject::KEPT.into_iter().find(of)
}

/// What these variables are made of.
pub(super) fn read_by<'v>(variables: impl Iterator<Item = &'v str>) -> Subjects {
    variables.fold(Subjects::of([]), |read, variable| match variable {
        BROWSED => read.with_browsed(),
        _ => read.and(Subjects::of(document_of(variable))),
    })
}

/// The variables of a command; every name of [`VARIABLES`] is there, nil if the data says nothing.
///
/// Prices and totals at the top level are texts as `amount` writes them (`cart_total`: `1,234.50`); the numbers stand in `cart.total` and so on.
pub(super) fn globals(command: &Command, brand: &Brand, links: &Links, reader: &Reader) -> Object {
    let data = &command.data;
    let text = |value: &str| Value::scalar(without(value));
    let option = |value: Option<&str>| value.map_or(Value::Nil, text);
    let store = brand.store_url.trim_end_matches('/');
    let at = |subject: Subject, fields: &[&str]| {
        fields
            .iter()
            .find_map(|field| data.get(subject.name())?.get(field).filter(|value| !value.is_null()))
    };
    let field = |subject: Subject, fields: &[&str]| at(subject, fields).map_or(Value::Nil, value);
    let money = |subject: Subject, name: &str| {
        let currency = at(subject, &["currency"]).and_then(Json::as_str).or(reader.currency());
        let shown = at(subject, &[name]).and_then(|json| amount(&value(json), currency, reader));
        shown.map_or(Value::Nil, Value::scalar)
    };
    let link = |subject: Subject, path: &str| {
        at(subject, &["url"]).map_or_else(|| text(&format!("{store}{path}")), value)
    };
    let none = || Value::Array(Vec::new());
    let items = at(Subject::Cart, &["items"]).map_or_else(none, value);
    let mut globals: Object = [
        (FIRST_NAME, field(Subject::Profile, &[FIRST_NAME])),
        (LAST_NAME, field(Subject::Profile, &[LAST_NAME])),
        (EMAIL, field(Subject::Profile, &[EMAIL])),
        ("brand_name", text(&brand.name)),
        ("sender_name", text(brand.sender_name())),
        ("store_url", text(store)),
        ("postal_address", option(brand.postal_address.as_deref())),
        ("unsubscribe_url", text(&links.unsubscribe)),
        ("cart_items", items),
        ("cart_url", link(Subject::Cart, "/cart")),
        ("cart_total", money(Subject::Cart, "total")),
        ("order_number", field(Subject::Order, &["number", "id"])),
        ("order_total", money(Subject::Order, "total")),
        ("checkout_url", link(Subject::Checkout, "/checkout")),
        ("product_name", field(Subject::Product, &["name", "title", "id"])),
        ("product_url", field(Subject::Product, &["url"])),
        ("product_image", field(Subject::Product, &["image", "image_url"])),
        ("product_price", money(Subject::Product, "price")),
        (BROWSED, data.get(BROWSED).filter(|it| it.is_array()).map_or_else(none, value)),
        ("journey", text(&command.journey)),
        ("step", text(&command.step)),
        ("variant", option(command.variant.as_deref())),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), value))
    .collect();
    let answers = links.answers.iter().map(|(name, url)| (name.clone().into(), text(url)));
    globals.insert(ANSWERS.into(), Value::Object(answers.collect()));
    let code = data.get(COUPON).and_then(Json::as_str);
    globals.insert(COUPON.into(), option(code));
    // A profile always exists, be it empty; the other subjects only if an event brought them.
    globals.insert(
        Subject::Profile.name().into(),
        data.get(Subject::Profile.name())
            .filter(|profile| profile.is_object())
            .map_or_else(|| Value::Object(Object::new()), value),
    );
    for subject in Subject::KEPT.map(Subject::name) {
        globals.insert(subject.into(), data.get(subject).map_or(Value::Nil, value));
    }
    globals
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::scalar(*flag),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::scalar(number.as_f64().unwrap_or_default()), Value::scalar),
        Json::String(text) => Value::scalar(without(text)),
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(fields) => Value::Object(
            fields.iter().map(|(name, field)| (name.clone().into(), value(field))).collect(),
        ),
    }
}
