//! Policies and journeys under which histories are drawn: every rule of the page is used by some of them.

use cartwheel_core::event::Subject;
use cartwheel_core::journey::load::{Problem, SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::journey::shown::{Shown, Subjects};
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
    /// What templates read, as far as it is known.
    pub shown: Vec<(&'static str, &'static [Subject])>,
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
        let plan = load(&policy, sources).map_err(SetupError::Journeys)?;
        let mut shown = Shown::default();
        self.shown
            .iter()
            .for_each(|(name, read)| shown.insert(name, Subjects::of(read.iter().copied())));
        Ok(Arc::new(plan.showing(&shown)))
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
const FLOW: &str = include_str!("setups/flow.yaml");
const FOLLOW: &str = include_str!("setups/follow.yaml");
const STOCKED: &str = include_str!("setups/stocked.yaml");
const SUPPLIED: &str = include_str!("setups/supplied.yaml");
const WAITED: &str = include_str!("setups/waited.yaml");
const CHEAPER: &str = include_str!("setups/cheaper.yaml");
const FEW_LEFT: &str = include_str!("setups/few_left.yaml");
const LOOP_ONE: &str = include_str!("setups/loop_one.yaml");
const LOOP_TWO: &str = include_str!("setups/loop_two.yaml");

const ALL: [&str; 7] = [CART, CHECKOUT, BROWSE, WELCOME, RECEIPT, WINBACK, NIGHTLY];

/// Every template; none reads products or orders.
const WITHOUT_PRODUCTS: [(&str, &[Subject]); 17] = [
    ("browse_reminder", &[]),
    ("cart_reminder", &[Subject::Cart]),
    ("cart_concierge", &[Subject::Cart]),
    ("cart_reviews", &[]),
    ("cart_incentive", &[Subject::Cart, Subject::Checkout]),
    ("checkout_vip", &[Subject::Checkout]),
    ("checkout_reminder", &[Subject::Cart, Subject::Checkout]),
    ("checkout_last", &[]),
    ("nightly_push", &[]),
    ("nightly_mail", &[Subject::Cart]),
    ("receipt_now", &[]),
    ("receipt_hook", &[Subject::Cart]),
    ("welcome_hello", &[]),
    ("welcome_regular", &[]),
    ("welcome_best", &[]),
    ("winback_offer", &[]),
    ("winback_last", &[]),
];

/// All of them: from one journey without limits to everything at once.
pub fn setups() -> Vec<Setup> {
    let all = ALL.to_vec();
    vec![
        Setup {
            name: "free",
            policy: "zone: UTC\nquiet_hours: []\n",
            journeys: vec![CART, WELCOME],
            shown: Vec::new(),
            facts: None,
        },
        Setup {
            name: "rolling",
            policy: include_str!("setups/rolling.policy.yaml"),
            journeys: all.clone(),
            shown: vec![("cart_reminder", &[Subject::Product]), ("browse_reminder", &[])],
            facts: None,
        },
        Setup {
            name: "calendar",
            policy: include_str!("setups/calendar.policy.yaml"),
            journeys: all.clone(),
            shown: Vec::new(),
            facts: None,
        },
        Setup {
            name: "tight",
            policy: include_str!("setups/tight.policy.yaml"),
            journeys: all,
            shown: WITHOUT_PRODUCTS.to_vec(),
            facts: None,
        },
        Setup {
            name: "steps",
            policy: "zone: America/New_York\nquiet_hours: []\nteams: { sales: { email: sales@shop.example } }\ncaps: [{ name: three, scope: all, limit: 3, per: 2d }]\n",
            journeys: vec![FLOW, FOLLOW, LOOP_ONE, LOOP_TWO, RECEIPT],
            shown: Vec::new(),
            facts: None,
        },
        Setup {
            name: "facts",
            policy: "zone: UTC\nquiet_hours: []\ncurrency: EUR\n",
            journeys: vec![FACT_PROBE, FACT_HOLD, CART],
            shown: Vec::new(),
            facts: Some(include_str!("setups/shop.facts.yaml")),
        },
        Setup {
            name: "catalogue",
            policy: "zone: UTC\nquiet_hours: []\nmax_products: 4\nlow_stock: 3\n",
            journeys: vec![STOCKED, SUPPLIED, CART, WAITED, CHEAPER, FEW_LEFT],
            shown: Vec::new(),
            facts: Some(include_str!("setups/waiting.facts.yaml")),
        },
        Setup {
            name: "policy",
            policy: include_str!("setups/policy.policy.yaml"),
            journeys: vec![CART, CHECKOUT, BROWSE, WELCOME],
            shown: Vec::new(),
            facts: Some(include_str!("setups/shop.facts.yaml")),
        },
    ]
}
