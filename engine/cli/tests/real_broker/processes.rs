//! The binary as processes: `run`, `deliver`, `explain`, and their configuration in a folder of its own.

use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_kafka::{Admin, KafkaConfig, Offsets, TopicSpec};
use cartwheel_providers::template::Templates;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_cartwheel");

/// Waits for a condition that must come true.
pub fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < limit, "waited {limit:?} for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// Makes the topics; `retention` in milliseconds, if it is not the broker's own.
pub fn create_topics(kafka: &KafkaConfig, partitions: i32, retention: Option<i64>) {
    Admin::new(kafka, Duration::from_secs(20))
        .and_then(|admin| admin.ensure(&TopicSpec::all(kafka, partitions, 1, retention), true))
        .expect("topics");
}

/// The shipped configuration folder.
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").canonicalize().expect("config/")
}

/// A configuration folder and what runs with it.
pub struct Deployment {
    dir: tempfile::TempDir,
    smtp_port: u16,
    kafka: KafkaConfig,
    offsets: Offsets,
    admin: u16,
    /// The admin listener of delivery, and the public one.
    deliver_admin: u16,
    inbound: u16,
    /// End offsets and since when they have stood there.
    still: Mutex<(Vec<i64>, Instant)>,
    /// The section of cartwheel.yaml.
    policy: String,
}

const POLICY: &str = r#"
policy:
  zone: America/New_York
  caps:
    - { name: email_gap, scope: "channel:email", limit: 1, per: 16h }
    - { name: five_a_week, scope: all, limit: 5, per: 7d }
  coupons: [comeback10, birthday10, friend10, winback15, survey10]
"#;

impl Deployment {
    pub fn new(bootstrap: &str, smtp_port: u16, name: &str) -> Self {
        let namespace = format!("{name}{}", std::process::id());
        let kafka =
            KafkaConfig { bootstrap: bootstrap.to_owned(), namespace, ..KafkaConfig::default() };
        Self::of(kafka, smtp_port, POLICY.to_owned())
    }

    /// The same under the policy that ships.
    pub fn as_shipped(bootstrap: &str, smtp_port: u16, name: &str) -> Self {
        let yaml = std::fs::read_to_string(shipped().join("cartwheel.yaml")).expect("a file");
        let of_policy = |line: &&str| line.is_empty() || line.starts_with([' ', '#']);
        let section =
            yaml.lines().skip_while(|line| *line != "policy:").skip(1).take_while(of_policy);
        let policy = format!("policy:\n{}\n", section.collect::<Vec<_>>().join("\n"));
        let kafka = Self::new(bootstrap, smtp_port, name).kafka;
        Self::of(kafka, smtp_port, policy)
    }

    /// Another one for the same shop: a data directory and listeners of its own.
    pub fn beside(&self) -> Self {
        Self::of(self.kafka(), self.smtp_port, self.policy.clone())
    }

