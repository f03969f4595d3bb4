//! Policies and journeys under which histories are drawn: every rule of the page is used by some of them.

use cartwheel_core::journey::load::{Problem, SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use std::sync::Arc;

/// A policy with journeys.
#[derive(Clone, Debug)]
pub struct Setup {
    /// For messages of tests.
    pub name: &'static str,
    /// YAML text of the policy.
    pub policy: &'static str,
    /// YAML texts of the journeys.
    pub journeys: Vec<&'static str>,
    /// YAML text of the facts.
    pub facts: Option<&'static str>,
}

/// Why a setup does not load: a mistake in this crate.
#[derive(Debug)]
pub enum SetupError {
    /// The policy.
    Policy(String),
    /// The journeys.
    Journeys(Vec<Problem>),
}

impl Setup {
    /// The compiled plan.
    pub fn plan(&self) -> Result<Arc<Plan>, SetupError> {
        let policy: Policy = serde_saphyr::from_str(self.policy)
            .map_err(|error| SetupError::Policy(error.to_string()))?;
        let source = |(index, text): (usize, &&str)| SourceFile {
            path: format!("{}-{index}.yaml", self.name),
            text: (*text).to_owned(),
        };
        let sources: Vec<SourceFile> = self.journeys.iter().enumerate().map(source).collect();
        let facts = self.facts.map(|text| SourceFile {
            path: format!("{}-facts.yaml", self.name),
            text: text.to_owned(),
        });
        let sources = Sources { journeys: &sources, facts: facts.as_ref() };
        load(&policy, sources).map(Arc::new).map_err(SetupError::Journeys)
    }
}

const CART: &str = include_str!("setups/cart.yaml");
const CHECKOUT: &str = include_str!("setups/checkout.yaml");
const BROWSE: &str = include_str!("setups/browse.yaml");
const WELCOME: &str = include_str!("setups/welcome.yaml");
const RECEIPT: &str = include_str!("setups/receipt.yaml");
const WINBACK: &str = include_str!("setups/winback.yaml");
const NIGHTLY: &str = include_str!("setups/nightly.yaml");
const FACT_PROBE: &str = include_str!("setups/fact_probe.yaml");
const FACT_HOLD: &str = include_str!("setups/fact_hold.yaml");

const ALL: [&str; 7] = [CART, CHECKOUT, BROWSE, WELCOME, RECEIPT, WINBACK, NIGHTLY];

/// All of them: from one journey without limits to everything at once.
pub fn setups() -> Vec<Setup> {
    let all = ALL.to_vec();
    vec![
        Setup {
            name: "free",
            policy: "zone: UTC\nquiet_hours: []\n",
            journeys: vec![CART, WELCOME],
            facts: None,
        },
        Setup {
            name: "rolling",
            policy: include_str!("setups/rolling.policy.yaml"),
            journeys: all.clone(),
            facts: None,
        },
        Setup {
            name: "calendar",
            policy: include_str!("setups/calendar.policy.yaml"),
            journeys: all.clone(),
            facts: None,
        },
        Setup {
            name: "tight",
            policy: include_str!("setups/tight.policy.yaml"),
            journeys: all,
            facts: None,
        },
        Setup {
            name: "facts",
            policy: "zone: UTC\nquiet_hours: []\ncurrency: EUR\n",
            journeys: vec![FACT_PROBE, FACT_HOLD, CART],
            facts: Some(include_str!("setups/shop.facts.yaml")),
        },
    ]
}
