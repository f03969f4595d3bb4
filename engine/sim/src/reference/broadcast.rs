//! What is told to everybody: the section "Broadcasts" of the page. Everybody is looked at, at once.

use super::Reference;
use super::effect::Effect;
use super::event::Event;
use cartwheel_core::id::{CustomerId, key_hash, place_in_line};
use cartwheel_core::journey::plan::By;
use cartwheel_core::sends::Poison;
use cartwheel_core::time::Millis;
use serde_json::Value;
use std::cmp::Reverse;
use std::sync::Arc;

/// Broadcasts that are known again.
const HAD: usize = 64;

impl Reference {
    /// A record of a broadcast; why it is none.
    pub(super) fn broadcast(
        &mut self,
        said: &Value,
        at: Millis,
        out: &mut Vec<Effect>,
    ) -> Result<(), Poison> {
        let text = |field: &str, most: usize| {
            let text = said[field].as_str().filter(|text| !text.is_empty() && text.len() <= most);
            text.map(str::to_owned).ok_or(Poison::BadValue)
        };
        let (name, id) = (text("name", 64)?, text("id", 128)?);
        let id = id.trim().to_owned();
        if self.had.contains(&id) {
            return Ok(());
        }
        self.had.push(id.clone());
        if self.had.len() > HAD {
            self.had.remove(0);
        }
        let mut fields = serde_json::Map::new();
        fields.insert("broadcast".into(), said.clone());
        let key = key_hash(Some(&id));
        let event = Event::of_journey("broadcast", fields, key);
        let begins = self.begun_by(&name, at);
        let (plan, t, levels_at) = (Arc::clone(&self.plan), self.newest, self.now.max(self.newest));
        let mut ids: Vec<CustomerId> = self.customers.keys().copied().collect();
        ids.sort_unstable();
        for (customer, index) in ids.iter().flat_map(|id| begins.iter().map(move |it| (*id, *it))) {
            let journey = &plan.journeys[usize::from(index)];
            let Some(mut turn) = self.turn(customer, t, levels_at, out) else { continue };
            if turn.in_line(index, &event, at, key).is_some() {
                let spread = journey.fan_out.as_ref().map_or(0, |of| of.spread.millis());
                let place = place_in_line(&journey.name, key, customer);
                let after = (u128::from(spread.unsigned_abs()) * u128::from(place)) >> 64;
                turn.begin_by_product(index, &event, (at, key), t + after as Millis);
            }
        }
        Ok(())
    }

    /// The journeys that begin by a broadcast of this name at this time, the most important first.
    fn begun_by(&self, name: &str, at: Millis) -> Vec<u16> {
        let own = By::Broadcast(name.into());
        let age = self.newest.saturating_sub(at);
        let journeys = (0u16..).zip(&self.plan.journeys).filter(|(_, journey)| {
            let by = journey.fan_out.as_ref().is_some_and(|of| of.by == own);
            by && at >= journey.active_from && age <= journey.max_event_age.millis()
        });
        let mut journeys: Vec<_> = journeys.collect();
        journeys.sort_by_key(|(_, journey)| Reverse(journey.priority));
        journeys.into_iter().map(|(index, _)| index).collect()
    }
}
