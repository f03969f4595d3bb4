//! The built binary: exit codes, and what a person or a program is told.

mod check;
mod traces;
mod guide;
mod new;
mod render;
mod streams;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn cartwheel(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwheel"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARTWHEEL_")) {
        command.env_remove(name);
    }
    command.arg("--config-dir").arg(dir).args(args).envs(env.iter().copied());
    command.output().expect("the binary runs")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn expect(output: &Output, code: i32, parts: &[&str]) {
    let told = told(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    for part in parts {
        assert!(told.contains(part), "`{part}` is not in: {told}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A copy of the shipped configuration in which `from` has become `to` in one file.
fn changed(file: &str, from: &str, to: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&shipped(), dir.path());
    let path = dir.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "`{from}` is in {file}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    dir
}

/// `FILE:LINE:COLUMN` of a text in a file of the folder, as reports show it.
fn place(dir: &TempDir, file: &str, text: &str) -> String {
    let content = std::fs::read_to_string(dir.path().join(file)).unwrap();
    let (index, line) = content
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(text))
        .expect("the text is there");
    format!("{}:{}:{}", file.rsplit('/').next().unwrap(), index + 1, line.find(text).unwrap() + 1)
}

#[test]
fn the_shipped_configuration_is_right_and_its_traces_pass() {
    expect(
        &cartwheel(&shipped(), &["check"], &[]),
        0,
        &["cart_abandonment", "welcome", "23 journeys"],
    );
    let memory = ["net_value ", "all facts ", "bytes after one event, at most ", "23 journeys"];
    expect(&cartwheel(&shipped(), &["check", "--memory"], &[]), 0, &memory);
    expect(&cartwheel(&shipped(), &["test"], &[]), 0, &["ok  ", " 0 failed"]);
    let json: Value =
        serde_json::from_slice(&cartwheel(&shipped(), &["check", "--output", "json"], &[]).stdout)
            .unwrap();
    assert_eq!(
        (json["ok"].as_bool(), json["journeys"][21]["journey"].as_str()),
        (Some(true), Some("welcome"))
    );
}

#[test]
fn wrong_use_is_64_and_help_is_0() {
    for args in [&["chekc"][..], &["check", "--nonsense"], &["--set", "nothing", "check"]] {
        assert_eq!(cartwheel(&shipped(), args, &[]).status.code(), Some(64), "{args:?}");
    }
    expect(&cartwheel(&shipped(), &["--help"], &[]), 0, &["Examples:", "Exit codes:"]);
    for command in [
        "run",
        "deliver",
        "explain",
        "inspect",
        "publish",
        "catalogue",
        "broadcast",
        "control",
        "coupons",
        "check",
        "test",
        "new",
        "render",
        "graph",
        "completions",
        "man",
    ] {
        expect(&cartwheel(&shipped(), &[command, "--help"], &[]), 0, &["Examples:"]);
    }
}

#[test]
fn an_unknown_key_is_78_with_place_and_suggestion() {
    let dir = changed("cartwheel.yaml", "hold_after:", "hold_afer:");
    let place = place(&dir, "cartwheel.yaml", "hold_afer");
    expect(
        &cartwheel(dir.path(), &["check"], &[]),
        78,
        &["unknown key `hold_afer`", &place, "did you mean `hold_after`?"],
    );
    let output = cartwheel(dir.path(), &["check", "--output", "json"], &[]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problem = &json["problems"][0];
    assert_eq!(format!("cartwheel.yaml:{}:{}", problem["line"], problem["column"]), place);
}

#[test]
fn wrong_values_and_missing_files_are_78() {
    let dir = changed("cartwheel.yaml", "margin: 500ms", "margin: 500");
    let line = place(&dir, "cartwheel.yaml", "500");
    expect(&cartwheel(dir.path(), &["check"], &[]), 78, &[&line, "duration"]);
    let dir = changed("cartwheel.yaml", "zone: America/New_York", "zone: America/New_Yrok");
    expect(&cartwheel(dir.path(), &["check"], &[]), 78, &["America/New_Yrok", "cartwheel.yaml:"]);
    let dir = changed("cartwheel.yaml", "listen: 127.0.0.1:9464", "listen: 0.0.0.0:9464");
    expect(
        &cartwheel(dir.path(), &["check"], &[]),
        78,
        &["not a loopback address", "insecure_local"],
    );
    let much = ["--set", "engine.expected_customers=2000000000", "check"];
    expect(
        &cartwheel(&shipped(), &much, &[]),
        78,
        &["engine.expected_customers", "2000000000 is more than 1000000000"],
    );
    let dir = changed(
        "cartwheel.yaml",
        "# unsubscribe_secrets_file: /run/secrets/unsubscribe",
        "unsubscribe_secrets_file: none",
    );
    expect(
        &cartwheel(dir.path(), &["check"], &[]),
        78,
        &["inbound.unsubscribe_secrets", "cannot read"],
    );
    expect(
        &cartwheel(Path::new("/nowhere"), &["check"], &[]),
        78,
        &["cannot be read", "--config-dir"],
    );
}

#[test]
fn a_wrong_journey_or_trace_is_65_with_its_place() {
    let dir = changed("journeys/welcome.yaml", "reentry: never", "re_entry: never");
    expect(
        &cartwheel(dir.path(), &["check"], &[]),
        65,
        &[&place(&dir, "journeys/welcome.yaml", "re_entry"), "re_entry"],
    );
    let dir = changed(
        "journeys/welcome.trace",
        "expect ana entered trigger",
        "expect ana enterd trigger",
    );
    expect(
        &cartwheel(dir.path(), &["check"], &[]),
        65,
        &[&place(&dir, "journeys/welcome.trace", "enterd"), "did you mean `entered`?"],
    );
}

#[test]
fn a_condition_that_compares_a_text_with_a_number_is_65_with_its_place() {
    let dir = changed(
        "journeys/cart_abandonment.yaml",
        "when: event.cart.total >= 20",
        "when: event.cart.id >= 20",
    );
    let operator = place(&dir, "journeys/cart_abandonment.yaml", ">= 20");
    let parts = [
        &operator,
        "`event.cart.id` is a string and `20` is a number",
        "write \"20\" in quotes",
        "when: event.cart.id >= 20",
        "─",
    ];
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &parts);
}

#[test]
fn a_channel_that_nobody_serves_is_a_warning() {
    let output = cartwheel(&shipped(), &["check"], &[]);
    expect(
        &output,
        0,
        &[
            "sms goes nowhere",
            "`cart_abandonment`",
            "providers.route.sms",
            "no_provider",
            "cartwheel.yaml:",
        ],
    );
    let json: Value =
        serde_json::from_slice(&cartwheel(&shipped(), &["check", "--output", "json"], &[]).stdout)
            .unwrap();
    assert!(
        json["warnings"][0]["message"].as_str().unwrap().starts_with("sms goes nowhere"),
        "{json}"
    );
    let dir = changed(
        "cartwheel.yaml",
        "route: { email: smtp }",
        "route: { email: smtp, sms: webhook }\n  webhook: { url: https://shop.example/sms, secret: 0123456789abcdef0123456789abcdef }",
    );
    let output = cartwheel(dir.path(), &["check"], &[]);
    expect(&output, 0, &[]);
    assert!(!told(&output).contains("goes nowhere"), "{}", told(&output));
}

#[test]
fn a_trace_may_bring_its_own_journeys_and_policy() {
    let dir = tempfile::tempdir().unwrap();
    copy(&shipped(), dir.path());
    let trace = dir.path().join("journeys/alone.trace");
    let text = "strict on\nday 2026-03-02\npolicy\n  quiet_hours: []\njourney\n  journey: j\n  trigger: { event: go }\n  \
                steps: [{ send: hi, channels: [email] }]\n--- nobody asked her\n10:00 ana go\n10:00 expect ana entered\n";
    let all = format!("{text}10:00 expect ana dropped no_consent\n10:00 expect ana finished\n");
    std::fs::write(&trace, all).unwrap();
    expect(&cartwheel(dir.path(), &["test"], &[]), 0, &["alone.trace: nobody asked her"]);
    std::fs::write(&trace, text).unwrap();
    let parts = ["no line expects what was decided at 10:00: ana dropped no_consent"];
    expect(&cartwheel(dir.path(), &["test"], &[]), 65, &parts);
    std::fs::write(&trace, text.replace("[email]", "[fax]")).unwrap();
    expect(
        &cartwheel(dir.path(), &["check"], &[]),
        65,
        &[&place(&dir, "journeys/alone.trace", "fax")],
    );
}

#[test]
fn a_trace_that_differs_is_65_and_shows_the_timeline() {
    let dir = changed("journeys/welcome.yaml", "- wait: 48h", "- wait: 47h");
    let parts = [
        "FAIL",
        "- 2026-03-04 10:00",
        "+ 2026-03-04 09:00",
        "this was expected and did not happen",
        "was sent and no line expects it",
    ];
    expect(&cartwheel(dir.path(), &["test"], &[]), 65, &parts);
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let env = [
        ("CARTWHEEL__ENGINE__MARGIN", "2s"),
        ("CARTWHEEL__ENGINE__MAX_BATCH", "100"),
        ("CARTWHEEL__ENGINE__CREATE_TOPICS", "false"),
    ];
    let output = cartwheel(&shipped(), &["--set", "engine.margin=3s", "config", "print"], &env);
    let lines = [
        "  margin: \"3s\"  # command line",
        "  max_batch: \"100\"  # environment",
        "  create_topics: \"false\"  # environment",
        "  hold_after: \"60s\"  # cartwheel.yaml",
        "  in_flight: 50000  # default",
    ];
    expect(&output, 0, &lines);
    let output = cartwheel(&shipped(), &["config", "print"], &[("CARTWHEEL__ENGIN__MARGIN", "2s")]);
    expect(&output, 78, &["CARTWHEEL__ENGIN", "did you mean `engine`?"]);
    let output =
        cartwheel(&shipped(), &["config", "print"], &[("CARTWHEEL__ENGINE__MAX_BATCH", "many")]);
    expect(&output, 78, &["CARTWHEEL__ENGINE__MAX_BATCH"]);
}

#[test]
fn a_secret_is_shown_only_when_asked_for() {
    let env = [
        ("CARTWHEEL__ADMIN__TOKEN_SHA256", "not a hash"),
        ("CARTWHEEL__PROVIDERS__SMTP__PASSWORD", "12345678"),
    ];
    let output = cartwheel(&shipped(), &["config", "print"], &env);
    expect(&output, 78, &["CARTWHEEL__ADMIN__TOKEN_SHA256", "64 hexadecimal digits"]);
    assert!(!told(&output).contains("not a hash"));
    for flags in [&["config", "print"][..], &["config", "print", "--redacted"]] {
        let hidden = told(&cartwheel(&shipped(), flags, &env[1..]));
        assert!(hidden.contains("password: \"<hidden>\"  # environment"), "{hidden}");
        assert!(!hidden.contains("12345678"), "{hidden}");
    }
    let shown = cartwheel(&shipped(), &["config", "print", "--show-secrets"], &env[1..]);
    expect(&shown, 0, &["12345678"]);
    // A property may hold anything, whatever its name.
    let env = [("CARTWHEEL__KAFKA__PROPERTIES", "{fetch.wait.max.ms=12345678x}")];
    let output = cartwheel(&shipped(), &["run"], &env);
    assert!(!told(&output).contains("12345678x"), "{}", told(&output));
}

#[test]
fn a_secret_beside_a_fault_is_not_shown() {
    let smtp = "smtp: { host: localhost, port: 1025, tls: none }";
    for (wrong, code) in [
        // A neighbour of the fault, its own line, the key itself, and a slip in the key.
        ("smtp: { host: localhost, port: 1025, tls: non, password: hunter2 }", 78),
        ("smtp:\n    host: localhost\n    password: hunter2\n    prot: 1025", 78),
        ("smtp: { host: localhost, port: 1025, tls: none, pasword: hunter2 }", 78),
        ("smtp:\n    host: localhost\n    password:\n      - hunter2", 78),
        ("smtp: { host: localhost, port: 1025, tls: none, password: hunter2 }\n  smpt: {}", 78),
    ] {
        let dir = changed("cartwheel.yaml", smtp, wrong);
        for output in ["text", "json"] {
            let output = cartwheel(dir.path(), &["check", "--output", output], &[]);
            expect(&output, code, &[]);
            assert!(!told(&output).contains("hunter2"), "{}", told(&output));
        }
    }
    // The token itself instead of its hash, without a file's secret beside it and with one.
    let dir = changed(
        "cartwheel.yaml",
        "  insecure_local: true",
        "  token_sha256: hunter2\n  insecure_local: true",
    );
    let output = cartwheel(dir.path(), &["check"], &[]);
    expect(
        &output,
        78,
        &["64 hexadecimal digits", &place(&dir, "cartwheel.yaml", "token_sha256:")],
    );
    assert!(!told(&output).contains("hunter2"), "{}", told(&output));
    let env = [("CARTWHEEL__INBOUND__UNSUBSCRIBE_SECRETS", "hunter2")];
    let output = cartwheel(&shipped(), &["check"], &env);
    expect(&output, 78, &["CARTWHEEL__INBOUND__UNSUBSCRIBE_SECRETS"]);
    assert!(!told(&output).contains("hunter2"), "{}", told(&output));
}

#[test]
fn a_password_in_the_environment_is_text() {
    for password in ["[hunter2", "{hunter2}"] {
        let env = [("CARTWHEEL__PROVIDERS__SMTP__PASSWORD", password)];
        expect(
            &cartwheel(&shipped(), &["config", "print", "--show-secrets"], &env),
            0,
            &[&format!("password: \"{password}\"  # environment")],
        );
    }
}

#[test]
fn schema_completions_and_manual_are_made() {
    let schema = cartwheel(Path::new("/nowhere"), &["config", "schema"], &[]);
    let json: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(json["properties"]["engine"].is_object());
    expect(&cartwheel(Path::new("/nowhere"), &["completions", "bash"], &[]), 0, &["_cartwheel()"]);
    let dir = tempfile::tempdir().unwrap();
    expect(&cartwheel(Path::new("/nowhere"), &["man", dir.path().to_str().unwrap()], &[]), 0, &[]);
    assert!(
        dir.path().join("cartwheel.1").is_file() && dir.path().join("cartwheel-check.1").is_file()
    );
}

/// An address on this machine at which nobody listens.
fn nobody() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

/// The arguments before `last`: a broker that is not there, a data directory of the test's own, and little patience.
fn without_broker<'a>(sets: &'a [String], last: &[&'a str]) -> Vec<&'a str> {
    sets.iter().flat_map(|set| ["--set", set.as_str()]).chain(last.iter().copied()).collect()
}

#[test]
fn a_broker_that_is_not_there_is_69_and_named() {
    let (broker, dir) = (nobody(), tempfile::tempdir().unwrap());
    let key = dir.path().join("key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
    let sets = [
        format!("kafka.bootstrap={broker}"),
        "engine.start_timeout=1s".into(),
        format!("data_dir={}", dir.path().join("data").display()),
        format!("inbound.unsubscribe_secrets_file={}", key.display()),
    ];
    for command in [&["run"][..], &["deliver"], &["dlq", "list"], &["dlq", "replay", "--all"]] {
        let output = cartwheel(&shipped(), &without_broker(&sets, command), &[]);
        expect(&output, 69, &[&format!("the broker {broker} is not available"), "kafka.bootstrap"]);
        let asks = command[0] == "dlq";
        assert_eq!(told(&output).contains(&format!("connecting to {broker}")), asks, "{command:?}");
    }
    let output = cartwheel(&shipped(), &without_broker(&sets, &["run", "--output", "json"]), &[]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["problems"][0]["message"].as_str().unwrap().contains(&broker), "{json}");
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    // A file stands where a directory should be: unusable for anybody, root included.
    let set = format!("data_dir={}", file.join("data").display());
    expect(
        &cartwheel(&shipped(), &["--set", &set, "run"], &[]),
        78,
        &["data directory", &file.display().to_string(), "CARTWHEEL__DATA_DIR"],
    );

    // A directory of the kernel's, in which nobody can make a file, and one that cannot be made.
    for path in ["/sys/kernel", "/sys/cartwheel"] {
        let set = format!("data_dir={path}");
        expect(
            &cartwheel(&shipped(), &["--set", &set, "run"], &[]),
            78,
            &["data directory", path, "cannot be used", "CARTWHEEL__DATA_DIR"],
        );
    }

    let lock = std::fs::File::create(dir.path().join("engine.lock")).unwrap();
    lock.lock().unwrap();
    let set = format!("data_dir={}", dir.path().display());
    expect(
        &cartwheel(&shipped(), &["--set", &set, "run"], &[]),
        75,
        &["in use by another process", &dir.path().display().to_string()],
    );
}

#[test]
fn what_a_process_would_lack_is_said_before_it_starts() {
    let refused = |sets: &[&str], command: &str, parts: &[&str]| {
        let args: Vec<&str> =
            sets.iter().flat_map(|set| ["--set", *set]).chain([command]).collect();
        expect(&cartwheel(&shipped(), &args, &[]), 78, parts);
    };
    refused(
        &["admin.insecure_local=false"],
        "run",
        &["there is no token", "cartwheel.yaml:", "admin.token_sha256_file"],
    );
    refused(&["log.level=a=b=c"], "run", &["log.level", "warn,cartwheel=debug"]);
    refused(&[], "deliver", &["no key to sign unsubscribe links", "openssl rand -hex 32"]);
    let dir = changed("cartwheel.yaml", "brand:", "log: { level: warn }\n#");
    assert_eq!(cartwheel(dir.path(), &["deliver"], &[]).status.code(), Some(78));
}

#[test]
fn a_wrong_template_is_65_with_its_place() {
    let dir = changed("templates/cart_reminder/email.text.liquid", "{{", "{{ nobody_knows }} {{");
    let line = place(&dir, "templates/cart_reminder/email.text.liquid", "nobody_knows");
    let line = line.rsplit_once(':').unwrap().0;
    expect(&cartwheel(dir.path(), &["check"], &[]), 65, &["unknown variable `nobody_knows`", line]);
    let dir = changed("cartwheel.yaml", "brand:", "brand:");
    std::fs::remove_file(dir.path().join("templates/cart_reminder/sms.liquid")).unwrap();
    for command in ["check", "run", "deliver"] {
        expect(
            &cartwheel(dir.path(), &[command], &[]),
            65,
            &["sms.liquid", "a journey sends `cart_reminder` by sms"],
        );
    }
}

#[test]
fn an_engine_that_does_not_run_is_69_with_the_remedy() {
    let address = nobody();
    for command in [&["explain", "ana"][..], &["inspect"]] {
        let set = format!("admin.listen={address}");
        let args: Vec<&str> = ["--set", &set].into_iter().chain(command.iter().copied()).collect();
        expect(
            &cartwheel(&shipped(), &args, &[]),
            69,
            &[&format!("no engine answers at http://{address}"), "cartwheel run"],
        );
        // With --admin no configuration is needed.
        let url = format!("http://{address}");
        let args: Vec<&str> = command.iter().copied().chain(["--admin", &url]).collect();
        expect(&cartwheel(Path::new("/nowhere"), &args, &[]), 69, &[&address]);
    }
    let url = format!("http://{address}");
    for args in [["publish", "--admin", &url], ["check", "--against", &url]] {
        expect(&cartwheel(&shipped(), &args, &[]), 69, &["no engine answers", &address]);
    }
}
