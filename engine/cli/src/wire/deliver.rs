//! Delivery's options: providers by channel, limits, unsubscribe links.

use super::engine::duration;
use crate::failure::Failure;
use crate::settings::{Delivery, Loaded, Provider as Name, secret};
use cartwheel_core::time::{DAY, Millis};
use cartwheel_delivery::attempt::RetryPolicy;
use cartwheel_delivery::breaker::BreakerPolicy;
use cartwheel_delivery::bucket::Rate;
use cartwheel_delivery::config::{Config, Provider as Limits};
use cartwheel_providers::resend::Resend;
use cartwheel_providers::smtp::Smtp;
use cartwheel_providers::template::Templates;
use cartwheel_providers::webhook::Webhook;
use cartwheel_providers::{ConfigError, Provider};
use cartwheel_runtime::clock::{Clock, SystemClock};
use cartwheel_runtime::deliver::{DeliverOptions, Route, Unsubscribe};
use cartwheel_runtime::metrics::Metrics;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long an idempotency key is honoured where one is: Resend's documented day, which an idempotent webhook must match.
const KEY_LIFE: Millis = DAY;

/// The options for `deliver`: the machine's clock, a board of its own.
///
/// # Errors
/// [`Failure::Config`]: no brand, no key for unsubscribe links, a provider that cannot be set up.
pub fn options(
    loaded: &Loaded,
    templates: Templates,
    metrics: Arc<Metrics>,
) -> Result<DeliverOptions, Failure> {
    let settings = &loaded.settings;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let brand = settings.brand.clone().ok_or_else(|| {
        let help = "every message says who writes: brand: { name: ..., from: ..., store_url: ... }";
        Failure::config(loaded.fault(
            &["brand"],
            "the section brand is missing".into(),
            Some(help.into()),
        ))
    })?;
    Ok(DeliverOptions {
        kafka: settings.kafka.clone(),
        data_dir: settings.data_dir.clone(),
        worker: worker(&settings.delivery),
        routes: routes(loaded, &clock)?,
        templates: Arc::new(templates),
        brand,
        unsubscribe: unsubscribe(loaded)?,
        clock,
        demo: false,
        metrics,
        board: None,
        stop_timeout: duration(settings.engine.stop_timeout),
        start_timeout: duration(settings.engine.start_timeout),
    })
}

/// Limits of the worker.
fn worker(delivery: &Delivery) -> Config {
    let (retry, breaker) = (&delivery.retry, &delivery.breaker);
    Config {
        check_life: delivery.freshness.millis(),
        max_in_flight: delivery.concurrency as usize,
        max_suppressions: delivery.max_suppressions as usize,
        max_remembered: delivery.max_remembered as usize,
        retry: RetryPolicy {
            base: retry.first.millis(),
            cap: retry.longest.millis(),
            max_attempts: retry.max_attempts,
        },
        breaker: BreakerPolicy {
            failures: breaker.failures,
            open_for: breaker.open_for.millis(),
            open_at_most: breaker.open_at_most.millis(),
        },
        ..Config::default()
    }
}

/// One client a provider, shared by the channels that it serves.
fn routes(loaded: &Loaded, clock: &Arc<dyn Clock>) -> Result<Vec<Route>, Failure> {
    let settings = &loaded.settings;
    let mut clients: BTreeMap<&str, (Arc<dyn Provider>, Millis)> = BTreeMap::new();
    let mut routes = Vec::new();
    for (channel, name) in &settings.providers.route {
        if !clients.contains_key(name.name()) {
            let client = client(loaded, *name, clock).map_err(|error| {
                let message = format!("providers.{}.{error}", name.name());
                Failure::config(loaded.fault(
                    &["providers", name.name(), error.field],
                    message,
                    None,
                ))
            })?;
            clients.insert(name.name(), client);
        }
        let Some((sender, longest_call)) = clients.get(name.name()) else { continue };
        let limits = Limits {
            name: name.name().into(),
            account: name.name().into(),
            key_life: sender.idempotent().then_some(KEY_LIFE - longest_call),
            rate: rate(&settings.delivery, name.name()),
            max_in_flight: settings.delivery.concurrency as usize,
        };
        routes.push(Route { channel: *channel, limits, sender: Arc::clone(sender) });
    }
    Ok(routes)
}

