//! The shipped configuration, built into the binary, so that the demo runs from any folder.

use super::DemoError;
use crate::settings::Settings;
use cartwheel_core::journey::plan::Plan;
use cartwheel_providers::Brand;
use cartwheel_providers::template::Templates;
use cartwheel_runtime::engine::{ConfigBundle, JourneyText};
use rust_embed::RustEmbed;
use std::path::Path;
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "../../config"]
struct Files;

const FACTS: &str = "facts.yaml";

/// Journeys, facts, policy, templates and brand as they stand in `config/`.
pub struct Shipped {
    /// The text that the plan comes from.
    pub bundle: ConfigBundle,
    /// What decides.
    pub plan: Arc<Plan>,
    /// What is written.
    pub templates: Arc<Templates>,
    /// Who writes.
    pub brand: Brand,
}

impl Shipped {
    /// Compiles everything. The templates are written below `dir` first, where their loader reads them.
    pub fn load(dir: &Path) -> Result<Self, DemoError> {
        let broken = |what: &str, why: String| DemoError::Shipped(format!("{what}: {why}"));
        let settings: Settings = serde_saphyr::from_str(&text("cartwheel.yaml")?)
            .map_err(|error| broken("cartwheel.yaml", error.to_string()))?;
        unpack(dir)?;
        let templates = Templates::load(dir).map_err(|problems| {
            broken("templates", problems.first().map(ToString::to_string).unwrap_or_default())
        })?;
        let shown = templates.shown();
        let facts = Some(JourneyText { path: FACTS.into(), text: text(FACTS)? });
        let (policy, journeys) = (settings.policy, journeys()?);
        let bundle = ConfigBundle { policy, journeys, facts, shown };
        let plan = bundle.load().map_err(|problems| match problems.first() {
            Some(problem) => broken(&problem.path, problem.message.clone()),
            None => broken("journeys", "no plan".to_owned()),
        })?;
        let templates = templates.in_zone(&plan.policy.zone);
        let brand =
            settings.brand.ok_or_else(|| broken("cartwheel.yaml", "no brand".to_owned()))?;
        Ok(Self { bundle, plan: Arc::new(plan), templates: Arc::new(templates), brand })
    }
}

fn text(path: &str) -> Result<String, DemoError> {
    let file =
        Files::get(path).ok_or_else(|| DemoError::Shipped(format!("{path} is not built in")))?;
    String::from_utf8(file.data.into_owned())
        .map_err(|_| DemoError::Shipped(format!("{path} is not UTF-8")))
}

fn journeys() -> Result<Vec<JourneyText>, DemoError> {
    let mut paths: Vec<_> = Files::iter()
        .filter(|path| path.starts_with("journeys/") && path.ends_with(".yaml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| Ok(JourneyText { path: path.to_string(), text: text(path)? })).collect()
}

fn unpack(dir: &Path) -> Result<(), DemoError> {
    for path in Files::iter() {
        let (Some(place), Some(file)) = (path.strip_prefix("templates/"), Files::get(&path)) else {
            continue;
        };
        let place = dir.join(place);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(place, &file.data)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_configuration_works_from_the_binary() {
        let dir = tempfile::tempdir().unwrap();
        let shipped = Shipped::load(dir.path()).unwrap();
        assert!(shipped.plan.journeys.len() >= 2 && !shipped.bundle.policy.caps.is_empty());
        assert!(shipped.templates.names().any(|name| name == "cart_reminder"));
    }
}
