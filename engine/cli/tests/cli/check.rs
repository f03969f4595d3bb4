//! What `cartwheel check` refuses and warns of beyond single journeys: files, templates, the policy.

use super::*;

#[test]
fn a_journey_that_cannot_be_read_is_65_and_one_of_another_ending_a_warning() {
    let dir = changed("cartwheel.yaml", "brand:", "brand:");
    let journey = |name: &str| dir.path().join("journeys").join(name);
    std::fs::rename(journey("welcome.yaml"), journey("welcome.yml")).unwrap();
    std::fs::remove_file(journey("together.trace")).unwrap();
    std::fs::remove_file(journey("welcome.trace")).unwrap();
    let output = cartwheel(dir.path(), &["check"], &[]);
    expect(&output, 0, &["welcome.yml is not read", "rename it to welcome.yaml", "22 journeys"]);

    std::os::unix::fs::symlink("/nowhere", journey("welcome.yaml")).unwrap();
    std::fs::create_dir(journey("old.trace")).unwrap();
    let parts = ["welcome.yaml leads to /nowhere, which is not", "old.trace is a folder"];
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &parts);
    for command in ["test", "run"] {
        expect(&cartwheel(dir.path(), &[command], &[]), 65, &parts[..1]);
    }
}

/// What `check` warns of.
fn warnings(dir: &Path) -> Vec<String> {
    let output = cartwheel(dir, &["check", "--output", "json"], &[]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let warnings = json["warnings"].as_array().unwrap_or_else(|| panic!("{}", told(&output)));
    let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let line = |warning: &Value| {
        let place = warning["path"].as_str().map(file).unwrap_or_default();
        format!("{place}:{} {}", warning["line"], warning["message"].as_str().unwrap_or_default())
    };
    warnings.iter().map(line).collect()
}

/// A configuration with this journey alone, of a shop that does not say which events it has, and without groups of journeys.
pub(super) fn with_journey(journey: &str) -> TempDir {
    let dir = changed("cartwheel.yaml", "brand:", "brand:");
    std::fs::remove_file(dir.path().join("events.yaml")).unwrap();
    let policy = dir.path().join("cartwheel.yaml");
    let text = std::fs::read_to_string(&policy).unwrap();
    let (before, rest) = text.split_once("  groups:\n").unwrap();
    let (_, after) = rest.split_once("  max_defer:").unwrap();
    std::fs::write(&policy, format!("{before}  max_defer:{after}")).unwrap();
    let journeys = dir.path().join("journeys");
    std::fs::remove_dir_all(&journeys).unwrap();
    std::fs::create_dir(&journeys).unwrap();
    std::fs::write(journeys.join("j.yaml"), journey).unwrap();
    dir
}

#[test]
fn the_shipped_configuration_is_warned_of_for_one_thing_alone() {
    let told = warnings(&shipped());
    assert!(told.len() == 1 && told[0].contains("sms goes nowhere"), "{told:?}");
}

#[test]
fn journeys_that_begin_each_other_for_ever_are_65() {
    let dir = with_journey(
        "journey: j\ntrigger: { event: x }\nreentry: always\nsteps:\n  - wait: 1ms\n  - emit: x\n",
    );
    let parts = ["`j` emits `x`, which begins `j` again", "j.yaml:6:11", "reentry: never"];
    for command in ["check", "test", "run"] {
        expect(&cartwheel(dir.path(), &[command], &[]), 65, &parts);
    }
}

#[test]
fn a_template_that_is_missing_is_told_once_at_its_step() {
    let dir = with_journey(
        "journey: j\ntrigger: { event: x }\nsteps:\n  - { send: cart_remindr, channels: [email, sms] }\n  - { send: cart_remindr, id: again, channels: [email] }\n  - { send: brand_story, channels: [sms] }\n",
    );
    let output = cartwheel(dir.path(), &["check"], &[]);
    let parts = [
        "`j` sends `cart_remindr`, and there is no such template",
        "did you mean `cart_reminder`?",
        "j.yaml:4:13",
        "a journey sends `brand_story` by sms",
        "j.yaml:6:13",
        "2 problems",
    ];
    expect(&output, 65, &parts);
}

#[test]
fn marketing_without_a_way_out_is_warned_of() {
    let dir = with_journey(
        "journey: j\ntrigger: { event: x }\nsteps:\n  - { send: plain, channels: [email, { sms: { if_no: opened, within: 1h } }] }\n  - { send: plain, id: again, channels: [email] }\n  - { send: cart_reminder, channels: [email, sms] }\n",
    );
    let template = |file: &str, text: &str| {
        let folder = dir.path().join("templates/plain");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file), text).unwrap();
    };
    template("email.subject.liquid", "Hello");
    template("email.text.liquid", "Hello {% comment %}{{ unsubscribe_url }}{% endcomment %}");
    let mjml = |text: &str| {
        format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section></mj-body></mjml>"
        )
    };
    template("email.mjml", &mjml("Hello <a href=\"{{ unsubscribe_url }}\">unsubscribe</a>"));
    template("sms.liquid", "Hello, nonstop");
    let of_messages = |dir: &Path| {
        let told = warnings(dir).into_iter();
        told.filter(|told| !told.contains("goes nowhere")).collect::<Vec<_>>()
    };
    assert_eq!(
        of_messages(dir.path()),
        [
            "j.yaml:4 `plain` is marketing, and its email.text.liquid has no link to unsubscribe",
            "j.yaml:4 `plain` is marketing, and its sms.liquid does not say how to opt out",
        ]
    );
    template("email.mjml", &mjml("Hello"));
    template("email.text.liquid", "Hello {{ unsubscribe_url }}");
    template("sms.liquid", "Hello. Stop: {{ unsubscribe_url }}");
    assert_eq!(
        of_messages(dir.path()),
        ["j.yaml:4 `plain` is marketing, and its email.mjml has no link to unsubscribe"]
    );
    let journey = dir.path().join("journeys/j.yaml");
    let text = std::fs::read_to_string(&journey).unwrap();
    std::fs::write(&journey, format!("class: transactional\n{text}")).unwrap();
    assert_eq!(of_messages(dir.path()), Vec::<String>::new());
}

