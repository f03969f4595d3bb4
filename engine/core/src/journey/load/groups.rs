//! Groups of journeys: checked, and each journey told where it stands.

use super::rules::{check_name, in_policy};
use crate::journey::condition::{Field, Slots, compile_read};
use crate::journey::plan::Journey;
use crate::journey::problem::Problem;
use crate::journey::rules::Membership;
use crate::policy::{Group, Policy};
use crate::suggest::closest;

/// Most groups, and most journeys in one.
const MAX: usize = 250;

/// Tells the journeys, and what is wrong.
pub(super) fn bind(
    policy: &Policy,
    journeys: &mut [Journey],
    slots: &mut Slots,
    problems: &mut Vec<Problem>,
) {
    if policy.groups.len() > MAX {
        let message =
            format!("there are {} groups; at most {MAX} are allowed", policy.groups.len());
        let help = "journeys that are never about the same thing need no group";
        return problems.push(Problem::error("policy.groups", 0..0, message).help(help));
    }
    for (number, group) in (0_u8..).zip(&policy.groups) {
        let earlier = policy.groups[..usize::from(number)].iter().map(|other| other.name.as_str());
        check_name("group", &format!("groups.{number}"), &group.name, earlier, problems);
        Binding { number, group, slots: &mut *slots, problems: &mut *problems }.bind(journeys);
    }
}

struct Binding<'b> {
    number: u8,
    group: &'b Group,
    slots: &'b mut Slots,
    problems: &'b mut Vec<Problem>,
}

impl Binding<'_> {
    fn bind(mut self, journeys: &mut [Journey]) {
        let Group { name, keys, order } = self.group;
        if order.len() < 2 || order.len() > MAX {
            let message = format!("the group `{name}` has {} journeys", order.len());
            self.say("order", message, format!("write 2 to {MAX}, the most important first"));
        }
        for (rank, journey) in (0_u8..).zip(order.iter().take(MAX)) {
            self.join(rank, journey, journeys);
        }
        for journey in keys.keys().filter(|journey| !order.contains(journey)) {
            let message =
                format!("the group `{name}` has a key of `{journey}`, but no place for it");
            self.say(&format!("keys.{journey}"), message, "add it to `order:`".into());
        }
    }

    fn join(&mut self, rank: u8, name: &str, journeys: &mut [Journey]) {
        let key = self.group.keys.get(name);
        let Some(place) = journeys.iter().position(|journey| journey.name == *name) else {
            let near = closest(name, journeys.iter().map(|journey| journey.name.as_str()));
            let help = near.map_or_else(
                || "no journey that was read has this name".into(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("the group `{}` has no journey `{name}`", self.group.name);
            return self.say(&format!("order.{rank}"), message, help);
        };
        if journeys[place].group.is_some() {
            let message = format!("`{name}` stands in a group already");
            return self.say(
                &format!("order.{rank}"),
                message,
                "a journey stands once, and in one group".into(),
            );
        }
        let key = key.and_then(|path| self.key(name, path, &mut journeys[place]));
        journeys[place].group = Some(Membership { group: self.number, rank, key });
    }

    /// What a run keeps of its trigger event, to be told by it what it is about.
    fn key(&mut self, name: &str, path: &str, journey: &mut Journey) -> Option<Field> {
        let key = format!("keys.{name}");
        if path != "event" && !path.starts_with("event.") {
            let message = format!("`{path}` is not a path of the event");
            self.say(&key, message, "write a path such as `event.cart.id`".into());
            return None;
        }
        self.slots.types.clear();
        let (field, faults) = compile_read(path, self.slots, &mut journey.captures);
        let key = format!("groups.{}.{key}", self.number);
        self.problems.extend(faults.into_iter().map(|fault| in_policy(&key, path, fault)));
        field
    }

    fn say(&mut self, key: &str, message: String, help: String) {
        let path = format!("policy.groups.{}.{key}", self.number);
        self.problems.push(Problem::error(&path, 0..0, message).help(help));
    }
}
