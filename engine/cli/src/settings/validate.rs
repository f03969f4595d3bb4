//! What must hold of a configuration beyond the types of its values. The policy is checked by the core, together with the journeys.

use super::{Loaded, Settings, secret};
use crate::failure::Fault;
use cartwheel_providers::{Brand, Secret};
use cartwheel_sim::trace::suggest;
use std::path::Path;

/// 200 GB of memory.
const MOST_CUSTOMERS: u32 = 1_000_000_000;
/// MiB of a decision log: a segment twice, and 16 TiB.
const LEAST_LOG: u32 = 32;
const MOST_LOG: u32 = 16 << 20;

/// A key whose value is wrong.
#[derive(Debug, PartialEq)]
pub struct Wrong {
    path: Vec<String>,
    message: String,
    help: Option<String>,
}

impl Wrong {
    fn new(path: &str, message: impl Into<String>, help: &str) -> Self {
        let help = (!help.is_empty()).then(|| help.to_owned());
        Self { path: path.split('.').map(str::to_owned).collect(), message: message.into(), help }
    }

    /// The fault, where the value comes from.
    pub fn placed(self, loaded: &Loaded) -> Fault {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        loaded.fault(&path, format!("{}: {}", path.join("."), self.message), self.help)
    }
}

/// Everything that is wrong.
pub fn faults(settings: &Settings) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    engine(settings, &mut wrong);
    outside(settings, &mut wrong);
    kafka(settings, &mut wrong);
    providers(settings, &mut wrong);
    secrets(settings, &mut wrong);
    wrong
}

fn engine(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let engine = &settings.engine;
    for (key, value, most) in [
        ("engine.max_customers_per_shard", engine.max_customers_per_shard, MOST_CUSTOMERS),
        ("engine.max_batch", engine.max_batch, 1_000_000),
        ("engine.in_flight", engine.in_flight, 1_000_000),
        ("engine.partitions", engine.partitions, 4096),
        ("engine.replication", engine.replication.into(), 15),
        ("delivery.concurrency", settings.delivery.concurrency, 10_000),
        ("delivery.max_suppressions", settings.delivery.max_suppressions, 1_000_000_000),
        ("delivery.max_remembered", settings.delivery.max_remembered, 1_000_000_000),
        ("delivery.retry.max_attempts", settings.delivery.retry.max_attempts, 1000),
        ("delivery.breaker.failures", settings.delivery.breaker.failures, 10_000),
    ] {
        if !(1..=most).contains(&value) {
            wrong.push(Wrong::new(key, format!("{value} is not between 1 and {most}"), ""));
        }
    }
    if engine.expected_customers > MOST_CUSTOMERS {
        let what = format!("{} is more than {MOST_CUSTOMERS}", engine.expected_customers);
        wrong.push(Wrong::new(
            "engine.expected_customers",
            what,
            "it is the number of customers; their memory is taken at the start",
        ));
    }
    if !(LEAST_LOG..=MOST_LOG).contains(&engine.decision_log_mib) {
        let what = format!("{} is not between {LEAST_LOG} and {MOST_LOG}", engine.decision_log_mib);
        wrong.push(Wrong::new(
            "engine.decision_log_mib",
            what,
            "it is a number of MiB, for each shard",
        ));
    }
    for (key, span) in [
        ("engine.checkpoint_interval", engine.checkpoint_interval),
        ("engine.start_timeout", engine.start_timeout),
        ("delivery.freshness", settings.delivery.freshness),
    ] {
        if span.millis() == 0 {
            wrong.push(Wrong::new(
                key,
                "must be longer than nothing",
                "write a duration such as 5s",
            ));
        }
    }
}

fn outside(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let admin = &settings.admin;
    for listen in [admin.listen, admin.deliver_listen] {
        if admin.insecure_local && !listen.ip().is_loopback() {
            let help = "set admin.token_sha256, or listen on 127.0.0.1";
            wrong.push(Wrong::new(
                "admin.insecure_local",
                format!("{listen} is not a loopback address"),
                help,
            ));
        }
    }
    let url = &settings.inbound.public_url;
    if !(url.starts_with("https://")
        || url.starts_with("http://localhost")
        || url.starts_with("http://127.0.0.1"))
    {
        let help = "mail programs accept one-click unsubscribe over https alone";
        wrong.push(Wrong::new(
            "inbound.public_url",
            format!("`{url}` does not begin with https://"),
            help,
        ));
    }
}

