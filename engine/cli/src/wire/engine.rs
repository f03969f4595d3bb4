//! The engine's options.

use crate::failure::Failure;
use crate::journeys::Compiled;
use crate::settings::{Loaded, at_start};
use cartwheel_core::journey::shown::Shown;
use cartwheel_core::time::Span;
use cartwheel_providers::template::Templates;
use cartwheel_runtime::clock::SystemClock;
use cartwheel_runtime::engine::{
    ConfigBundle, CreateTopics, EngineOptions, EngineSettings, JourneyText,
};
use cartwheel_runtime::metrics::Metrics;
use std::sync::Arc;
use std::time::Duration;

/// The options for `run`: the machine's clock, the settings' topics and limits.
pub fn options(
    loaded: &Loaded,
    compiled: Compiled,
    templates: &Templates,
    metrics: Arc<Metrics>,
) -> EngineOptions {
    let settings = &loaded.settings;
    let shown = templates.shown();
    EngineOptions {
        kafka: settings.kafka.clone(),
        data_dir: settings.data_dir.clone(),
        bundle: bundle(loaded, &compiled, &shown),
        plan: Arc::new(compiled.plan.showing(&shown)),
        settings: limits(loaded),
        started_with: at_start::of(loaded),
        clock: Arc::new(SystemClock::default()),
        demo: false,
        create_topics: settings.engine.create_topics.then(|| topics(loaded)),
        metrics,
    }
}

/// What the plan is compiled from: texts, and what templates read.
pub fn bundle(loaded: &Loaded, compiled: &Compiled, shown: &Shown) -> ConfigBundle {
    let text = |source: &cartwheel_core::journey::load::SourceFile| JourneyText {
        path: source.path.clone(),
        text: source.text.clone(),
    };
    ConfigBundle {
        policy: loaded.settings.policy.clone(),
        journeys: compiled.sources.iter().map(text).collect(),
        facts: compiled.facts.as_ref().map(text),
        shown: shown.clone(),
    }
}

/// Limits and periods of the section `engine`.
pub fn limits(loaded: &Loaded) -> EngineSettings {
    let engine = &loaded.settings.engine;
    EngineSettings {
        margin: engine.margin.millis(),
        shard: cartwheel_shard::Settings {
            hold_after: engine.hold_after.millis(),
            max_clock_ahead: engine.max_clock_ahead.millis(),
            max_customers: engine.max_customers_per_shard as usize,
            ..cartwheel_shard::Settings::default()
        },
        expected_customers: engine.expected_customers,
        checkpoint_interval: duration(engine.checkpoint_interval),
        decision_log_bytes: u64::from(engine.decision_log_mib) << 20,
        max_batch: engine.max_batch as usize,
        max_in_flight: engine.in_flight.into(),
        start_timeout: duration(engine.start_timeout),
        stop_timeout: duration(engine.stop_timeout),
        ..EngineSettings::default()
    }
}

fn topics(loaded: &Loaded) -> CreateTopics {
    let engine = &loaded.settings.engine;
    let partitions = i32::try_from(engine.partitions).unwrap_or(i32::MAX);
    CreateTopics {
        partitions,
        replication: engine.replication.into(),
        retention_ms: None,
        log_append_time: true,
    }
}

/// A span of the settings, which is never negative.
pub fn duration(span: Span) -> Duration {
    Duration::from_millis(span.millis().unsigned_abs())
}

/// The registry of this process's metrics.
pub fn metrics() -> Result<Arc<Metrics>, Failure> {
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
    metrics.map(Arc::new).map_err(|error| Failure::Io(std::io::Error::other(error)))
}
