//! Journeys that begin for many, by the catalogue or by a broadcast: for whom, for how many, in which order.

use super::compiler::Compiler;
use super::read::{BROADCAST, BROADCAST_ID, PRODUCT_ID};
use crate::event::vocabulary::EVENT_TYPES;
use crate::fact::KeyReading;
use crate::journey::at::At;
use crate::journey::condition::{
    Capture, Condition, Field, KeyField, Scope, Slots, compile_number, kept_fields,
};
use crate::journey::definition::{Definition, Key, TransitionWord};
use crate::journey::plan::{By, FanOut, Journey};
use crate::journey::problem::Problem;
use crate::product::Transition;
use crate::time::Span;

impl Compiler<'_> {
    /// How the journey begins for many; none where it does not.
    pub(super) fn fan_out(&mut self, definition: &Definition) -> Option<Box<FanOut>> {
        let trigger = &definition.trigger;
        let by = match (&trigger.catalogue, &trigger.broadcast) {
            (Some(of), _) => By::Product(of.value.transition()),
            (None, Some(name)) => {
                self.check_name(name);
                By::Broadcast(name.value.as_str().into())
            }
            (None, None) => {
                self.check_no_fan_out(definition);
                return None;
            }
        };
        self.check_alone(definition, &by);
        let spread = trigger.spread.as_ref();
        spread.into_iter().for_each(|spread| self.bounded(spread));
        let who = self.condition(trigger.who.as_ref(), Scope::Step);
        let order = self.number(trigger.order.as_ref());
        let budget = self.number(trigger.budget.as_ref());
        if let (Some(budget), Some(written)) = (&budget, &trigger.budget) {
            self.check_budget(written, budget);
        }
        if trigger.who.is_some() && who.is_none() {
            return None;
        }
        let among = match &trigger.catalogue {
            Some(of) => self.among(of, trigger.who.as_ref().zip(who.as_ref()))?,
            None => Vec::new(),
        };
        let spread = spread.map_or(Span(0), |spread| spread.value);
        Some(Box::new(FanOut { by, who, among, order, budget, spread, fields: Vec::new() }))
    }

    fn number(&mut self, written: Option<&At<String>>) -> Option<Condition> {
        let text = written?;
        let (slots, captures) = (&mut *self.slots, &mut self.captures);
        let (number, faults) = compile_number(text, Scope::Step, slots, captures);
        faults.into_iter().for_each(|fault| self.fault(text, fault));
        number
    }

    /// What stands in a trigger belongs to one way of beginning.
    fn check_alone(&mut self, definition: &Definition, by: &By) {
        let trigger = &definition.trigger;
        let (what_by, own_key) = match by {
            By::Product(_) => ("the catalogue", PRODUCT_ID),
            By::Broadcast(_) => ("a broadcast", BROADCAST_ID),
        };
        let mut say = |span: std::ops::Range<usize>, what: &str, help: &str| {
            let message = format!("a journey that begins by {what_by} has no `{what}`");
            let problem = Problem::error(&self.source.path, span, message);
            self.problems.push(problem.help(help));
        };
        let of_products = [("order", &trigger.order), ("budget", &trigger.budget)];
        let of_products = of_products.into_iter().filter(|_| matches!(by, By::Broadcast(_)));
        for (name, text) in of_products.filter_map(|(name, it)| Some((name, it.as_ref()?))) {
            say(
                text.span.clone(),
                name,
                "leave it out: it begins for all whom `who` names, and without `who` for everybody",
            );
        }
        if let Some(when) = &trigger.when {
            say(when.span.clone(), "when", "write it into `who`");
        }
        if let Some(each) = &trigger.each {
            say(each.span.clone(), "each", "leave it out");
        }
        if let Some(quiet_for) = &trigger.quiet_for {
            say(quiet_for.span.clone(), "quiet_for", "leave it out, or begin with a `wait`");
        }
        if let Some(key) = &definition.key
            && !matches!(&key.value, Key::Path(path) if path.value == own_key)
        {
            say(key.span.clone(), "key", &format!("remove it: its key is {own_key}"));
        }
    }

    fn check_no_fan_out(&mut self, definition: &Definition) {
        let trigger = &definition.trigger;
        let texts = [("who", &trigger.who), ("order", &trigger.order), ("budget", &trigger.budget)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let texts = texts.map(|(name, text)| (name, text.span.clone()));
        let spread = trigger.spread.iter().map(|spread| ("spread", spread.span.clone()));
        for (name, span) in texts.chain(spread) {
            let message = format!(
                "`{name}` belongs to a journey that begins by the catalogue or by a broadcast"
            );
            let problem = Problem::error(&self.source.path, span, message);
            let help = "remove it, or write `catalogue:` or `broadcast:` instead of `event:`";
            self.problems.push(problem.help(help));
        }
        for event in trigger.event.names() {
            self.check_is_an_event(event);
        }
    }

    /// A name that nobody can broadcast begins nothing.
    fn check_name(&mut self, name: &At<String>) {
        let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let first = name.value.bytes().next();
        let begins = first.is_some_and(|first| !first.is_ascii_digit());
        if !begins || name.value.len() > 64 || !name.value.bytes().all(part) {
            let message = format!("`{}` cannot be the name of a broadcast", name.value);
            let help =
                "letters, digits and `_`, no digit in front, 64 bytes at most, such as spring_sale";
            self.error(name, message, help);
        }
    }

    /// What happens to a product alone, or is told to everybody, comes with no event of a customer, unless the shop has such ones.
    fn check_is_an_event(&mut self, event: &At<String>) {
        let name = event.as_str();
        if EVENT_TYPES.contains(&name) || self.slots.catalogue.declares(event) {
            return;
        }
        if Transition::ALL.iter().any(|transition| transition.name() == name) {
            let message = format!("`{name}` happens to a product, not to a customer");
            let help = format!("write `catalogue: {name}` instead of `event:`, and `who:`");
            self.error(event, message, help);
        } else if name == BROADCAST {
            let message = "a broadcast is told to everybody, and is no event of a customer";
            let help = "write `broadcast: NAME` instead of `event:`, and with `who:` for whom";
            self.error(event, message, help);
        }
    }

    /// A budget is one for all: it may read nothing but what has happened.
    fn check_budget(&mut self, written: &At<String>, budget: &Condition) {
        let of_event = |field: &Field| matches!(field, Field::Capture(_));
        if !budget.fields.iter().all(|(_, field)| of_event(field)) {
            let message = format!("`{}` reads more than the event", written.value);
            let help = "a budget is one for all customers: read the product, such as `event.product.stock * 3`";
            self.error(written, message, help);
        }
    }

    /// The sets of which one must have the product: by them those are found who are asked, and nobody else is looked at.
    fn among(
        &mut self,
        of: &At<TransitionWord>,
        who: Option<(&At<String>, &Condition)>,
    ) -> Option<Vec<u16>> {
        let Some((written, who)) = who else {
            let message = "nobody is named for whom it begins";
            self.error(of, message, "add `who:`, such as `who: event.product.id in wishes`");
            return None;
        };
        let asked = who.needs_one_of(&|field| self.has_product(field));
        let Some(mut sets) = asked else {
            let message = format!("`{}` does not ask for the product in a set", written.value);
            let help = "begin with it, joined to the rest by `&&`: `event.product.id in wishes`, where `wishes` is a set with `indexed: true` (facts.yaml)";
            self.error(written, message, help);
            return None;
        };
        sets.sort_unstable();
        sets.dedup();
        let names = &self.slots.names;
        let other = sets.iter().find(|set| !names.indexed.contains(set));
        if let Some(fact) = other.and_then(|set| names.facts.get(*set)) {
            let name = fact.name.clone();
            let message =
                format!("`{name}` is not indexed: it is not known who has a product in it");
            let help = format!("write `indexed: true` in `{name}` (facts.yaml)");
            self.error(written, message, help);
            return None;
        }
        Some(sets)
    }

    /// The set in which it asks for the product.
    fn has_product(&self, field: Field) -> Option<u16> {
        let Field::FactAt(fact, KeyReading::In, KeyField::Capture(place)) = field else {
            return None;
        };
        let Capture::Field(number) = self.captures.get(usize::from(place))? else { return None };
        let path = kept_fields(self.slots, *number)?;
        (path == ["product", "id"]).then_some(fact)
    }
}

