//! What a configuration may be made of: a file a feature.

mod age;
mod answers;
mod broadcasts;
mod by_time;
mod caps;
mod catalogue;
mod choices;
mod contest;
mod control;
mod coupons;
mod deadlines;
mod emits;
mod exits;
mod facts;
mod fans_out;
mod filter;
mod for_many;
mod goal;
mod groups;
mod holdout;
mod holds;
mod keys;
mod levels;
mod limits;
mod priority;
mod quiet;
mod reentry;
mod splits;
mod starts;
mod steps;
mod waits;
mod window;

pub use control::orders;

use super::config::Config;
use crate::history::Draw;
use serde_json::{Map, Value};

/// Something that configurations may have.
pub struct Feature {
    /// What it is called.
    pub name: &'static str,
    /// Puts it into the configuration, once more if it is there already. What was valid stays valid.
    pub add: fn(&mut Draw, &mut Config),
    /// What events must have so that it matters, beside what all have.
    pub event: fn(&mut Draw, &mut Map<String, Value>),
    /// It is put in behind all others, which may leave a journey otherwise than it must be for them.
    pub last: bool,
}

impl Feature {
    /// One for which events have all that they need.
    const fn of(name: &'static str, add: fn(&mut Draw, &mut Config)) -> Self {
        Self { name, add, event: |_, _| {}, last: false }
    }
}

/// Under this feature records of the catalogue come.
pub(super) const CATALOGUE: &str = "catalogue";
/// And under this one, of products for which several customers wait.
pub(super) const FANS_OUT: &str = "fans_out";

/// Under this feature everybody is told something.
pub(super) const BROADCASTS: &str = "broadcasts";

/// Under this feature journeys are paused, resumed and stopped.
pub(super) const CONTROL: &str = "control";

/// Under this one codes of coupons come.
pub(super) const COUPONS: &str = "coupons";

/// All of them. How often one stands here is how often it is drawn.
pub const FEATURES: &[Feature] = &[
    Feature::of("window", window::add),
    Feature::of("window", window::add),
    Feature::of("keys", keys::add),
    Feature::of("keys", keys::add),
    Feature::of("reentry", reentry::add),
    Feature::of("reentry", reentry::add),
    Feature::of("exits", exits::add),
    Feature::of("exits", exits::add),
    Feature::of("steps", steps::add),
    Feature::of("steps", steps::add),
    Feature::of("waits", waits::add),
    Feature::of("splits", splits::add),
    Feature::of("emits", emits::add),
    Feature { name: "deadlines", add: deadlines::add, event: deadlines::event, last: true },
    Feature { name: "deadlines", add: deadlines::add, event: deadlines::event, last: true },
    Feature { name: "by_time", add: by_time::add, event: deadlines::event, last: true },
    Feature { name: "by_time", add: by_time::add, event: deadlines::event, last: true },
    Feature::of("priority", priority::add),
    Feature::of("caps", caps::add),
    Feature::of("contest", contest::add),
    Feature::of("contest", contest::add),
    Feature { name: "facts", add: facts::add, event: facts::event, last: false },
    Feature { name: "facts", add: facts::add, event: facts::event, last: false },
    Feature { name: "levels", add: levels::add, event: facts::event, last: false },
    Feature { name: "levels", add: levels::add, event: facts::event, last: false },
    Feature::of("quiet", quiet::add),
    Feature::of("limits", limits::add),
    Feature::of("filter", filter::add),
    Feature::of("starts", starts::add),
    Feature::of("goal", goal::add),
    Feature::of("age", age::add),
    Feature::of("holdout", holdout::add),
    Feature { name: "holds", add: holds::add, event: holds::event, last: false },
    Feature { name: "holds", add: holds::add, event: holds::event, last: false },
    Feature::of("groups", groups::add),
    Feature::of("groups", groups::add),
    Feature { name: CATALOGUE, add: catalogue::add, event: catalogue::event, last: true },
    Feature { name: CATALOGUE, add: catalogue::add, event: catalogue::event, last: true },
    Feature { name: FANS_OUT, add: fans_out::add, event: facts::event, last: true },
    Feature { name: FANS_OUT, add: fans_out::add, event: facts::event, last: true },
    Feature { name: "choices", add: choices::add, event: choices::event, last: false },
    Feature { name: BROADCASTS, add: broadcasts::add, event: facts::event, last: true },
    Feature { name: BROADCASTS, add: broadcasts::add, event: facts::event, last: true },
    Feature { name: CONTROL, add: control::add, event: |_, _| {}, last: false },
    Feature { name: CONTROL, add: control::add, event: |_, _| {}, last: false },
    Feature { name: CONTROL, add: control::add, event: |_, _| {}, last: false },
    Feature { name: COUPONS, add: coupons::add, event: |_, _| {}, last: true },
    Feature { name: "answers", add: answers::add, event: answers::event, last: false },
];

/// Conditions that are sometimes true.
const CONDITIONS: [&str; 6] = [
    "event.cart.total >= 40",
    "event.order.total > 0",
    "event.product.price < 60",
    "profile.vip == true",
    "customer.orders < 3",
    "size(event.cart.items) == 0",
];

/// Event types that move, end or reward.
const EVENTS: [&str; 6] =
    ["order_placed", "product_viewed", "cart_updated", "cart_emptied", "stop", "go"];
