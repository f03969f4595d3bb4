//! SIGHUP: the configuration is read and checked as at a start; what can change while the process runs comes into force, all of it, and what cannot is
//! named. On any error everything stays as it was.

use super::serve::Part;
use super::{admin, deliver, engine, log, refusal};
use crate::failure::{Failure, Fault};
use crate::settings::{Loaded, Origins};
use crate::{journeys, templates};
use cartwheel_runtime::admin::{AccessError, Doorkeeper};
use cartwheel_runtime::deliver::Deliver;
use cartwheel_runtime::engine::Engine;
use serde_json::Value;
use std::sync::Arc;

/// Keys that take effect while the process runs; beside them the files of journeys, templates and secrets.
const LIVE: [&str; 11] = [
    "policy",
    "brand",
    "admin.open_metrics",
    "admin.token_sha256",
    "admin.token_sha256_file",
    "inbound.public_url",
    "inbound.unsubscribe_secrets",
    "inbound.unsubscribe_secrets_file",
    "providers.resend",
    "providers.smtp",
    "providers.webhook",
];

/// Reads anew and puts into force; the keys that have changed and wait for a start.
pub fn part<P: Part>(
    part: &P,
    doorkeeper: &Doorkeeper,
    origins: &Origins,
    before: &Loaded,
) -> Result<Vec<String>, Failure> {
    let loaded = Loaded::read(origins)?;
    let admin = admin::config(&loaded, P::listen(&loaded.settings))?;
    let wrong = |error: AccessError| Failure::config(admin::refused(&loaded, &error));
    let admitted = doorkeeper.admit(&admin).map_err(wrong)?;
    part.reload(&loaded)?;
    admitted.now();
    Ok(waiting(&before.values(), &loaded.values()))
}

/// Keys of the first and second level that differ and are read at a start only.
fn waiting(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (section, values) in after.as_object().into_iter().flatten() {
        let old = &before[section];
        match values {
            _ if values == old || LIVE.contains(&section.as_str()) => {}
            Value::Object(entries) => found.extend(
                entries
                    .iter()
                    .filter(|(key, value)| old.get(key.as_str()) != Some(*value))
                    .map(|(key, _)| format!("{section}.{key}"))
                    .filter(|path| !LIVE.contains(&path.as_str())),
            ),
            _ => found.push(section.clone()),
        }
    }
    found
}

/// Logs what came of it.
pub fn say(name: &str, outcome: Result<Vec<String>, Failure>) {
    match outcome {
        Ok(waiting) if waiting.is_empty() => tracing::info!(part = name, "configuration read anew"),
        Ok(waiting) => tracing::warn!(
            part = name,
            waiting = waiting.join(", "),
            "configuration read anew; these keys take effect at the next start"
        ),
        Err(failure) => {
            tracing::error!(part = name, "the configuration stays as it was: {failure}");
            failure.faults().iter().for_each(say_fault);
        }
    }
}

fn say_fault(fault: &Fault) {
    let place = fault.place.as_ref();
    let place = place.map(|place| format!("{}:{}", place.path, place.line_and_column().0));
    // What there is none of is left out.
    tracing::error!(place = place.as_deref(), help = fault.help.as_deref(), "{}", fault.message);
}

/// Journeys and policy, and what templates read.
pub fn engine(running: &Engine, loaded: &Loaded) -> Result<(), Failure> {
    let compiled = journeys::compile(loaded)?;
    log::warn(&compiled.warnings);
    // What delivery could not render is not decided in the first place.
    let shown = templates::load(&loaded.settings, &compiled)?.shown();
    let bundle = engine::bundle(loaded, &compiled, &shown);
    running
        .reconfigure(Arc::new(compiled.plan.showing(&shown)), &bundle)
        .map_err(|error| refusal::engine(error, loaded))
}

/// Credentials, templates, brand, and the keys of unsubscribe links.
pub fn deliver(running: &Deliver, loaded: &Loaded) -> Result<(), Failure> {
    let compiled = journeys::compile(loaded)?;
    let templates = templates::load(&loaded.settings, &compiled)?;
    // Counting goes on where it was: nobody looks at these metrics.
    let options = deliver::options(loaded, templates, engine::metrics()?)?;
    running.renew(&options).map_err(|error| refusal::deliver(error, loaded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_takes_a_start_is_named_by_its_key() {
        let before = json!({"data_dir": "a", "policy": {"zone": "UTC"}, "kafka": {"bootstrap": "a", "member": null},
            "admin": {"listen": "a", "token_sha256": "a"}, "providers": {"route": {}, "smtp": {"host": "a"}}});
        let after = json!({"data_dir": "b", "policy": {"zone": "Asia/Tokyo"}, "kafka": {"bootstrap": "b", "member": null},
            "admin": {"listen": "b", "token_sha256": "b"}, "providers": {"route": {"sms": "webhook"}, "smtp": {"host": "b"}}});
        assert_eq!(
            waiting(&before, &after),
            ["admin.listen", "data_dir", "kafka.bootstrap", "providers.route"]
        );
        assert_eq!(waiting(&before, &before), Vec::<String>::new());
    }
}