/// What is known when all journeys are there: which fields of the event they read.
pub(super) fn bind(journeys: &mut [Journey], slots: &Slots) {
    for journey in journeys {
        let Some(fan_out) = &mut journey.fan_out else { continue };
        let fields = journey.captures.iter().flat_map(|capture| match capture {
            Capture::Field(number) => vec![*number],
            Capture::List(number) => slots
                .lists
                .get(usize::from(*number))
                .map_or_else(Vec::new, |list| list.reads.clone()),
        });
        fan_out.fields = fields.collect();
        fan_out.fields.sort_unstable();
        fan_out.fields.dedup();
    }
}

/// The journeys that begin by each transition, by priority and name; all are in order of names.
pub(super) fn fans_out(journeys: &[Journey]) -> Vec<(Transition, u16)> {
    let all =
        (0u16..).zip(journeys).filter_map(|(number, journey)| match journey.fan_out.as_ref()?.by {
            By::Product(transition) => Some((transition, number)),
            By::Broadcast(_) => None,
        });
    let mut all: Vec<(Transition, u16)> = all.collect();
    all.sort_by_key(|(transition, number)| {
        (*transition, std::cmp::Reverse(journeys[usize::from(*number)].priority))
    });
    all
}

/// The journeys that begin by broadcasts, by priority and name.
pub(super) fn broadcasts(journeys: &[Journey]) -> Vec<u16> {
    let hears = |journey: &Journey| {
        journey.fan_out.as_ref().is_some_and(|of| matches!(of.by, By::Broadcast(_)))
    };
    let all = (0u16..).zip(journeys).filter(|(_, journey)| hears(journey));
    let mut all: Vec<u16> = all.map(|(number, _)| number).collect();
    all.sort_by_key(|number| std::cmp::Reverse(journeys[usize::from(*number)].priority));
    all
}