#[test]
fn links_and_answers_are_compared() {
    let asking = |with: &str| {
        with_journey(&format!(
            "journey: j\nclass: transactional\ntrigger: {{ event: x }}\nsteps:\n  - {{ send: ask, channels: [webhook]{with} }}\n"
        ))
    };
    let template = |dir: &Path, text: &str| {
        let folder = dir.join("templates/ask");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("webhook.liquid"), text).unwrap();
    };
    let both = r#"["{{ answers.price }}", "{{ answers["doubt"] }}"]"#;
    let dir = asking(", with: { answers: [price, doubt] }");
    let of_answers = |dir: &Path| {
        let told = warnings(dir).into_iter().filter(|told| !told.contains("goes nowhere"));
        told.collect::<Vec<_>>()
    };
    template(dir.path(), both);
    assert_eq!(of_answers(dir.path()), Vec::<String>::new());
    template(
        dir.path(),
        r#"[{% for answer in answers %}"{{ answer[0] }} {{ answer[1] }}", {% endfor %}0]"#,
    );
    assert_eq!(of_answers(dir.path()), Vec::<String>::new(), "it goes through all of them");
    template(dir.path(), r#"["{{ answers.price }}", "{{ order.doubt }}"]"#);
    assert_eq!(
        of_answers(dir.path()),
        ["j.yaml:5 `ask` offers the answer `doubt`, and its webhook.liquid has no link for it"]
    );
    template(dir.path(), r#"["{{ answers.prize }}", "{{ answers.doubt }}"]"#);
    let parts = [
        "`ask` links the answer `prize` in its webhook.liquid, and the step does not offer it",
        "did you mean `price`?",
        "j.yaml:5",
    ];
    for command in ["check", "test", "run", "deliver"] {
        expect(&cartwheel(dir.path(), &[command], &[]), 65, &parts);
    }
    let dir = asking("");
    template(dir.path(), both);
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &["write `with: { answers: [price] }`"]);
}

