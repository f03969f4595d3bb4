//! Records that every partition gets: each is applied once, in the order of its stream (`docs/semantics.md`, "Every-partition records").

use crate::checkpoint::Store;
use crate::shard::{Position, Shard};
use cartwheel_core::apply::{Environment, EventTime};
use cartwheel_core::broadcast::Broadcasts;
use cartwheel_core::control::Control;
use cartwheel_core::coupon::{Left, Pools};
use cartwheel_core::effect::Effects;
use cartwheel_core::event::Record;
use cartwheel_core::product::{Applied, LeftOut, Products, Refused};
use cartwheel_core::stream::{Order, Past, Streamed, Streams};

/// What comes from such records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    /// How far each stream has been applied.
    pub streams: Streams,
    /// What is known of products.
    pub products: Products,
    /// What people have said of journeys.
    pub control: Control,
    /// What was told to everybody.
    pub broadcasts: Broadcasts,
    /// Codes that are left of the pools of coupons.
    pub pools: Pools,
}

impl Shared {
    /// What surrounds a customer to whom something happens now.
    #[inline]
    pub fn environment<'s>(
        &'s mut self,
        position: &Position,
        effects: &'s mut Effects,
    ) -> Environment<'s> {
        Environment {
            mode: position.mode,
            now: position.now,
            products: &self.products,
            control: &self.control,
            pools: &mut self.pools,
            effects,
        }
    }
}

/// What became of such records, since the shard was opened.
#[derive(Clone, Debug, Default)]
pub struct SharedCounters {
    /// Records by what was done with them, in the order of [`Order::ALL`].
    pub orders: [u64; Order::ALL.len()],
    /// What of products was not kept, in the order of [`LeftOut::ALL`].
    pub left_out: [u64; LeftOut::ALL.len()],
    /// Codes of coupons that were not taken in, in the order of [`cartwheel_core::coupon::NotTaken::ALL`].
    pub codes: Left,
}

/// The type of records about products.
const CATALOGUE: &str = "catalogue";
/// The type of records about journeys.
const CONTROL: &str = "control";
/// The type of records that tell everybody something.
const BROADCAST: &str = "broadcast";

impl<S: Store> Shard<S> {
    /// Applies a record of a stream, if it is the next one. What is of a type that this build does nothing with counts as applied.
    pub(crate) fn apply_streamed(&mut self, record: &Record<'_>, streamed: &Streamed<'_>) {
        let order = self.shared.streams.take(streamed);
        self.counters.shared.orders[order as usize] += 1;
        match order {
            Order::Next if streamed.kind == CATALOGUE => self.apply_product(record, streamed),
            Order::Next if streamed.kind == Past::KIND => self.apply_past(record, streamed),
            Order::Next if streamed.kind == CONTROL => {
                if !self.apply_coupons(record, streamed) {
                    self.apply_control(record, streamed);
                }
            }
            Order::Next if streamed.kind == BROADCAST => self.apply_broadcast(record, streamed),
            Order::Next | Order::Repeat | Order::Gap | Order::Epoch | Order::NoRoom => {}
        }
    }

    fn apply_product(&mut self, record: &Record<'_>, streamed: &Streamed<'_>) {
        let time = EventTime::new(streamed.time, record.time, self.position.seen);
        let most = usize::try_from(self.core.plan.policy.max_products).unwrap_or(usize::MAX);
        match self.shared.products.apply(streamed.field("product"), time.at, most) {
            Ok(Applied { left_out, change }) => {
                self.counters.shared.left_out[LeftOut::Field as usize] += left_out;
                if let Some(change) = change.filter(|_| !self.core.plan.fans_out.is_empty()) {
                    self.fan_out(&change, time, streamed);
                }
            }
            Err(Refused::NoRoom) => {
                self.counters.shared.left_out[LeftOut::Product as usize] += 1;
            }
            Err(Refused::Unsound(rejected)) => self.bury(record, &rejected),
        }
    }

    /// The streams of records that every partition gets.
    pub fn streams(&self) -> &Streams {
        &self.shared.streams
    }

    /// What people have said of journeys.
    pub fn control(&self) -> &Control {
        &self.shared.control
    }

    /// What is known of products.
    pub fn products(&self) -> &Products {
        &self.shared.products
    }
}