/// The provider's client, and the longest time (ms) that a call takes.
fn client(
    loaded: &Loaded,
    name: Name,
    clock: &Arc<dyn Clock>,
) -> Result<(Arc<dyn Provider>, Millis), ConfigError> {
    let providers = &loaded.settings.providers;
    let absent = || ConfigError { field: "section", problem: "is missing".into() };
    Ok(match name {
        Name::Smtp => {
            let config = providers.smtp.as_ref().ok_or_else(absent)?;
            (Arc::new(Smtp::new(config)?), config.timeout.millis())
        }
        Name::Resend => {
            let config = providers.resend.as_ref().ok_or_else(absent)?;
            (Arc::new(Resend::new(config)?), config.timeout.millis())
        }
        Name::Webhook => {
            let config = providers.webhook.as_ref().ok_or_else(absent)?;
            let clock = Arc::clone(clock);
            (
                Arc::new(Webhook::new(config, Arc::new(move || clock.wall()))?),
                config.timeout.millis(),
            )
        }
    })
}

/// The provider's rate with a second's worth at once; without one, more than any machine sends.
fn rate(delivery: &Delivery, provider: &str) -> Rate {
    match delivery.rates.get(provider) {
        None => Rate::per_second(1_000_000, 1_000_000),
        Some(rate) => Rate {
            count: rate.count,
            per: rate.seconds * 1_000,
            burst: (rate.count / rate.seconds).max(1),
        },
    }
}

fn unsubscribe(loaded: &Loaded) -> Result<Unsubscribe, Failure> {
    let inbound = &loaded.settings.inbound;
    let path = ["inbound", "unsubscribe_secrets_file"];
    let wrong = |message: String, help: &str| {
        Failure::config(loaded.fault(&path, message, Some(help.into())))
    };
    let keys =
        secret::list(&inbound.unsubscribe_secrets, inbound.unsubscribe_secrets_file.as_deref())
            .map_err(|error| {
                wrong(
                    format!("inbound.unsubscribe_secrets: {error}"),
                    "the file must be readable by the user that runs cartwheel",
                )
            })?;
    let mut keys = keys.iter().map(|key| key.reveal().as_bytes().to_vec());
    let current = keys.next().ok_or_else(|| {
        let help = "umask 077; openssl rand -hex 32 > FILE, and name it in inbound.unsubscribe_secrets_file; links in old mails need it, so keep it";
        wrong("there is no key to sign unsubscribe links with".into(), help)
    })?;
    Ok(Unsubscribe {
        public_url: inbound.public_url.clone(),
        current,
        previous: keys.next(),
        listen: Some(inbound.listen),
        policy: loaded.settings.policy.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::UnitRate;

    #[test]
    fn a_rate_allows_a_second_at_once() {
        let rates = [("resend", 5, 1), ("smtp", 3_500, 60), ("webhook", 10, 3_600)];
        let rates =
            rates.map(|(name, count, seconds)| (name.to_owned(), UnitRate { count, seconds }));
        let delivery = Delivery { rates: rates.into(), ..Delivery::default() };
        assert_eq!(rate(&delivery, "resend"), Rate { count: 5, per: 1_000, burst: 5 });
        assert_eq!(rate(&delivery, "smtp"), Rate { count: 3_500, per: 60_000, burst: 58 });
        assert_eq!(rate(&delivery, "webhook"), Rate { count: 10, per: 3_600_000, burst: 1 });
        assert_eq!(rate(&delivery, "other").count, 1_000_000);
    }
}