#[test]
fn what_answers_lead_to_is_seen_in_traces() {
    let dir = with_journey(
        "journey: j\nclass: transactional\ntrigger: { event: x }\nsteps:\n  - { send: ask, channels: [webhook], with: { answers: [price, doubt] } }\n",
    );
    let folder = dir.path().join("templates/ask");
    std::fs::create_dir_all(&folder).unwrap();
    let text = r#"["{{ answers.price }}", {% for answer in answers %}"{{ answer[0] }} {{ answer[1] }}", {% endfor %}0]"#;
    std::fs::write(folder.join("webhook.liquid"), text).unwrap();
    let trace = "day 2026-01-05\n--- a\n10:00 ana x\n10:00 expect ana send ask webhook shows \"price https://example.com/answer/price\" \"doubt https://example.com/answer/doubt\"\n";
    std::fs::write(dir.path().join("journeys/j.trace"), trace).unwrap();
    expect(&cartwheel(dir.path(), &["test"], &[]), 0, &["1 scenario, 0 failed"]);
}

#[test]
fn a_link_to_unsubscribe_in_a_team_s_mail_is_warned_of() {
    let dir = with_journey(
        "journey: j\ntrigger: { event: x }\nsteps:\n  - { send: cart_concierge, to: team:sales, channels: [email] }\n",
    );
    let path = dir.path().join("cartwheel.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let teams = "policy:\n  teams: { sales: { email: sales@shop.example } }\n";
    std::fs::write(&path, text.replacen("policy:\n", teams, 1)).unwrap();
    assert_eq!(
        warnings(dir.path()),
        ["j.yaml:4 `cart_concierge` goes to a team, for whom {{ unsubscribe_url }} is empty"]
    );
}

#[test]
fn what_is_not_in_utf_8_is_named_with_its_line() {
    let dir = changed("cartwheel.yaml", "brand:", "brand:");
    let spoil = |file: &str| {
        let path = dir.path().join(file);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&good[..], b"\n# gr\xFC\xDFe\n"].concat()).unwrap();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 2;
        (path, good, line)
    };
    for (file, code) in [
        ("cartwheel.yaml", 78),
        ("journeys/welcome.yaml", 65),
        ("journeys/welcome.trace", 65),
        ("templates/cart_reminder/email.text.liquid", 65),
    ] {
        let (path, good, line) = spoil(file);
        let name = file.rsplit('/').next().unwrap();
        let parts = [format!("{name}:{line}"), "0xFC".into(), "in UTF-8".into()];
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        expect(&cartwheel(dir.path(), &["check"], &[]), code, &parts);
        std::fs::write(path, good).unwrap();
    }
}

#[test]
fn a_fault_points_at_what_gave_the_value() {
    let set = ["--set", "engine.partitions=0", "check"];
    let output = cartwheel(&shipped(), &set, &[]);
    expect(&output, 78, &["--set engine.partitions: 0 is not between"]);
    assert!(!told(&output).contains("cartwheel.yaml"), "{}", told(&output));
    let env = [("CARTWHEEL__ENGINE__PARTITIONS", "0")];
    let output = cartwheel(&shipped(), &["check"], &env);
    expect(&output, 78, &["CARTWHEEL__ENGINE__PARTITIONS: 0 is not between"]);
    let zone = ["--set", "policy.zone=Mars", "check"];
    let output = cartwheel(&shipped(), &zone, &[]);
    expect(&output, 78, &["--set policy.zone: `Mars` is not a time zone"]);
    assert!(!told(&output).contains("cartwheel.yaml"), "{}", told(&output));
}

