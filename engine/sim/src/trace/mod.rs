//! Tests of journeys as readable timelines: `*.trace` files beside the journeys.
//!
//! ```text
//! # A comment. Until the first `---` stands what holds for all scenarios of the file.
//! zone Europe/Berlin              of the times in this file; default: policy.zone
//! journeys cart_abandonment       which take part; default: the one with the file's name; `journeys all`
//! holdouts on                     the shares that get nothing; default: off, so that no customer's name matters
//! day 2026-03-02
//!
//! --- a reminder after an hour
//! 10:00 ana customer_created profile.email=ana@example.test profile.consent.email=true
//! 10:00 ana cart_updated cart.id=k1 cart.total=80 cart.items=[{"product":"p1","quantity":1,"price":80}]
//! 10:59 expect nothing
//! 11:00 expect ana send cart_reminder email
//! 11:20 ana message_opened of cart_reminder
//! day +1
//! 10:00 ana order_placed order.total=80
//! 10:00 expect ana exited exit_event journey=cart_abandonment event=order_placed
//! ```
//!
//! An event line makes the event at that time; dotted names nest, values are JSON or bare words. `time=` overrides the event's
//! own time (a late event): RFC 3339, or `HH:MM` of the same day. `id=` sets its id (a repeated event). Both may be `null`: none.
//! `catalogue PRODUCT name=value ...` instead of a customer: a record of the catalogue says this of the product.
//! `control pause|resume|stop JOURNEY` and `control winner JOURNEY SPLIT [ARM]` say something of a journey.
//! `broadcast NAME [id=ID] name=value ...` tells everybody something.
//! `coupons POOL CODE ...` in the same place: a record of control loads these codes.
//! `of TEMPLATE [CHANNEL]` refers to the customer's newest such message. `recorded TIME` is the time of its record, which may go back.
//!
//! `expect CUSTOMER send TEMPLATE [CHANNEL] [shows "TEXT" ...]` and `expect CUSTOMER VERDICT [REASON] [name=value ...]` name decisions, in order for each
//! customer. A decision meets its line if it was made at that time to the millisecond (`11:00` is `11:00:00.000`). The names `journey`,
//! `step` and `channel` are the decision's, others are among its values; for an instant `HH:MM` of that day or RFC 3339 may be written,
//! with or without an offset. `expect nothing` and `expect CUSTOMER nothing`: no decision since the last line of an earlier time, but
//! those that a line has named. At the end every send must have been expected; of the other decisions only those that are written matter.
//!
//! What a line names must be there, or the trace is refused before anything runs (`names.rs`): types of events that Cartwheel, `events.yaml`, or the
//! journeys and facts know; journeys, splits, arms, pools, broadcasts, fields of products. Where no shop stands beside a trace any type of events may
//! mean something: so it is with the tables of rules. `record {...}` writes what nobody knows.
//!
//! For tables of rules (`tests/rules`) and whoever wants to be as exact:
//!
//! ```text
//! strict on                       every decision needs its line, and all lines stand in the order of the decisions
//! policy                          what is indented below stands for the policy of cartwheel.yaml: for the journeys beside the trace, or those in it
//!   quiet_hours: []
//! journey                         and this for the journeys beside the trace: it is one file that stands alone
//!   journey: j
//!   trigger: { event: go, quiet_for: 1h }
//!   steps: [{ send: hi, channels: [email] }]
//! day 2026-03-02
//!
//! --- held while behind
//! clock jumps                     timers fire where a record, `clock` or `live` comes, and see how late it is
//! 10:00 ana seen profile.email=ana@example.test profile.consent.email=true
//! 10:00 behind
//! 10:00 ana go
//! 10:00 expect ana waiting window until=11:00
//! 12:30 clock
//! 12:30 expect ana entered window
//! 12:30 expect ana deferred caught_up
//! 12:40 record {"type":
//! 12:40 expect dead not_json
//! 12:45 ana cart_updated cart.id=k1 cart.items=5
//! 12:45 expect degraded cart.items
//! 12:50 ana unsubscribed
//! 12:50 expect ana suppressed email unsubscribed
//! 13:00 live
//! 13:00 expect ana dropped no_consent
//! 13:00 expect ana finished
//! ```

mod beside;
mod block;
mod broadcast;
mod catalogue;
mod control;
mod coupons;
mod core_engine;
mod coverage;
mod engine;
mod event;
mod expect;
mod fault;
mod json;
pub mod known;
mod line;
mod matching;
mod names;
mod nearest;
mod read;
mod reference_engine;
mod report;
mod resolve;
mod run;
mod runner;
mod scenario;
pub mod suggest;
mod time;
mod word;

pub use beside::Beside;
pub use core_engine::{CoreEngine, Renderer};
pub use coverage::{Coverage, coverage};
pub use engine::{Consequence, Suppression, TraceEngine};
pub use expect::{Expectation, Wanted, WantedSuppression};
pub use fault::Fault;
pub use line::{Statement, What};
pub use read::{Trace, read};
pub use reference_engine::ReferenceEngine;
pub use run::{ScenarioResult, run_all};
pub use scenario::{Part, Scenario};
