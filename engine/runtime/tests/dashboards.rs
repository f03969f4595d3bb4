//! Dashboards, rules and alerts name only what exists, and everything that exists is shown somewhere or known not to be.

use cartwheel_runtime::metrics::table::{Kind, TABLE, markdown};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// Metrics that stand on no dashboard and in no rule, each with its reason.
const NOT_SHOWN: [(&str, &str); 0] = [];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn grafana() -> Value {
    serde_json::from_str(&read("dashboards/grafana/cartwheel.json")).expect("cartwheel.json")
}

/// Every rule of a file, with its expression.
fn rules(path: &str) -> Vec<(Value, String)> {
    let file = yaml(path);
    let groups = file["groups"].as_array().expect("groups");
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().expect("rules"));
    rules.map(|rule| (rule.clone(), rule["expr"].as_str().expect("expr").to_owned())).collect()
}

/// Where an alert's section is: below the address that Prometheus is configured with, else below the path in the repository.
const RUNBOOK: &str = r#"{{ or $externalLabels.cartwheel_runbook "engine/docs/runbook.md" }}#"#;

/// The files of tests for promtool, relative to `dashboards/prometheus`.
fn test_files() -> Vec<String> {
    let folder = root().join("dashboards/prometheus/tests");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
        .map(|name| format!("tests/{name}"))
        .collect();
    files.sort();
    files
}

/// Every string under `key`, at any depth.
fn strings(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
            Value::String(text) if name == key => found.push(text.clone()),
            value => strings(value, key, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| strings(value, key, found)),
        _ => {}
    }
}

fn expressions() -> Vec<String> {
    let mut all = Vec::new();
    strings(&grafana(), "expr", &mut all);
    strings(&grafana()["templating"], "definition", &mut all);
    for path in ["dashboards/prometheus/rules.yaml", "dashboards/prometheus/alerts.yaml"] {
        all.extend(rules(path).into_iter().map(|(_, expression)| expression));
    }
    all
}

/// What the descriptions of alerts say, which may ask Prometheus for more.
fn descriptions() -> Vec<String> {
    let mut all = Vec::new();
    strings(&yaml("dashboards/prometheus/alerts.yaml"), "description", &mut all);
    all
}

/// The words of an expression that name a metric of ours (`cartwheel_…`) or a recorded one (`cartwheel:…`).
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    words.filter(|word| word.starts_with("cartwheel_") || word.starts_with("cartwheel:"))
}

/// The metric of the table that a series belongs to; a histogram is named by its series only.
fn in_table(series: &str) -> Option<&'static str> {
    TABLE.iter().find_map(|metric| {
        let suffix = series.strip_prefix(metric.name)?;
        let fits = match metric.kind {
            Kind::Histogram(_) => ["_bucket", "_sum", "_count"].contains(&suffix),
            _ => suffix.is_empty(),
        };
        fits.then_some(metric.name)
    })
}

#[test]
fn every_name_used_exists_and_every_metric_is_used() {
    let recorded: BTreeSet<String> = rules("dashboards/prometheus/rules.yaml")
        .iter()
        .map(|(rule, _)| rule["record"].as_str().expect("record").to_owned())
        .collect();
    let (mut used, mut used_recorded) = (BTreeSet::new(), BTreeSet::new());
    for expression in expressions().into_iter().chain(descriptions()) {
        for name in names(&expression) {
            match in_table(name) {
                Some(metric) => drop(used.insert(metric)),
                None if recorded.contains(name) => drop(used_recorded.insert(name.to_owned())),
                None => panic!("`{name}` in `{expression}` is neither in the table nor recorded"),
            }
        }
    }
    assert_eq!(used_recorded, recorded, "recorded and used");
    let all: BTreeSet<_> = TABLE.iter().map(|metric| metric.name).collect();
    let not_shown: BTreeSet<_> = NOT_SHOWN.iter().map(|(name, _)| *name).collect();
    assert_eq!(all.difference(&used).copied().collect::<BTreeSet<_>>(), not_shown, "not shown");
}

#[test]
fn labels_in_expressions_exist() {
    let known: BTreeSet<&str> = TABLE
        .iter()
        .flat_map(|metric| metric.labels)
        .map(|label| label.name)
        .chain(["job", "instance", "le"])
        .collect();
    for expression in expressions() {
        for matcher in expression.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            for label in matcher
                .split("\", ")
                .flat_map(|part| part.split("\","))
                .filter_map(|part| part.split(['=', '!']).next())
            {
                assert!(known.contains(label.trim()), "label `{label}` in `{expression}`");
            }
        }
    }
}

