//! Journeys are edited while ten thousand runs are in them: the preview says how many are where and what becomes of each, `publish` puts the edit into force in all
//! shards without a restart, and then every run is where the preview said.

use crate::kill_nine::PARTITIONS;
use crate::processes::{Deployment, create_topics, until};
use crate::shoppers::produce_now;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

const STEADY: &str = "journey: steady
trigger: { event: go }
steps:
  - { wait: { for: next, at_most: 60d }, id: first }
  - { wait: { for: next, at_most: 60d }, id: second }
  - { wait: 60d, id: third }
  - { send: cart_reminder, channels: [email] }
";
const LEAVING: &str = "journey: leaving
trigger: { event: leave }
on_change: exit
steps: [{ wait: 60d, id: pause }, { send: cart_reminder, channels: [email] }]
";
const CLOSING: &str = "journey: closing
trigger: { event: close }
steps: [{ wait: 60d, id: pause }, { send: cart_reminder, channels: [email] }]
";
const WAITING: &str = "journey: waiting
trigger: { event: look, quiet_for: 60d }
steps: [{ send: cart_reminder, channels: [email] }]
";

fn write(dir: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(dir).expect("a folder");
    std::fs::write(dir.join(name), text).expect("a journey");
}

/// The journeys as they were, and as they are edited.
fn journeys(dir: &Path, edited: bool) {
    let steady = STEADY
        .replace("id: first", "id: begin")
        .replace("  - { wait: 60d, id: third }\n", "")
        .replace("steps:", "renamed: { first: begin }\nsteps:");
    write(dir, "steady.yaml", if edited { &steady } else { STEADY });
    let (leaving, waiting) = (LEAVING.replace("60d", "50d"), WAITING.replace("60d", "50d"));
    write(dir, "leaving.yaml", if edited { &leaving } else { LEAVING });
    write(dir, "waiting.yaml", if edited { &waiting } else { WAITING });
    match edited {
        true => drop(std::fs::remove_file(dir.join("closing.yaml"))),
        false => write(dir, "closing.yaml", CLOSING),
    }
}

/// Ten thousand who enter; some of them do more.
fn events() -> Vec<(String, String)> {
    let mut events = Vec::new();
    for number in 0..10_000 {
        let mut of = |kind: &str, time: u32| {
            let id = format!("{kind}{number}-{time}");
            let customer = format!("c{number}");
            let event = json!({ "id": id, "type": kind, "customer": customer });
            events.push((customer, event.to_string()));
        };
        of("go", 0);
        (0..[0, 1, 0, 2, 0, 1, 0, 0, 1, 0][number % 10]).for_each(|time| of("next", time));
        (number % 14 == 1).then(|| of("leave", 0));
        (number % 25 == 1).then(|| of("close", 0));
        (number % 20 == 1).then(|| of("look", 0));
    }
    events
}

/// Runs at the step of a journey, or its windows, by what the engine's census says.
fn there(overview: &Value, journey: &str, step: Option<&str>) -> u64 {
    let named = |list: &Value, key: &str, name: &str| {
        let rows = list.as_array().into_iter().flatten();
        let mut found = rows.filter(|row| row[key] == name);
        found.next().cloned().unwrap_or_default()
    };
    let counts = named(&overview["journeys"], "journey", journey);
    let found = match step {
        Some(step) => named(&counts["steps"], "step", step)["runs"].clone(),
        None => counts["windows"].clone(),
    };
    found.as_u64().unwrap_or_default()
}

/// All that is alive.
fn alive(overview: &Value) -> u64 {
    let total = |of: &str| overview["totals"][of].as_u64().unwrap_or_default();
    total("runs") + total("windows")
}

