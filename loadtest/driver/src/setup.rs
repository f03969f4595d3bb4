//! The configuration that a run works under: the user's, but with our broker, our folders and no holding back of marketing.

use crate::Error;
use cartwheel_broker::{PASSWORD, Secured, USER};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_kafka::KafkaConfig;
use cartwheel_providers::template::Templates;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file with the settings in a configuration folder.
const FILE: &str = "cartwheel.yaml";
/// A duration that no test sees the end of: marketing is never held because a shard is behind.
const NEVER: &str = "36500d";

/// A generated configuration, as the engine and we read it.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its folder.
    pub dir: PathBuf,
    /// How to reach the broker, and the namespace.
    pub kafka: KafkaConfig,
    /// The journeys under the policy.
    pub plan: Arc<Plan>,
    /// Where the engine's admin listener will be.
    pub admin: SocketAddr,
}

/// What differs from the user's configuration.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The broker, `host:port`.
    pub bootstrap: String,
    /// The first part of the topics' names.
    pub namespace: String,
    /// Partitions of the topics.
    pub partitions: i32,
    /// `engine.expected_customers`.
    pub expected_customers: u32,
}

impl Setup {
    /// Writes the configuration of `base`, changed, into the folder `dir`, and reads it.
    pub fn write(base: &Path, dir: &Path, changes: &Changes) -> Result<Self, Error> {
        let base = base.canonicalize().map_err(Error::io(base.display().to_string()))?;
        let mut tree = read_tree(&base)?;
        rebase(&mut tree, &base);
        change(&mut tree, &base, dir, changes)?;
        std::fs::create_dir_all(dir).map_err(Error::io(dir.display().to_string()))?;
        write_tree(dir, &tree)?;
        Self::read(dir)
    }

    /// Lets the engine go over the listener with TLS and a login; `kafka` stays as it is, for us.
    pub fn protect(&self, secured: &Secured) -> Result<(), Error> {
        self.edit(|tree| {
            let kafka = &mut tree["kafka"];
            kafka["bootstrap"] = json!(secured.login());
            kafka["security_protocol"] = json!("sasl_ssl");
            kafka["sasl_mechanism"] = json!("SCRAM-SHA-256");
            kafka["username"] = json!(USER);
            kafka["password"] = json!(PASSWORD);
            kafka["ssl_ca_file"] = json!(secured.ca);
        })
    }

    /// Lets the engine take a checkpoint so often, as the configuration writes durations.
    pub fn checkpoint_every(&self, interval: &str) -> Result<(), Error> {
        self.edit(|tree| tree["engine"]["checkpoint_interval"] = json!(interval))
    }

    /// Changes what the engine reads; what we have read of it stays.
    fn edit(&self, change: impl FnOnce(&mut Value)) -> Result<(), Error> {
        let mut tree = read_tree(&self.dir)?;
        change(&mut tree);
        write_tree(&self.dir, &tree)
    }

    /// Reads a configuration that [`Setup::write`] wrote.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let tree = read_tree(dir)?;
        let wrong = |what: &str, error: &dyn std::fmt::Display| {
            Error::Config(format!("{what} in {}: {error}", dir.join(FILE).display()))
        };
        let kafka = serde_json::from_value(tree["kafka"].clone())
            .map_err(|error| wrong("kafka", &error))?;
        let admin = serde_json::from_value(tree["admin"]["listen"].clone())
            .map_err(|error| wrong("admin.listen", &error))?;
        Ok(Self {
            dir: dir.to_owned(),
            kafka,
            plan: Arc::new(plan_of(&tree, dir, Vec::new())?),
            admin,
        })
    }
}

/// The journeys of a configuration folder, under its policy.
pub fn plan(base: &Path) -> Result<Plan, Error> {
    crowded_plan(base, Vec::new())
}

/// The same with these journeys beside its own.
pub fn crowded_plan(base: &Path, more: Vec<SourceFile>) -> Result<Plan, Error> {
    plan_of(&read_tree(base)?, base, more)
}

fn read_tree(dir: &Path) -> Result<Value, Error> {
    let path = dir.join(FILE);
    let text = std::fs::read_to_string(&path).map_err(Error::io(path.display().to_string()))?;
    let tree: Value = serde_saphyr::from_str(&text)
        .map_err(|error| Error::Config(format!("{}: {error}", path.display())))?;
    if tree.is_object() {
        Ok(tree)
    } else {
        Err(Error::Config(format!("{} is empty", path.display())))
    }
}

fn write_tree(dir: &Path, tree: &Value) -> Result<(), Error> {
    let path = dir.join(FILE);
    // JSON is YAML.
    std::fs::write(&path, format!("{tree:#}\n")).map_err(Error::io(path.display().to_string()))
}