#[test]
fn the_dashboard_is_classic_json_with_a_data_source_variable_and_its_rows() {
    let dashboard = grafana();
    assert_eq!(dashboard["schemaVersion"], 42);
    let panels = dashboard["panels"].as_array().expect("panels");
    let rows: Vec<_> = panels
        .iter()
        .filter(|panel| panel["type"] == "row")
        .map(|row| row["title"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(
        rows,
        [
            "At a glance",
            "Intake",
            "Decisions",
            "Timers and turns",
            "Delivery",
            "Checkpoints",
            "Process"
        ]
    );
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "ids are unique");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        assert!(
            panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()),
            "{}",
            panel["title"]
        );
    }
    assert_eq!(
        yaml("dashboards/grafana/provisioning/cartwheel.yaml")["providers"][0]["type"],
        "file"
    );
}

#[test]
fn every_alert_links_a_section_of_the_runbook() {
    let runbook = read("engine/docs/runbook.md");
    let headings: Vec<_> = runbook.split("\n## ").skip(1).collect();
    let mut linked = BTreeSet::new();
    for (alert, _) in rules("dashboards/prometheus/alerts.yaml") {
        let link = alert["annotations"]["runbook_url"]
            .as_str()
            .unwrap_or_else(|| panic!("{} has no runbook", alert["alert"]));
        let anchor = link.strip_prefix(RUNBOOK).unwrap_or_else(|| panic!("{link}"));
        let section = headings
            .iter()
            .find(|section| slug(section.lines().next().unwrap_or_default()) == anchor);
        let section = section.unwrap_or_else(|| panic!("no section for {link}"));
        for part in ["**Means.**", "**Check.**", "**Do.**"] {
            assert!(section.contains(part), "{anchor} lacks {part}");
        }
        assert!(
            ["page", "ticket"].contains(&alert["labels"]["severity"].as_str().unwrap_or_default()),
            "{}",
            alert["alert"]
        );
        linked.insert(anchor.to_owned());
    }
    assert_eq!(linked.len(), headings.len(), "a section without an alert");
    let example = yaml("dashboards/prometheus/prometheus.yaml");
    assert!(example["global"]["external_labels"]["cartwheel_runbook"].is_string());
}

fn slug(heading: &str) -> String {
    heading.trim().to_lowercase().replace(' ', "-")
}

#[test]
fn the_admin_api_page_prints_the_table() {
    let page = read("engine/docs/admin-api.md");
    assert!(
        page.contains(&markdown()),
        "engine/docs/admin-api.md must contain exactly:\n{}",
        markdown()
    );
}

#[test]
fn promtool_accepts_the_rules_and_their_tests_pass() {
    let folder = root().join("dashboards/prometheus");
    let tests = test_files();
    let test: Vec<_> =
        ["test", "rules"].into_iter().chain(tests.iter().map(String::as_str)).collect();
    for arguments in [
        ["check", "rules", "rules.yaml", "alerts.yaml"].as_slice(),
        &["check", "config", "--syntax-only", "prometheus.yaml"],
        &test,
    ] {
        let output = Command::new("promtool").args(arguments).current_dir(&folder).output();
        let output = output.expect("promtool must be installed (Debian package `prometheus`)");
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}: {text}");
    }
}

#[test]
fn every_alert_has_a_case_that_fires_and_one_that_does_not() {
    let (mut fires, mut silent) = (BTreeSet::new(), BTreeSet::new());
    for file in test_files() {
        let file = yaml(&format!("dashboards/prometheus/{file}"));
        let cases = file["tests"].as_array().expect("tests").iter();
        for check in cases.filter_map(|case| case["alert_rule_test"].as_array()).flatten() {
            let name = check["alertname"].as_str().expect("alertname").to_owned();
            let alerts = check["exp_alerts"].as_array().expect("exp_alerts");
            if alerts.is_empty() {
                silent.insert(name)
            } else {
                fires.insert(name)
            };
        }
    }
    let all: BTreeSet<String> = rules("dashboards/prometheus/alerts.yaml")
        .iter()
        .map(|(alert, _)| alert["alert"].as_str().expect("alert").to_owned())
        .collect();
    assert_eq!(fires, all, "alerts that fire in a test, and alerts");
    assert_eq!(silent, all, "alerts that do not fire in a test, and alerts");
}