fn said(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// What the preview says of each row, once it is in force: it is asked of the engine's census.
fn is_as_said(deployment: &Deployment, preview: &Value) -> bool {
    let overview = deployment.api("overview");
    let (mut stay, mut places) = (0, std::collections::BTreeMap::new());
    for change in preview["journeys"].as_array().expect("journeys") {
        let name = change["journey"].as_str().expect("a name").to_owned();
        let windows = change.get("windows").into_iter();
        for fate in windows.chain(change["steps"].as_array().expect("steps")) {
            let count = fate["count"].as_u64().expect("a count");
            if fate.get("exits").is_none() {
                stay += count;
                let step = fate.get("step").map(|_| fate["goes_on_at"].as_str().expect("a step"));
                let place = (name.clone(), step.map(str::to_owned));
                *places.entry(place).or_insert(0) += count;
            }
        }
    }
    alive(&overview) == stay
        && places
            .iter()
            .all(|((journey, step), count)| there(&overview, journey, step.as_deref()) == *count)
}

#[test]
fn ten_thousand_runs_go_where_the_preview_said() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let deployment = Deployment::new(broker.bootstrap(), 1, "edits");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, None);
    let dir = tempfile::tempdir().expect("a folder");
    let (runs, new) = (dir.path().join("journeys"), dir.path().join("new"));
    journeys(&runs, false);
    let of = |dir: &Path| format!("journeys_dir={}", dir.display());
    let (runs_flag, new_flag) = (of(&runs), of(&new));
    let engine = deployment.spawn("run", &["--set", &runs_flag]);
    produce_now(&kafka, &events());
    // 715 leave, 400 close, 500 only look.
    let everybody = 10_000 + 715 + 400 + 500;
    until("everybody to be inside", LIMIT, || alive(&deployment.api("overview")) == everybody);

    journeys(&new, true);
    let url = deployment.admin_url();
    let args = ["--output", "json", "check", "--set", &new_flag, "--against", &url];
    let checked = deployment.command(&args);
    assert!(checked.status.success(), "{}", said(&checked));
    let checked: Value = serde_json::from_slice(&checked.stdout).expect("JSON");
    let preview = &checked["against"];
    let steady = &preview["journeys"].as_array().expect("journeys")[2];
    let of_steady = json!([
        { "step": "first", "count": 6000, "goes_on_at": "begin" },
        { "step": "second", "count": 3000, "goes_on_at": "second" },
        { "step": "third", "count": 1000, "exits": "step_gone" },
        { "step": "cart_reminder", "count": 0, "goes_on_at": "cart_reminder" },
    ]);
    assert_eq!((&steady["journey"], &steady["steps"]), (&json!("steady"), &of_steady));

    // What is wrong is told with its place, and changes nothing.
    write(&runs, "steady.yaml", &STEADY.replace("trigger:", "tirgger:"));
    let publish = ["publish", "--set", &runs_flag];
    let refused = deployment.command(&publish);
    assert_eq!(refused.status.code(), Some(65), "{}", said(&refused));
    assert!(said(&refused).contains("steady.yaml:2"), "{}", said(&refused));
    assert_eq!(alive(&deployment.api("overview")), everybody);

    journeys(&runs, true);
    let published = deployment.command(&publish);
    assert!(published.status.success(), "{}", said(&published));
    let text = said(&published);
    let shards = format!("{PARTITIONS} shards decide by configuration ");
    assert!(text.contains(&shards) && text.contains("1000 runs at third: exit"), "{text}");
    until("every run to be where the preview said", LIMIT, || is_as_said(&deployment, preview));
    let inspected = deployment.command(&["--output", "json", "inspect"]);
    let shards: Value = serde_json::from_slice(&inspected.stdout).expect("JSON");
    let wanted = &checked["configuration"];
    for shard in shards.as_array().expect("shards") {
        let decides_by = shard["configuration"].as_str().unwrap_or_default();
        assert_ne!(preview["configuration"], decides_by);
        assert_eq!(shard["restarts"], 0);
        assert_eq!(deployment.api("configuration")["configuration"], decides_by);
    }
    assert!(wanted.is_string());
    let exited = |customer: &str, journey: &str| {
        let is_it = |it: &Value| it["journey"] == journey && it["reason"] == "journey_changed";
        deployment.explain(customer).iter().any(is_it)
    };
    assert!(exited("c3", "steady") && exited("c1", "leaving") && exited("c1", "closing"));
    assert!(!exited("c1", "steady") && !exited("c1", "waiting"));

    // Once more there is nothing to do.
    let again = deployment.command(&publish);
    assert!(again.status.success() && !said(&again).contains("In place of"), "{}", said(&again));
    // What waits for a start is named, by whoever asks.
    let waits = "engine.margin: \"500ms\" there, \"2s\" here";
    let set = ["--set", "engine.margin=2s", "--set", &runs_flag];
    for command in [&["publish"][..], &["check", "--against", &url]] {
        let told = said(&deployment.command(&[&set, command].concat()));
        assert!(told.contains(waits) && told.contains("when it is started again"), "{told}");
    }
    let again = said(&deployment.command(&publish));
    assert!(!again.contains("started again"), "{again}");
    engine.stop();
}