    fn of(kafka: KafkaConfig, smtp_port: u16, policy: String) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (admin, deliver_admin, inbound) = (free_port(), free_port(), free_port());
        let config = shipped();
        let (journeys, templates) = (config.join("journeys"), config.join("templates"));
        let yaml = format!(
            r#"
data_dir: {data}
journeys_dir: {journeys}
templates_dir: {templates}
kafka: {{ bootstrap: "{bootstrap}", namespace: {namespace} }}
engine: {{ hold_after: 365d, checkpoint_interval: 2s }}
{policy}
providers:
  route: {{ email: smtp }}
  smtp: {{ host: 127.0.0.1, port: {smtp_port}, tls: none }}
brand: {{ name: Test Shop, from: shop@shop.example, store_url: "https://shop.example" }}
admin: {{ listen: "127.0.0.1:{admin}", deliver_listen: "127.0.0.1:{deliver_admin}", insecure_local: true }}
inbound:
  listen: "127.0.0.1:{inbound}"
  unsubscribe_secrets: [ "0123456789abcdef0123456789abcdef0123456789abcdef" ]
log: {{ level: info, format: text }}
"#,
            data = dir.path().join("data").display(),
            journeys = journeys.display(),
            templates = templates.display(),
            bootstrap = kafka.bootstrap,
            namespace = kafka.namespace,
        );
        std::fs::write(dir.path().join("cartwheel.yaml"), yaml).expect("cartwheel.yaml");
        let offsets = Offsets::new(&kafka).expect("a client");
        Self {
            dir,
            smtp_port,
            kafka,
            offsets,
            admin,
            deliver_admin,
            inbound,
            still: Mutex::new((Vec::new(), Instant::now())),
            policy,
        }
    }

    pub fn kafka(&self) -> KafkaConfig {
        self.kafka.clone()
    }

    /// The plan as the engine compiles it.
    pub fn plan(&self) -> Arc<Plan> {
        #[derive(serde::Deserialize)]
        struct WithPolicy {
            policy: Policy,
        }
        let policy: WithPolicy = serde_saphyr::from_str(&self.policy).expect("the policy");
        let mut sources: Vec<SourceFile> = std::fs::read_dir(shipped().join("journeys"))
            .expect("journeys")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
            .map(|path| SourceFile {
                path: path.display().to_string(),
                text: std::fs::read_to_string(&path).expect("a journey"),
            })
            .collect();
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        let path = shipped().join("facts.yaml");
        let text = std::fs::read_to_string(&path).expect("facts");
        let facts = SourceFile { path: path.display().to_string(), text };
        let sources = Sources { journeys: &sources, facts: Some(&facts) };
        let plan = load(&policy.policy, sources).expect("the shipped journeys are valid");
        let templates = Templates::load(&shipped().join("templates"));
        let templates = templates.unwrap_or_else(|problems| panic!("{problems:?}"));
        Arc::new(plan.showing(&templates.shown()))
    }

    pub fn run(&self) -> Process {
        self.spawn("run", &[])
    }

    pub fn deliver(&self) -> Process {
        self.spawn("deliver", &[])
    }

    /// A process of the command with these flags.
    pub fn spawn(&self, command: &'static str, flags: &[&str]) -> Process {
        let log = self.dir.path().join(format!("{command}.log"));
        let output = || File::options().create(true).append(true).open(&log).expect("a log file");
        let child = Command::new(BINARY)
            .args(["--config-dir".as_ref(), self.dir.path().as_os_str(), command.as_ref()])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output())
            .spawn()
            .expect("the binary starts");
        Process { child, log }
    }

    /// The engine has nothing left to do: both topics have stood still for a while.
    pub fn caught_up(&self) -> bool {
        let topics = self.kafka.topics();
        let end = |topic: &str, partition| {
            self.offsets.end(topic, partition, Duration::from_secs(10)).expect("an end offset")
        };
        let ends: Vec<i64> = (0..crate::kill_nine::PARTITIONS)
            .flat_map(|partition| [end(&topics.events, partition), end(&topics.sends, partition)])
            .collect();
        let mut still = self.still.lock().expect("not poisoned");
        if still.0 != ends {
            *still = (ends, Instant::now());
        }
        still.1.elapsed() > Duration::from_secs(4)
    }

    /// Records in the sends topic.
    pub fn decided(&self) -> i64 {
        let sends = self.kafka.topics().sends;
        let end = |partition| {
            self.offsets.end(&sends, partition, Duration::from_secs(10)).expect("an end offset")
        };
        (0..crate::kill_nine::PARTITIONS).map(end).sum()
    }

    /// Every shard of so many has read its partition to the end, and no timer is due.
    pub fn has_read_all(&self, partitions: i32) -> bool {
        let events = self.kafka.topics().events;
        let shards = self.api("shards");
        let shards = shards.as_array().map_or(&[][..], Vec::as_slice);
        let read = |shard: &serde_json::Value| {
            let partition = shard["shard"].as_i64().and_then(|number| i32::try_from(number).ok());
            let end = partition.map(|partition| {
                self.offsets.end(&events, partition, Duration::from_secs(10)).expect("an end")
            });
            end.is_some() && shard["next_offset"].as_i64() == end && shard["timers_due"] == 0
        };
        shards.len() == partitions as usize && shards.iter().all(read)
    }

    /// Where links in messages are answered.
    pub fn inbound(&self) -> u16 {
        self.inbound
    }

    /// The sum of the metric's series that have this in their labels; 0 while the engine does not answer.
    pub fn sum(&self, metric: &str, labels: &str) -> f64 {
        sum(&metrics(self.admin).unwrap_or_default(), metric, labels)
    }

    /// The same of delivery.
    pub fn delivered(&self, metric: &str, labels: &str) -> f64 {
        sum(&metrics(self.deliver_admin).unwrap_or_default(), metric, labels)
    }

    /// Where the engine's admin listener is.
    pub fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.admin)
    }

    /// What the engine's API says; null while it does not answer.
    pub fn api(&self, path: &str) -> serde_json::Value {
        let answer = answer(self.admin, &format!("/api/v1/{path}")).unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("null", |(_, body)| body);
        serde_json::from_str(body).expect("JSON")
    }

    /// The output of a command of the binary with this configuration.
    pub fn command(&self, args: &[&str]) -> std::process::Output {
        let folder = ["--config-dir".as_ref(), self.dir.path().as_os_str()];
        Command::new(BINARY).args(folder).args(args).output().expect("the binary runs")
    }

    /// What the running engine says of a customer: one decision a line.
    pub fn explain(&self, customer: &str) -> Vec<serde_json::Value> {
        let output = self.command(&["--output", "json", "explain", customer]);
        assert!(
            output.status.success(),
            "explain {customer}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
            .collect()
    }
}

/// The sum of the metric's series that have this in their labels.
fn sum(metrics: &str, metric: &str, labels: &str) -> f64 {
    let of_metric = |line: &&str| line.starts_with(&format!("{metric}{{")) && line.contains(labels);
    let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
    metrics.lines().filter(of_metric).map(|line| value(line).expect("a value")).sum()
}

/// What the `/metrics` of this admin listener says.
fn metrics(port: u16) -> std::io::Result<String> {
    answer(port, "/metrics")
}

/// What this admin listener answers, head and body.
fn answer(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(answer)
}

/// A process of the binary; killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// SIGKILL.
    pub fn kill_hard(mut self) {
        assert!(
            self.child.try_wait().expect("a status").is_none(),
            "it ran until it was killed:\n{}",
            self.end_of_log()
        );
        self.child.kill().expect("kill -9");
        self.child.wait().expect("its end");
    }

    /// SIGTERM, and a clean end.
    pub fn stop(mut self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        assert!(told.success(), "it ran until it was stopped:\n{}", self.end_of_log());
        until("a clean end", Duration::from_secs(60), || {
            self.child.try_wait().expect("a status").is_some()
        });
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "{status}:\n{}", self.end_of_log());
    }

    /// A command that ends by itself, and well.
    pub fn finish(mut self) {
        until("its end", Duration::from_secs(60), || {
            self.child.try_wait().expect("a status").is_some()
        });
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "{status}:\n{}", self.end_of_log());
    }

    /// SIGHUP: read the configuration anew.
    pub fn hang_up(&self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-HUP", &id]).status().expect("kill");
        assert!(told.success(), "it ran:\n{}", self.end_of_log());
    }

    /// How many lines of the log have this text.
    pub fn said(&self, text: &str) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains(text)).count()
    }

    fn end_of_log(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("end of {}:\n{}", self.log.display(), self.end_of_log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