fn plan_of(tree: &Value, dir: &Path, more: Vec<SourceFile>) -> Result<Plan, Error> {
    let policy: Policy = match tree.get("policy") {
        Some(policy) => serde_json::from_value(policy.clone())
            .map_err(|error| Error::Config(format!("policy: {error}")))?,
        None => Policy::default(),
    };
    let journeys = dir.join(tree["journeys_dir"].as_str().unwrap_or("journeys"));
    let mut sources = journeys_in(&journeys)?;
    sources.extend(more);
    let beside = || journeys.with_file_name("facts.yaml");
    let path = tree["facts_file"].as_str().map_or_else(beside, |file| dir.join(file));
    let named = tree["facts_file"].is_string();
    let facts = match std::fs::read_to_string(&path) {
        Ok(text) => Some(SourceFile { path: path.display().to_string(), text }),
        Err(error) if error.kind() == ErrorKind::NotFound && !named => None,
        Err(error) => return Err(Error::io(path.display().to_string())(error)),
    };
    let sources = Sources { journeys: &sources, facts: facts.as_ref() };
    let plan = load(&policy, sources).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        Error::Config(lines.join("\n"))
    })?;
    let templates = dir.join(tree["templates_dir"].as_str().unwrap_or("templates"));
    let templates = Templates::load(&templates).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::Config(lines.join("\n"))
    })?;
    Ok(plan.showing(&templates.shown()))
}

fn journeys_in(dir: &Path) -> Result<Vec<SourceFile>, Error> {
    let failed = || Error::io(dir.display().to_string());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed())? {
        paths.push(entry.map_err(failed())?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(Error::io(path.display().to_string()))?;
        Ok(SourceFile { path: path.display().to_string(), text })
    };
    paths.iter().map(read).collect()
}

/// Relative paths (keys that end in `_file` or `_dir`) start at `dir` from now on.
fn rebase(tree: &mut Value, dir: &Path) {
    let Value::Object(entries) = tree else { return };
    for (key, value) in entries {
        match value {
            Value::String(path) if key.ends_with("_file") || key.ends_with("_dir") => {
                *path = dir.join(&*path).display().to_string()
            }
            inner => rebase(inner, dir),
        }
    }
}

fn change(tree: &mut Value, base: &Path, dir: &Path, changes: &Changes) -> Result<(), Error> {
    let (admin, inbound) = free_addresses()?;
    for (name, default) in [("journeys_dir", "journeys"), ("templates_dir", "templates")] {
        if tree.get(name).is_none() {
            tree[name] = json!(base.join(default));
        }
    }
    tree["data_dir"] = json!(dir.join("data"));
    tree["kafka"]["bootstrap"] = json!(changes.bootstrap);
    tree["kafka"]["namespace"] = json!(changes.namespace);
    tree["engine"]["hold_after"] = json!(NEVER);
    tree["engine"]["checkpoint_interval"] = json!("10s");
    tree["engine"]["expected_customers"] = json!(changes.expected_customers);
    // One shard may have all of them, and some that nobody expected.
    let most = changes.expected_customers.saturating_add(1_000_000).max(10_000_000);
    tree["engine"]["max_customers_per_shard"] = json!(most);
    tree["engine"]["create_topics"] = json!(false);
    tree["engine"]["partitions"] = json!(changes.partitions);
    tree["engine"]["replication"] = json!(1);
    tree["admin"] = json!({ "listen": admin, "insecure_local": true });
    tree["inbound"]["listen"] = json!(inbound);
    tree["log"] = json!({ "level": "info", "format": "json" });
    Ok(())
}

/// Two loopback addresses that are free now; somebody else may take one before the engine does, which then says so.
fn free_addresses() -> Result<(SocketAddr, SocketAddr), Error> {
    let bind = || TcpListener::bind(("127.0.0.1", 0)).map_err(Error::io("free port"));
    let address = |listener: &TcpListener| listener.local_addr().map_err(Error::io("free port"));
    let (first, second) = (bind()?, bind()?);
    Ok((address(&first)?, address(&second)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_configuration_keeps_its_identity() {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        let dir = tempfile::tempdir().unwrap();
        let changes = Changes {
            bootstrap: "127.0.0.1:1".into(),
            namespace: "load".into(),
            partitions: 3,
            expected_customers: 7,
        };
        let setup = Setup::write(&base, &dir.path().join("config"), &changes).unwrap();
        assert_eq!(setup.plan.hash, plan(&base).unwrap().hash);
        assert_eq!(
            (setup.kafka.bootstrap.as_str(), setup.kafka.namespace.as_str()),
            ("127.0.0.1:1", "load")
        );
        let tree = read_tree(&setup.dir).unwrap();
        assert_eq!(
            (&tree["engine"]["hold_after"], &tree["engine"]["expected_customers"]),
            (&json!(NEVER), &json!(7))
        );
        assert!(Path::new(tree["templates_dir"].as_str().unwrap()).is_dir());
    }

    #[test]
    fn its_journeys_are_those_that_ship_but_for_their_coupons() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let lines = |folder: &str, name: &str| -> Vec<String> {
            let text = std::fs::read_to_string(root.join(folder).join(name)).unwrap();
            let says = |line: &&str| {
                let line = line.trim();
                !line.is_empty() && !line.starts_with('#') && !line.starts_with("with: { coupon:")
            };
            text.lines().filter(says).map(str::to_owned).collect()
        };
        for name in ["cart_abandonment.yaml", "welcome.yaml"] {
            assert_eq!(lines("loadtest/config/journeys", name), lines("config/journeys", name));
        }
    }

    #[test]
    fn a_folder_without_configuration_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert!(plan(dir.path()).unwrap_err().to_string().contains("cartwheel.yaml"));
    }
}