#[test]
fn a_fault_of_the_policy_points_at_its_value() {
    let cap = "{ name: five_a_week, scope: all, limit: 5";
    let hold = "while: size(tickets) > 0 || size(returns) > 0";
    let quiet = "from: \"21:00\", to: \"08:00\"";
    let keys = "cart_abandonment: event.cart.id }";
    for (from, to, at, help) in [
        ("zone: America/New_York", "zone: Mars", "Mars", "IANA name"),
        (cap, "{ name: five_a_week, scope: all, limit: 65", "65", "1 to 64"),
        (cap, "{ name: five_a_week, scope: all, limit: 0.5", "0.5", "write 1 to 64"),
        (
            cap,
            "{ name: five_a_week, scope: channel:mail, limit: 5",
            "channel:mail",
            "channel:email",
        ),
        (quiet, "from: \"21:00\", to: '21:00'", "'21:00'", "write different times"),
        (quiet, "from: \"21:00\", to: \"24:00\"", "\"24:00\"", "midnight is 00:00"),
        ("scope: \"channel:email\"", "scope: \"tag:nobody\"", "\"tag:nobody\"", "this tag"),
        (hold, "while: size(tickets) > 0 || size(retuns) > 0", "retuns", "did you mean `returns`?"),
        (hold, "while: true", "true", "write a text, in quotes"),
        (hold, "while: [a]", "[a]", "write a text"),
        ("at_most: 21d", "at_most: 21", "21", "write a number and a unit"),
        (keys, "cart_abandonment: 5 }", "5 }", "in quotes"),
        (keys, "cart_abandonment: event.cart }", "event.cart }", "name a field"),
        (
            "order: [checkout_abandonment, cart_abandonment]",
            "order: [checkout_abandonment, cart_abandoment]",
            "cart_abandoment]",
            "did you mean",
        ),
    ] {
        let dir = changed("cartwheel.yaml", from, to);
        let place = place(&dir, "cartwheel.yaml", to);
        let (line, column) = place.rsplit_once(':').unwrap();
        let column = column.parse::<usize>().unwrap() + to.find(at).unwrap();
        let place = format!("{line}:{column}]");
        expect(&cartwheel(dir.path(), &["check"], &[]), 78, &[&place, help]);
    }
}

#[test]
fn a_number_of_many_digits_stays_what_it_is() {
    let dir = with_journey(
        "journey: j\nclass: transactional\ntrigger: { event: x }\nkey: event.k\nsteps:\n  - wait: 1h\n",
    );
    let trace = "day 2026-01-05\n--- a number\n10:00 ana x k=98765432109876543210\n10:00 ana x k=98765432109876543211\n10:00 expect ana entered trigger\n10:00 expect ana entered trigger\n10:00 expect ana waiting\n10:00 ana x k=98765432109876543210\n10:00 expect ana refused already_running\n";
    std::fs::write(dir.path().join("journeys/j.trace"), trace).unwrap();
    expect(&cartwheel(dir.path(), &["test"], &[]), 0, &["0 failed"]);
}

#[test]
fn what_the_shop_says_of_its_events_is_read() {
    let dir = changed("journeys/account_basics.yaml", "[account_updated,", "[account_updatd,");
    let parts = ["`account_updatd` is not an event type", "did you mean `account_updated`?"];
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &parts);

    let dir = changed("events.yaml", "refund.amount: number", "refund.amount: numbr");
    let line = place(&dir, "events.yaml", "refund.amount: numbr");
    let line = line.rsplit_once(':').unwrap().0.rsplit('/').next().unwrap().to_owned();
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &[&line, "did you mean `number`?"]);

    std::fs::remove_file(dir.path().join("events.yaml")).unwrap();
    expect(&cartwheel(dir.path(), &["check"], &[]), 0, &["are right"]);
    let named = ["--set", "events_file=gone.yaml", "check"];
    expect(&cartwheel(dir.path(), &named, &[]), 65, &["gone.yaml", "cannot be read"]);
}

