//! What happens to a product begins journeys for many: everybody is looked at.

use super::Reference;
use super::catalogue::Changed;
use super::condition::V;
use super::context::{Context, Decided, Reader};
use super::customer::{Customer, Run};
use super::documents::carried;
use super::effect::Effect;
use super::event::Event;
use super::journeys::Given;
use cartwheel_core::channel::Class;
use cartwheel_core::customer::Use;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::id::{CustomerId, place_in_line};
use cartwheel_core::journey::condition::Condition;
use cartwheel_core::journey::plan::By;
use cartwheel_core::time::Millis;
use serde_json::{Map, Value as Json};
use std::cmp::Reverse;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Most customers of a shard for whom one transition begins a journey.
const MOST: usize = 10_000;

impl Reference {
    /// A record has changed a product, which was so at `at`.
    pub(super) fn fan_out(&mut self, changed: &Changed, at: Millis, out: &mut Vec<Effect>) {
        for transition in ["product_restocked", "price_fell", "low_stock"] {
            if !changed.is(transition, self.plan.policy.low_stock) {
                continue;
            }
            let journeys = (0u16..).zip(&self.plan.journeys);
            let mut begin: Vec<u16> = journeys
                .filter(|(_, it)| {
                    it.fan_out.as_ref().is_some_and(|of| match &of.by {
                        By::Product(of) => of.name() == transition,
                        By::Broadcast(_) => false,
                    })
                })
                .map(|(index, _)| index)
                .collect();
            begin.sort_by_key(|index| Reverse(self.plan.journeys[usize::from(*index)].priority));
            for index in begin {
                self.begin_for_many(index, transition, changed, at, out);
            }
        }
    }

    fn begin_for_many(
        &mut self,
        index: u16,
        transition: &str,
        changed: &Changed,
        at: Millis,
        out: &mut Vec<Effect>,
    ) {
        let (plan, t) = (Arc::clone(&self.plan), self.newest);
        let journey = &plan.journeys[usize::from(index)];
        let age = t.saturating_sub(at);
        if at < journey.active_from || age > journey.max_event_age.millis() {
            return;
        }
        let Some(fan_out) = &journey.fan_out else { return };
        let event = changed.event(transition);
        let share = match &fan_out.budget {
            None => MOST,
            Some(budget) => match self.number(budget, &event, at) {
                Some(number) if number >= 1.0 => (number as usize).min(MOST),
                _ => 0,
            },
        };
        let mut ids: Vec<CustomerId> = self.customers.keys().copied().collect();
        ids.sort_unstable();
        let levels_at = self.now.max(t);
        let mut line = Vec::new();
        for id in ids {
            let Some(mut turn) = self.turn(id, t, levels_at, out) else { continue };
            if let Some(order) = turn.in_line(index, &event, at, changed.key) {
                line.push((order, place_in_line(&journey.name, changed.key, id), id));
            }
        }
        line.sort_by(|(a, one, _), (b, other, _)| b.total_cmp(a).then(one.cmp(other)));
        line.truncate(share);
        let many = line.len() as i128;
        for (place, (.., id)) in (0i128..).zip(line) {
            let after = i128::from(fan_out.spread.millis()) * place / many;
            let enters = t.saturating_add(after as Millis);
            let Some(mut turn) = self.turn(id, t, levels_at, out) else { continue };
            turn.begin_by_product(index, &event, (at, changed.key), enters);
        }
    }

