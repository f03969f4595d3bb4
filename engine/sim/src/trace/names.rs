//! Names in lines that nobody knows. Nothing would come of them, and a story in which nothing happens would hold for the wrong reason: so each is
//! refused before anything runs. Whoever means such a record writes it as one: `record {...}`.

use super::expect::Expectation;
use super::fault::Wrong;
use super::json::Json;
use super::known::{self, Named, Stranger};
use super::line::{Statement, What};
use super::suggest;
use super::word::{Word, words};
use cartwheel_core::event::Subject;
use cartwheel_core::journey::load::{KnownEvents, Slip};
use cartwheel_core::journey::plan::{By, Journey, Plan};
use cartwheel_core::product::{ID, Known, misfit};

use std::collections::BTreeSet;

/// What is known where a scenario plays.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n> {
    /// What decides it.
    pub plan: &'n Plan,
    /// What the shop knows of events; none where there is no shop, and any event may mean something.
    pub shop: Option<&'n KnownEvents>,
    /// What the journeys know that stand in the trace.
    pub own: Option<&'n KnownEvents>,
}

/// Fields of products that templates show beside those.
const SHOWN: [&str; 3] = ["name", "url", "image"];

impl Names<'_> {
    /// What is wrong in the lines of a scenario of the trace with this text.
    pub fn slips(&self, text: &str, entries: &[Statement]) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let customers = customers(entries);
        for entry in entries {
            let line = text.get(entry.span.clone()).unwrap_or_default();
            let words = words(line, entry.span.start);
            // The time, and what kind of line it is where it is no event.
            let (inner, rest) = (words.get(1..).unwrap_or(&[]), words.get(2..).unwrap_or(&[]));
            match &entry.what {
                What::Event(_) => wrong.extend(self.event(inner)),
                What::Product(_) => wrong.extend(self.product(rest)),
                What::Broadcast(_) => wrong.extend(self.broadcast(rest)),
                What::Control(_) => wrong.extend(self.control(rest)),
                What::Coupons(_) => wrong.extend(self.coupons(rest)),
                What::Expect(Expectation::Nothing(Some(_))) => {
                    wrong.extend(customer(rest, &customers))
                }
                What::Expect(_) | What::Record(_) | What::Clock | What::Mode(_) => {}
            }
        }
        wrong
    }

    /// `CUSTOMER TYPE ...`.
    fn event(&self, words: &[Word<'_>]) -> Vec<Wrong> {
        let (Some(shop), [_, kind, rest @ ..]) = (self.shop, words) else { return Vec::new() };
        let all = || self.own.into_iter().chain([shop]);
        if !all().any(|known| known.knows(kind.text)) {
            return vec![wrong(*kind, shop.no_type(kind.text))];
        }
        let fields = rest.iter().filter_map(|word| word.assignment());
        let misspelt = |(name, _): (Word<'_>, Word<'_>)| {
            let path: Vec<&str> = name.text.split('.').collect();
            if self.reads(&path) {
                return None;
            }
            // Who does not know the type says nothing of its fields.
            let slips: Option<Vec<Slip>> =
                all().map(|known| known.misspelt(kind.text, &path)).collect();
            slips?.into_iter().next().map(|slip| wrong(name, slip))
        };
        fields.filter_map(misspelt).collect()
    }

    /// Whether some condition reads this of events, or of the profile.
    fn reads(&self, path: &[&str]) -> bool {
        let of_event = self.plan.fields.iter().any(|field| field.path.iter().eq(path.iter()));
        let of_profile = match path {
            [root, name] if *root == Subject::Profile.name() => {
                self.plan.attributes.iter().any(|known| known == name)
            }
            _ => false,
        };
        of_event || of_profile
    }

    /// `PRODUCT [recorded TIME] name=value ...`.
    fn product(&self, words: &[Word<'_>]) -> Vec<Wrong> {
        let known = self.product_fields();
        let mut found = Vec::new();
        for (name, value) in words.iter().filter_map(|word| word.assignment()) {
            if name.text == "time" {
                continue;
            }
            let near = suggest::nearest(name.text, known.iter().copied());
            if let (false, Some(near)) = (known.contains(name.text), near) {
                let message = format!("nothing reads a product's field `{}`", name.text);
                let help = format!("did you mean `{near}`? Otherwise leave it out");
                found.push(wrong(name, (message, help)));
            } else if let Some(must_be) = json(value).and_then(|json| misfit(name.text, &json)) {
                let message =
                    format!("`{}` of a product is {must_be}, and not `{}`", name.text, value.text);
                let help = "a shard leaves such a field out; write a value that it keeps, or null, which removes it. `record {...}` writes a record as it stands";
                found.push(wrong(value, (message, help.into())));
            }
        }
        found
    }

    /// Those that Cartwheel knows, those that are shown, and those that some journey reads.
    fn product_fields(&self) -> BTreeSet<&str> {
        let shown = Subject::Product.fields().iter().map(|(name, _)| *name).chain(SHOWN);
        let asked = self.plan.products.iter().map(|reading| reading.name.as_str());
        let subject = Subject::Product.name();
        let read = self.plan.fields.iter().filter_map(|field| match field.path.as_slice() {
            [root, name, ..] if root == subject => Some(name.as_str()),
            _ => None,
        });
        shown.chain([ID]).chain(Known::NAMES).chain(asked).chain(read).collect()
    }

    /// `NAME name=value ...`.
    fn broadcast(&self, words: &[Word<'_>]) -> Option<Wrong> {
        let name = words.first()?;
        let of = self.plan.journeys.iter().filter_map(|journey| journey.fan_out.as_deref());
        let known: BTreeSet<&str> = of
            .filter_map(|fan_out| match &fan_out.by {
                By::Broadcast(name) => Some(name.as_str()),
                By::Product(_) => None,
            })
            .collect();
        if !known.contains(name.text) {
            let message = format!("no journey begins by a broadcast `{}`", name.text);
            let help = suggest::help(name.text, known.iter().copied());
            return Some(wrong(*name, (message, help)));
        }
        let fields = words.iter().filter_map(|word| word.assignment());
        fields.into_iter().find_map(|(field, _)| {
            let slip = known::broadcast_field(self.plan, field.text)?;
            Some(wrong(field, slip))
        })
    }

    /// `pause JOURNEY`, `winner JOURNEY SPLIT [ARM]` and the like.
    fn control(&self, words: &[Word<'_>]) -> Option<Wrong> {
        let [verb, journey, rest @ ..] = words else { return None };
        let journeys: Vec<&Journey> = self.plan.journeys.iter().collect();
        let told = match (verb.text, rest) {
            ("winner", [split, arm @ ..]) => {
                let arm = arm.first().map(|arm| arm.text);
                known::winner(&journeys, journey.text, split.text, arm)
            }
            _ => known::journey(&journeys, journey.text).map(drop),
        };
        let Stranger { named, message, help } = told.err()?;
        let place = match named {
            Named::Journey => Some(journey),
            Named::Split => rest.first(),
            Named::Arm => rest.get(1),
        };
        Some(wrong(*place.unwrap_or(journey), (message, help)))
    }

    /// `POOL CODE ...`.
    fn coupons(&self, words: &[Word<'_>]) -> Option<Wrong> {
        let (pool, known) = (words.first()?, &self.plan.policy.coupons);
        let is_known = known.iter().any(|known| known == pool.text);
        (!is_known).then(|| {
            let message = format!("the policy has no pool `{}` of coupons", pool.text);
            let add = format!("add it to the policy: `coupons: [{}]`", pool.text);
            let help = suggest::help_or(pool.text, known.iter().map(String::as_str), &add);
            wrong(*pool, (message, help))
        })
    }
}

/// The customers of whom lines tell something; none where a record may tell of anybody.
fn customers(entries: &[Statement]) -> Option<BTreeSet<&str>> {
    let mut customers = BTreeSet::new();
    for entry in entries {
        match &entry.what {
            What::Event(event) => drop(customers.insert(event.customer.as_str())),
            What::Record(_) => return None,
            What::Product(_)
            | What::Broadcast(_)
            | What::Control(_)
            | What::Coupons(_)
            | What::Clock
            | What::Mode(_)
            | What::Expect(_) => {}
        }
    }
    Some(customers)
}

/// `CUSTOMER nothing`, of somebody to whom nothing can happen.
fn customer(words: &[Word<'_>], customers: &Option<BTreeSet<&str>>) -> Option<Wrong> {
    let (name, customers) = (words.first()?, customers.as_ref()?);
    (!customers.contains(name.text)).then(|| {
        let message = format!("no event of this story is of a customer `{}`", name.text);
        wrong(*name, (message, suggest::help(name.text, customers.iter().copied())))
    })
}

/// The value as JSON.
fn json(value: Word<'_>) -> Option<String> {
    let mut text = String::new();
    Json::read(value).ok()?.write(&mut text);
    Some(text)
}

fn wrong(word: Word<'_>, (message, help): Slip) -> Wrong {
    (word.span(), message, Some(help))
}

#[cfg(test)]
mod tests;
