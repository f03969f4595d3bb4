//! Amounts by currency and language.

use super::{brand, command, text};
use crate::template::tests::{links, load};
use crate::{Brand, Rendered};
use cartwheel_core::command::Command;
use serde_json::{Value, json};

fn shows(locale: Option<&str>, amount: Value, filter: &str) -> String {
    let mut command = command();
    command.data["profile"]["locale"] = json!(locale);
    command.data["profile"]["amount"] = amount;
    text(&format!("{{{{ profile.amount | {filter} }}}}"), &command).unwrap()
}

#[test]
fn digits_come_from_the_currency_and_separators_from_the_language() {
    for (locale, amount, filter, shown) in [
        (None, json!(80), "money: 'USD'", "80.00 USD"),
        (None, json!(15000), "money: 'JPY'", "15,000 JPY"),
        (None, json!(12.345), "money: 'KWD'", "12.345 KWD"),
        (None, json!("20.50"), "money: 'usd'", "20.50 USD"),
        (None, json!(1234567.891), "money: 'USD'", "1,234,567.89 USD"),
        (None, json!(-3.5), "money: 'EUR'", "-3.50 EUR"),
        (None, json!(0.005), "amount: 'USD'", "0.01"),
        (None, json!(1.005), "amount: 'USD'", "1.01"),
        (None, json!(8.345), "amount: 'USD'", "8.35"),
        (None, json!(1.5), "amount: 'JPY'", "2"),
        (None, json!(1.23456), "amount: 'CLF'", "1.2346"),
        (None, json!(0), "money: 'USD'", "0.00 USD"),
        (Some("de-DE"), json!(1234.5), "money: 'EUR'", "1.234,50 EUR"),
        (Some("de_DE.UTF-8"), json!(1234.5), "money: 'EUR'", "1.234,50 EUR"),
        (Some("fr"), json!(1234.5), "money: 'EUR'", "1\u{202f}234,50 EUR"),
        (Some("de-CH"), json!(1234.5), "money: 'CHF'", "1'234.50 CHF"),
        (Some("en-IN"), json!(1234567), "money: 'INR'", "12,34,567.00 INR"),
        (Some("ar-EG"), json!(12.5), "amount: 'EGP'", "\u{661}\u{662}\u{66b}\u{665}\u{660}"),
        (Some("xx-nonsense-"), json!(1234.5), "money: 'EUR'", "1,234.50 EUR"),
        (Some("tlh"), json!(1234.5), "money: 'EUR'", "1,234.50 EUR"),
    ] {
        assert_eq!(shows(locale, amount.clone(), filter), shown, "{locale:?} {amount} {filter}");
    }
}

#[test]
fn what_is_not_known_is_not_made_up() {
    for (amount, filter, shown) in [
        (json!(61.5), "money: 'BTC'", "61.5 BTC"),
        (json!(61.55555), "money: 'XAU'", "61.55555 XAU"),
        (json!(null), "money: 'USD'", ""),
        (json!("$20.50"), "money: 'USD'", ""),
        (json!(true), "money: 'USD'", ""),
        (json!([1]), "money: 'USD'", ""),
        (json!("abc"), "amount", ""),
        // The brand's currency where the shop sends none.
        (json!(61.5), "money: profile.nowhere", "61.50 USD"),
        (json!(61.5), "amount", "61.50"),
    ] {
        assert_eq!(shows(None, amount.clone(), filter), shown, "{amount} {filter}");
    }
}

#[test]
fn totals_at_the_top_level_are_written_alike() {
    let show = |brand: &Brand, data: Value| {
        let templates =
            load(&[("sms.liquid", "{{ cart_total }}|{{ product_price }}|{{ order_total }}")]);
        let command = Command {
            template: "t".into(),
            channel: cartwheel_core::channel::Channel::Sms,
            to: "+15550100199".into(),
            data,
            ..command()
        };
        match templates.unwrap().render(&command, brand, &links()).unwrap() {
            Rendered::Sms { text, .. } => text,
            other => panic!("{other:?}"),
        }
    };
    let data = json!({"cart": {"total": 15000, "currency": "JPY"}, "product": {"price": 9.9}, "order": {"total": "x"}});
    assert_eq!(show(&brand(), data.clone()), "15,000|9.90|");
    assert_eq!(show(&Brand { currency: None, ..brand() }, data), "15,000|9.9|");
}
