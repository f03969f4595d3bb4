//! What reports count, gathered between two turn records.

use crate::journey::plan::Plan;
use crate::sends::{Converted, HeldOut, Measured};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Runs that entered, by the plan's journeys.
    entered: Vec<u64>,
    /// The rest, and those that entered before another plan came into force.
    told: Measured,
}

impl Measures {
    /// Nothing yet.
    pub fn new(plan: &Plan) -> Self {
        Self { entered: vec![0; plan.journeys.len()], told: Measured::default() }
    }

    /// Journeys have other numbers from now on.
    pub fn change_plan(&mut self, old: &Plan, new: &Plan) {
        self.name_entered(old);
        self.entered.resize(new.journeys.len(), 0);
    }

    /// A run of the journey with this index has entered.
    pub fn enter(&mut self, journey: u16) {
        if let Some(count) = self.entered.get_mut(usize::from(journey)) {
            *count += 1;
        }
    }

    /// A message was kept back.
    pub fn hold_out(&mut self, held_out: HeldOut) {
        self.told.held_out.push(held_out);
    }

    /// A run has reached its goal.
    pub fn convert(&mut self, converted: Converted) {
        self.told.converted.push(converted);
    }

    /// What is told one by one: it needs a place in the next turn record.
    pub fn len(&self) -> usize {
        self.told.held_out.len() + self.told.converted.len()
    }

    /// Whether nothing is told one by one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it, under the plan in force; from now on it is gathered anew.
    pub fn take(&mut self, plan: &Plan) -> Measured {
        self.name_entered(plan);
        std::mem::take(&mut self.told)
    }

    fn name_entered(&mut self, plan: &Plan) {
        let counts = plan.journeys.iter().zip(self.entered.iter_mut());
        for (journey, count) in counts.filter(|(_, count)| **count > 0) {
            *self.told.entered.entry(journey.name.to_string()).or_default() +=
                std::mem::take(count);
        }
    }
}
