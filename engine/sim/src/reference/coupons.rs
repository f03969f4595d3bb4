//! Pools of coupons: what records of control bring, and who gets which code.

use super::catalogue::Streamed;
use super::context::{Context, Decided};
use super::customer::Run;
use cartwheel_core::channel::Channel;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::journey::op::Send;
use cartwheel_core::sends::Poison;
use cartwheel_core::time::{HOUR, Millis};
use cartwheel_core::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Pools of a shard; codes of a pool, and of a record.
const MAX_POOLS: usize = 64;
const MAX_CODES: usize = 1_000_000;
const MAX_OF_RECORD: usize = 1_000;
/// Longest name of a pool; longest code.
const MAX_TEXT: usize = 64;

/// What is known of pools: all codes that each has had, and how many of them were given. This shard is the only one, so every code is its own.
#[derive(Default)]
pub struct Coupons {
    pools: BTreeMap<String, (Vec<String>, usize)>,
}

impl Coupons {
    /// Whether a record of control is about them.
    pub fn are_in(record: &Streamed) -> bool {
        !record.field("control")["coupons"].is_null()
    }

    /// Applies such a record, which has come in its turn.
    pub fn apply(&mut self, record: &Streamed) -> Result<(), Poison> {
        let control = record.field("control");
        let pool = &control["coupons"];
        let fits = |text: &&str| !text.is_empty() && text.len() <= MAX_TEXT;
        let pool = pool.as_str().filter(fits).ok_or(Poison::BadValue)?;
        let codes = control["codes"].as_array().ok_or(Poison::BadValue)?;
        let code = |code: &Json| {
            let code = code.as_str().filter(fits)?;
            let plain = code.trim() == code && !code.chars().any(char::is_control);
            plain.then(|| code.to_owned())
        };
        let codes: Option<Vec<String>> = codes.iter().map(code).collect();
        let codes = codes.filter(|codes| !codes.is_empty() && codes.len() <= MAX_OF_RECORD);
        let codes = codes.ok_or(Poison::BadValue)?;
        if !self.pools.contains_key(pool) && self.pools.len() == MAX_POOLS {
            return Ok(());
        }
        let (all, _) = self.pools.entry(pool.to_owned()).or_default();
        for code in codes {
            if !all.contains(&code) && all.len() < MAX_CODES {
                all.push(code);
            }
        }
        Ok(())
    }

    fn is_dry(&self, pool: &str) -> bool {
        self.pools.get(pool).is_none_or(|(all, given)| *given == all.len())
    }

    fn give(&mut self, pool: &str) -> Option<String> {
        let (all, given) = self.pools.get_mut(pool)?;
        let code = all.get(*given)?.clone();
        *given += 1;
        Some(code)
    }
}

/// What becomes of a message for which there is no code.
pub enum Lacking {
    /// It is looked again at this time.
    Wait(Millis, Decided),
    /// It is not sent.
    Never(Decided),
}

impl Context<'_> {
    /// The pool from which a send of the journey has a coupon.
    pub fn pool_of(&self, journey: u16, send: &Send) -> Option<String> {
        let place = usize::from(send.coupon?);
        self.journey(journey).pools.get(place).map(ToString::to_string)
    }

    /// Whether the message of a run without a code has to wait for one, or for ever.
    pub fn lacks_code(&self, run: &Run, pool: &str, channel: Channel) -> Option<Lacking> {
        if !self.coupons.is_dry(pool) {
            return None;
        }
        let last = run.due.saturating_add(self.plan.policy.max_defer.millis());
        let what = |verdict| {
            let what = Decided::new(verdict, Reason::NoCoupon).channel(channel);
            what.value("pool", Value::Text(pool.into()))
        };
        Some(match self.t < last {
            true => {
                let until = last.min(self.t + HOUR);
                Lacking::Wait(until, what(Verdict::Deferred).instant("until", until))
            }
            false => Lacking::Never(what(Verdict::Dropped)),
        })
    }

    /// The code that the run has of the pool, from now on if it had none.
    pub fn code(&mut self, run: &mut Run, pool: &str) -> Option<String> {
        if !run.codes.contains_key(pool) {
            let code = self.coupons.give(pool)?;
            run.codes.insert(pool.to_owned(), code);
        }
        run.codes.get(pool).cloned()
    }
}
