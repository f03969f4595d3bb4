//! `cartwheel render` and `cartwheel graph`.

use super::{cartwheel, changed, copy, expect, place, shipped};
use serde_json::Value;

#[test]
fn a_message_is_shown_as_delivery_would_write_it() {
    let shown = cartwheel(&shipped(), &["render", "cart_reminder"], &[]);
    expect(
        &shown,
        0,
        &[
            "--- subject\nYou left something in your cart",
            "Hi Ana,",
            "Blue lamp x 2",
            "Total: 95.50 USD",
        ],
    );
    let html = cartwheel(&shipped(), &["render", "cart_reminder", "--part", "html"], &[]);
    expect(&html, 0, &["<!doctype html>", "https://example.com/unsubscribe"]);
    let sms = cartwheel(&shipped(), &["render", "cart_reminder", "--channel", "sms"], &[]);
    expect(&sms, 0, &["--- text\nCartwheel Bikes: we saved your cart"]);
    let json = cartwheel(&shipped(), &["render", "order_shipped", "--output", "json"], &[]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (json["class"].as_str(), json["journey"].as_str(), json["to"].as_str()),
        (Some("transactional"), Some("order_updates"), Some("ana@example.test"))
    );
}

#[test]
fn every_template_that_ships_reads_what_the_made_up_customer_has() {
    let entries = std::fs::read_dir(shipped().join("templates")).unwrap();
    for entry in entries {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let output = cartwheel(&shipped(), &["render", &name, "--output", "json"], &[]);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (json["ok"].as_bool(), &json["warnings"]),
            (Some(true), &Value::from(Vec::<Value>::new())),
            "{name}: {json}"
        );
    }
}

#[test]
fn somebody_else_is_somebody_else() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bea.yaml");
    let render = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        let args =
            [&["render", "cart_reminder", "--customer", file.to_str().unwrap()], more].concat();
        cartwheel(&shipped(), &args, &[])
    };
    let bea = "profile: { email: bea@example.test, first_name: Bea }\n";
    expect(
        &render(bea, &[]),
        0,
        &["Hi Bea,", "nothing in ", "is called `name`", "write it into the file"],
    );
    expect(
        &render(bea, &["--channel", "sms"]),
        65,
        &["by sms nobody is reached without `profile.phone`", "bea.yaml:1:1"],
    );
    expect(&render("{\"profile\": {\"email\": \"bea@example.test\"}}", &[]), 0, &["Hi there,"]);
    expect(
        &render("profil: {}\n", &[]),
        65,
        &["unknown key `profil`", "did you mean `profile`?", "bea.yaml:1:1"],
    );
    expect(&render("profile: 1\n", &[]), 65, &["`profile` is not an object"]);
    expect(&render("a: [\n", &[]), 65, &["no YAML or JSON", "bea.yaml:"]);
    expect(
        &render(bea, &["--part", "body"]),
        65,
        &["the message has no body", "it has subject, text, html"],
    );
    expect(
        &render(bea, &["--channel", "push"]),
        65,
        &["cannot be sent by push", "it has the parts for email, sms"],
    );
    let unknown = cartwheel(&shipped(), &["render", "cart_remindr"], &[]);
    expect(&unknown, 65, &["there is no template `cart_remindr`", "did you mean `cart_reminder`?"]);
}

#[test]
fn a_slip_in_a_template_is_told_with_file_line_and_the_nearest_name() {
    let file = "templates/cart_reminder/email.text.liquid";
    let dir = changed(file, "{{ first_name", "{{ frist_name");
    let line = place(&dir, file, "Hi {{ frist_name");
    let render = |template: &str| cartwheel(dir.path(), &["render", template], &[]);
    expect(
        &render("cart_reminder"),
        65,
        &["unknown variable `frist_name`", &line, "did you mean `first_name`?"],
    );
    expect(&render("cart_reviews"), 0, &["--- subject"]);
    let dir = changed(file, "{{ cart.total | money: cart.currency }}", "{{ cart.totl }}");
    expect(
        &cartwheel(dir.path(), &["render", "cart_reminder"], &[]),
        0,
        &["is called `totl`", "email.text.liquid:", "did you mean `total`?"],
    );
    let dir = changed(file, "{{ unsubscribe_url }}", "no way out");
    expect(
        &cartwheel(dir.path(), &["render", "cart_reminder"], &[]),
        0,
        &["is marketing, and its email.text.liquid has no link to unsubscribe"],
    );
}

#[test]
fn a_journey_is_drawn() {
    expect(
        &cartwheel(&shipped(), &["graph", "cart_abandonment"], &[]),
        0,
        &[
            "flowchart TD\n",
            "cart_abandonment<br/>cart_updated<br/>",
            "send cart_reminder<br/>email, sms",
        ],
    );
    expect(
        &cartwheel(&shipped(), &["graph", "cart_abandonmnt"], &[]),
        65,
        &["there is no journey `cart_abandonmnt`", "did you mean `cart_abandonment`?"],
    );
    let json = cartwheel(&shipped(), &["graph", "birthday", "--output", "json"], &[]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["begins"]["events"], Value::from(Vec::<Value>::new()));
    assert!(json["at"].as_str().unwrap().contains("profile.birthday"));
}

#[test]
fn a_file_that_is_not_there_has_a_remedy() {
    let args = ["render", "cart_reminder", "--customer", "/nowhere/ana.yaml"];
    let parts = ["/nowhere/ana.yaml cannot be read", "name one that is there"];
    expect(&cartwheel(&shipped(), &args, &[]), 65, &parts);
}

#[test]
fn a_folder_of_templates_that_is_not_there_has_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    copy(&shipped(), dir.path());
    std::fs::remove_dir_all(dir.path().join("templates")).unwrap();
    let parts = ["templates: cannot be read", "`templates_dir` of cartwheel.yaml names a folder"];
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &parts);
    let parts = ["templates cannot be read", "name one that is there"];
    expect(&cartwheel(dir.path(), &["render", "cart_reminder"], &[]), 65, &parts);
}