#[test]
fn coverage_says_what_no_trace_takes() {
    let journey = "journey: j
trigger: { event: x, when: event.a > 1 }
reentry: always
exit: [{ on: y }]
steps:
  - branch:
      - when: event.a > 5
        steps: [{ wait: 1h }]
      - else:
        steps: []
";
    let dir = with_journey(journey);
    let trace = dir.path().join("journeys/j.trace");
    let first = "day 2026-01-05\n--- few\n10:00 ana x a=2\n10:00 expect ana branched otherwise\n";
    std::fs::write(&trace, first).unwrap();
    let missing = [
        "j  2 of 6 parts taken, 33 %",
        "j.yaml:2: `when` of the trigger is never false",
        "j.yaml:4: the exit on `y` ends nothing",
        "j.yaml:7: arm 1 of `branch-1` is never taken",
        "j.yaml:8: no run comes to `wait-2`",
    ];
    expect(&cartwheel(dir.path(), &["test", "--coverage"], &[]), 0, &missing);
    expect(&cartwheel(dir.path(), &["test", "--coverage=33"], &[]), 0, &missing);
    let parts = ["no trace takes this part of `j`", "j.yaml:7:9", "4 problems"];
    expect(&cartwheel(dir.path(), &["test", "--coverage=34"], &[]), 65, &parts);
    let json = cartwheel(dir.path(), &["test", "--coverage", "--output", "json"], &[]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (&json["coverage"][0]["taken"], &json["coverage"][0]["parts"]),
        (&2.into(), &6.into())
    );

    let more = "--- none\n10:00 ana x a=1\n10:00 expect ana refused filter\n--- many\n10:00 ana x a=6\n10:00 expect ana waiting step\n10:01 ana y\n10:01 expect ana exited exit_event\n";
    std::fs::write(&trace, format!("{first}{more}")).unwrap();
    expect(
        &cartwheel(dir.path(), &["test", "--coverage=100"], &[]),
        0,
        &["6 of 6 parts taken, 100 %"],
    );
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let dir = with_journey("journey: j\ntrigger: { event: x }\nsteps:\n  - wait: 1h\n");
    let file = std::fs::File::create(dir.path().join("journeys/large.yaml")).unwrap();
    file.set_len(1 << 40).unwrap();
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &["large.yaml has 1099511627776 bytes"]);
}

/// A journey that is edited.
const EDITED: &str = "journey: edited
trigger: { event: go, quiet_for: 1h }
steps:
  - { wait: 1d, id: first }
  - { send: cart_reminder, channels: [email] }
";

#[test]
fn against_another_folder_it_says_what_becomes_of_windows_and_runs() {
    let old = with_journey(EDITED);
    let against = |new: &str, more: &[&str]| {
        let new = with_journey(new);
        let folder = old.path().to_str().unwrap();
        cartwheel(new.path(), &[&["check", "--against", folder], more].concat(), &[])
    };
    let named = EDITED.replace("id: first", "id: pause");
    let gone = "runs at first: exit, there is no step of that name and kind any more (if it has another name: `renamed: { first: NEW }`)";
    expect(&against(&named, &[]), 0, &["In place of configuration ", "windows: go on", gone]);
    let renamed = named.replace("steps:", "renamed: { first: pause }\nsteps:");
    expect(&against(&renamed, &[]), 0, &["edited: changed", "runs at first: go on at pause"]);
    expect(&against(EDITED, &[]), 0, &["edited: as it was"]);
    let json: Value =
        serde_json::from_slice(&against(&named, &["--output", "json"]).stdout).unwrap();
    let first = &json["against"]["journeys"][0]["steps"][0];
    assert_eq!(*first, serde_json::json!({ "step": "first", "count": null, "exits": "step_gone" }));
    let both = against(EDITED, &["--against", "http://127.0.0.1:1"]);
    expect(&both, 78, &["folders and engines", "name one folder, or each engine"]);
}