fn kafka(settings: &Settings, wrong: &mut Vec<Wrong>) {
    if let Err(error) = settings.kafka.validate() {
        wrong.push(Wrong::new("kafka", error.to_string(), ""));
    }
}

fn providers(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let providers = &settings.providers;
    for (channel, name) in &providers.route {
        let path = format!("providers.route.{channel}");
        if !name.carries(*channel) {
            wrong.push(Wrong::new(
                &path,
                format!("`{}` does not carry {channel}", name.name()),
                "webhook carries every channel",
            ));
        } else if !providers.has(*name) {
            let help = format!("add the section providers.{}", name.name());
            wrong.push(Wrong::new(&path, format!("`{}` is not configured", name.name()), &help));
        }
    }
    for name in settings.delivery.rates.keys() {
        if !PROVIDERS.contains(&name.as_str()) {
            let help = suggest::help(name, PROVIDERS);
            wrong.push(Wrong::new(
                &format!("delivery.rates.{name}"),
                format!("unknown provider `{name}`"),
                &help,
            ));
        }
    }
    if let Some(Err(error)) = settings.brand.as_ref().map(Brand::validate) {
        wrong.push(Wrong::new(&format!("brand.{}", error.field), error.problem, ""));
    }
}

const PROVIDERS: [&str; 3] = ["smtp", "resend", "webhook"];

fn secrets(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let mut check = |path: &str, result: Result<(), String>| {
        if let Err(message) = result {
            wrong.push(Wrong::new(
                path,
                message,
                "the file must be readable by the user that runs cartwheel",
            ));
        }
    };
    let (admin, inbound, providers) = (&settings.admin, &settings.inbound, &settings.providers);
    check(
        "admin.token_sha256",
        token(admin.token_sha256.as_ref(), admin.token_sha256_file.as_deref()),
    );
    check(
        "inbound.unsubscribe_secrets",
        unsubscribe(&inbound.unsubscribe_secrets, inbound.unsubscribe_secrets_file.as_deref()),
    );
    if let Some(smtp) = &providers.smtp {
        check(
            "providers.smtp.password",
            one(smtp.password.as_ref(), smtp.password_file.as_deref()).map(drop),
        );
    }
    if let Some(resend) = &providers.resend {
        check(
            "providers.resend.api_key",
            one(resend.api_key.as_ref(), resend.api_key_file.as_deref()).map(drop),
        );
    }
    if let Some(webhook) = &providers.webhook {
        check(
            "providers.webhook.secret",
            one(webhook.secret.as_ref(), webhook.secret_file.as_deref()).map(drop),
        );
        check(
            "providers.webhook.second_secret",
            one(webhook.second_secret.as_ref(), webhook.second_secret_file.as_deref()).map(drop),
        );
    }
}

fn one(given: Option<&Secret>, file: Option<&Path>) -> Result<Option<Secret>, String> {
    Secret::resolve("", given, file).map_err(|error| error.problem)
}

fn token(given: Option<&Secret>, file: Option<&Path>) -> Result<(), String> {
    let Some(token) = one(given, file)? else { return Ok(()) };
    let hexadecimal =
        token.reveal().len() == 64 && token.reveal().bytes().all(|byte| byte.is_ascii_hexdigit());
    if hexadecimal {
        Ok(())
    } else {
        Err("is not 64 hexadecimal digits (printf %s TOKEN | sha256sum)".into())
    }
}

fn unsubscribe(given: &[Secret], file: Option<&Path>) -> Result<(), String> {
    let secrets = secret::list(given, file)?;
    if secrets.len() > 2 {
        return Err(
            "there are more than two keys; keep the one that signs and the one before it".into()
        );
    }
    let short = secrets.iter().any(|secret| secret.reveal().len() < 32);
    if short {
        Err("a key is shorter than 32 characters (openssl rand -hex 32 makes a good one)".into())
    } else {
        Ok(())
    }
}
