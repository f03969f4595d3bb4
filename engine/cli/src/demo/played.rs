//! The configuration that the demo plays by: the shipped one, which is built into the binary, so that it runs from any folder.

use super::DemoError;
use crate::journeys::Compiled;
use crate::settings::{Loaded, Settings};
use crate::shipped::{self, Missing};
use crate::wire::engine::bundle;
use cartwheel_core::journey::plan::Plan;
use cartwheel_providers::Brand;
use cartwheel_providers::template::Templates;
use cartwheel_runtime::engine::{ConfigBundle, JourneyText};
use std::path::Path;
use std::sync::Arc;

const FACTS: &str = "facts.yaml";

/// Journeys, facts, policy, templates and brand.
pub struct Played {
    /// The text that the plan comes from.
    pub bundle: ConfigBundle,
    /// What decides.
    pub plan: Arc<Plan>,
    /// What is written.
    pub templates: Arc<Templates>,
    /// Who writes.
    pub brand: Brand,
}

impl Played {
    /// What stands in a shop's own folder, as it was read.
    ///
    /// # Errors
    /// There is no brand.
    pub fn of(
        loaded: &Loaded,
        compiled: Compiled,
        templates: Templates,
    ) -> Result<Self, DemoError> {
        let shown = templates.shown();
        let brand = loaded.settings.brand.clone();
        let brand = brand.ok_or_else(|| DemoError::Brand(loaded.settings.templates_dir.clone()))?;
        Ok(Self {
            bundle: bundle(loaded, &compiled, &shown),
            plan: Arc::new(compiled.plan.showing(&shown)),
            templates: Arc::new(templates),
            brand,
        })
    }

    /// What ships, compiled. The templates are written below `dir` first, where their loader reads them.
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
    shipped::text(path).map_err(|missing: Missing| DemoError::Shipped(missing.to_string()))
}

fn journeys() -> Result<Vec<JourneyText>, DemoError> {
    let paths = shipped::paths().into_iter();
    let paths = paths.filter(|path| path.starts_with("journeys/") && path.ends_with(".yaml"));
    paths.map(|path| Ok(JourneyText { text: text(&path)?, path })).collect()
}

fn unpack(dir: &Path) -> Result<(), DemoError> {
    for path in shipped::paths() {
        let Some(place) = path.strip_prefix("templates/") else { continue };
        let place = dir.join(place);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(place, text(&path)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_configuration_works_from_the_binary() {
        let dir = tempfile::tempdir().unwrap();
        let shipped = Played::load(dir.path()).unwrap();
        assert!(shipped.plan.journeys.len() >= 2 && !shipped.bundle.policy.caps.is_empty());
        assert!(shipped.templates.names().any(|name| name == "cart_reminder"));
    }
}
