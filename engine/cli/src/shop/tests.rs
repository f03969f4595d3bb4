//! What is taken, and what is left out. That each journey stands alone: `tests/cli/new.rs`.

use super::*;

fn shop(names: &[&str]) -> Shop {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Shop::of(&names).unwrap()
}

#[test]
fn all_of_them_are_what_ships() {
    let all = journeys();
    let shop = shop(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let text =
        |path: &str| shop.files.iter().find(|(of, _)| of == path).map(|(_, text)| text.clone());
    assert_eq!(text(SETTINGS), shipped::text(SETTINGS).ok(), "no group is thinned");
    let mut shipped: Vec<String> =
        shipped::paths().into_iter().filter(|path| path.starts_with("templates/")).collect();
    shipped.retain(|path| text(path).is_none());
    assert_eq!(shipped, Vec::<String>::new(), "templates that no journey sends");
}

#[test]
fn what_nobody_needs_is_left_out() {
    let shop = shop(&["welcome"]);
    let file = |path: &str| shop.files.iter().find(|(of, _)| of == path).unwrap().1.as_str();
    // The policy asks for these.
    for name in ["tickets", "returns", "last_seen"] {
        assert!(Section::FACTS.names(file(FACTS)).iter().any(|of| of == name), "{name}");
    }
    assert!(!file(FACTS).contains("net_value:") && !file(FACTS).contains("segments:"));
    assert!(!file(EVENTS).contains("subscription_renewed") && !file(SETTINGS).contains("groups:"));
    assert!(shop.files.iter().all(|(path, _)| !path.contains("win_back")));
    assert_eq!(
        shop.templates,
        shop.files.iter().filter(|(path, _)| path.ends_with(".mjml")).count()
    );
}

#[test]
fn pools_of_coupons_are_those_of_which_something_gives_codes() {
    let settings = |names: &[&str]| {
        let shop = shop(names);
        let file = shop.files.iter().find(|(path, _)| path == SETTINGS).unwrap();
        (shop.pools.join(" "), file.1.clone())
    };
    let (pools, text) = settings(&["survey", "cart_abandonment"]);
    assert_eq!(pools, "comeback10 survey10");
    assert!(text.contains("\n  coupons: [comeback10, survey10]\n"), "{text}");
    let (pools, text) = settings(&["order_updates"]);
    assert!(pools.is_empty() && !text.contains("coupons"), "{text}");
}

#[test]
fn a_journey_that_does_not_ship_is_told() {
    let fault = Shop::of(&["welcom".to_owned()]).err().unwrap();
    assert_eq!(
        (fault.message.as_str(), fault.help.as_deref()),
        ("no journey `welcom` ships", Some("did you mean `welcome`?"))
    );
}

#[test]
fn a_group_is_of_journeys_that_are_there() {
    let names = BTreeSet::from(["a", "c"]);
    let text = "policy:\n  groups:\n    - name: g\n      keys: { a: event.x.id, b: event.y.id }\n      order: [a, b, c]\n";
    assert_eq!(
        grouped(text, &names),
        "policy:\n  groups:\n    - name: g\n      keys: { a: event.x.id }\n      order: [a, c]\n"
    );
    let two = shop(&["cart_abandonment", "checkout_abandonment"]);
    assert!(two.files.iter().any(|(path, text)| path == SETTINGS && text.contains("groups:")));
}