    /// What an expression about the event alone comes to.
    fn number(&self, of: &Condition, event: &Event, at: Millis) -> Option<f64> {
        let customer = Customer::default();
        let (waited, item) = (None, None);
        let reader = Reader {
            plan: &self.plan,
            event: Some(&event.body),
            at,
            waited,
            of_run: true,
            item,
            catalogue: &self.catalogue,
            run_key: 0,
            customer: &customer,
            t: at,
        };
        match reader.value(&of.text) {
            V::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl Context<'_> {
    fn reader_of_product<'r>(&'r self, event: &'r Json, at: Millis, run_key: u64) -> Reader<'r> {
        Reader { of_run: true, run_key, ..self.reader_of_event(event, at) }
    }

    /// What orders the customer among those for whom the journey may begin; none for whom it must not.
    pub fn in_line(&mut self, index: u16, event: &Event, at: Millis, key: u64) -> Option<f64> {
        let plan = self.plan;
        let journey = &plan.journeys[usize::from(index)];
        let fan_out = journey.fan_out.as_ref()?;
        if !self.can_be_sent_to(index, at, key) {
            return None;
        }
        let reader = self.reader_of_product(&event.body, at, key);
        let order = || match fan_out.order.as_ref().map(|order| reader.value(&order.text)) {
            None => 0.0,
            Some(V::Number(number)) if number.is_finite() => number + 0.0,
            Some(_) => f64::NEG_INFINITY,
        };
        reader.holds(fan_out.who.as_ref()).then(order)
    }

    /// Whether, as far as is known now, the journey could begin with the customer and its first message be sent.
    fn can_be_sent_to(&mut self, index: u16, at: Millis, key: u64) -> bool {
        let journey = self.journey(index);
        let rules: Vec<_> = journey.exits.iter().map(|exit| exit.latest).collect();
        let of_key = rules.iter().chain([&journey.filtered]).map(|rule| rule.with_key(key));
        let ends: Vec<_> = rules.iter().copied().chain(of_key).collect();
        let first = journey.sends().find(|send| send.team.is_none());
        let reached = first.is_none_or(|send| {
            let marketing = send.class == Class::Marketing;
            let choices = send.channels.iter().enumerate();
            choices
                .take_while(|(place, choice)| *place == 0 || choice.fallback.is_none())
                .any(|(_, choice)| self.allowed(choice.channel, marketing).is_ok())
        });
        let lives = |run: &Run| run.journey == index && run.key == key && run.live();
        reached
            && !self.customer.runs.iter().any(lives)
            && self.entered_before(index, key).is_none()
            && self.begins_nothing(index).is_none()
            && self.customer.latest.newest(Use::Ends, &ends).is_none_or(|ended| at > ended)
    }

    pub fn begin_by_product(
        &mut self,
        index: u16,
        event: &Event,
        (at, key): (Millis, u64),
        enters: Millis,
    ) {
        let documents = self.customer.documents.len();
        self.customer.documents.learn(event, at, self.plan.kept);
        let number = (self.journey(index).reentry
            == cartwheel_core::journey::plan::Reentry::Always)
            .then_some(event.number);
        self.open(Given {
            journey: index,
            key,
            at,
            number,
            event: Arc::new(event.body.clone()),
            item: None,
            about: carried(event, self.plan.kept),
            enters: Some(enters),
        });
        if self.customer.documents.len() > documents {
            let live = self.customer.runs.iter().filter(|run| run.live());
            let pinned: Vec<_> = live.flat_map(|run| run.about.clone()).collect();
            self.customer.documents.forget_surplus(&pinned);
        }
    }

    /// A window of a journey that begins for many is over: whether the customer is meant still.
    pub fn is_still_meant(&mut self, run: &Run) -> bool {
        let Some(fan_out) = &self.journey(run.journey).fan_out else { return true };
        let reader = self.reader_of_run(run);
        if reader.holds(fan_out.who.as_ref()) {
            return true;
        }
        let compared = reader.shown(fan_out.who.as_ref());
        let what = Decided::new(Verdict::Refused, Reason::Filter).run(run.id).fields(compared);
        self.decide(run.journey, what);
        false
    }
}

impl Changed {
    /// Whether the change is this transition.
    fn is(&self, transition: &str, low_stock: u32) -> bool {
        let (stock, price) = ("stock", "price");
        let before = |name: &str| self.before.get(name).and_then(Json::as_f64);
        let after = |name: &str| self.after.get(name).and_then(Json::as_f64);
        match transition {
            "product_restocked" => {
                before(stock).is_some_and(|stock| stock <= 0.0)
                    && after(stock).is_some_and(|stock| stock > 0.0)
            }
            "price_fell" => {
                let currency = |of: &Map<String, Json>| of.get("currency").cloned();
                currency(&self.before) == currency(&self.after)
                    && before(price).zip(after(price)).is_some_and(|(was, is)| is < was)
            }
            _ => {
                let low = f64::from(low_stock);
                before(stock).is_some_and(|stock| stock > low)
                    && after(stock).is_some_and(|stock| stock > 0.0 && stock <= low)
            }
        }
    }

    /// What has happened, as an event.
    fn event(&self, transition: &str) -> Event {
        let named = |(name, value): (&String, &Json)| (name.clone(), plain(value));
        let mut product: Map<String, Json> = self.after.iter().map(named).collect();
        product.insert("id".into(), self.id.clone().into());
        let mut fields = Map::new();
        fields.insert("id".into(), self.event.clone().into());
        fields.insert("product".into(), product.into());
        if transition == "price_fell" {
            fields.insert("from".into(), plain_price(&self.before));
            fields.insert("to".into(), plain_price(&self.after));
        }
        Event::of_journey(transition, fields, xxh3_64(self.event.as_bytes()))
    }
}

fn plain_price(of: &Map<String, Json>) -> Json {
    of.get("price").map_or(Json::Null, plain)
}

/// A whole number without a point.
fn plain(value: &Json) -> Json {
    match value {
        Json::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 9_007_199_254_740_992.0 => {
                (whole as i64).into()
            }
            Some(other) => other.into(),
            None => Json::Null,
        },
        Json::Array(all) => all.iter().map(plain).collect(),
        Json::Null | Json::Bool(_) | Json::String(_) | Json::Object(_) => value.clone(),
    }
}
