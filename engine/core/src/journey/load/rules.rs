//! The conditions of the policy: of holds, of quiet hours, and what caps let through.

use super::policy::MAX_WINDOW;
use crate::journey::condition::{Condition, Fault, Scope, Slots, compile, compile_number};
use crate::journey::problem::{Problem, visible};
use crate::journey::rules::Rules;
use crate::policy::{CapLimit, Hold, Policy};

/// Most holds: a run remembers by a byte which one has put it off.
const MAX_HOLDS: usize = 32;

/// Compiles them. Where one has an error it is left out: the rules are good for finding more problems only.
pub(super) fn compile_all(
    policy: &Policy,
    slots: &mut Slots,
    problems: &mut Vec<Problem>,
) -> Rules {
    let mut reader = Reader { slots, problems };
    if policy.holds.len() > MAX_HOLDS {
        let message =
            format!("there are {} holds; at most {MAX_HOLDS} are allowed", policy.holds.len());
        let help = "a condition may join several with `||`";
        reader.problems.push(Problem::error("policy.holds", 0..0, message).help(help));
    }
    let holds = (0..).zip(&policy.holds);
    let quiet = (0..).zip(&policy.quiet_hours);
    let caps = (0..).zip(&policy.caps);
    Rules {
        holds: holds.filter_map(|(number, hold)| reader.hold(policy, number, hold)).collect(),
        quiet: quiet
            .map(|(number, quiet)| {
                reader.condition(&format!("quiet_hours.{number}.where"), quiet.where_.as_deref()?)
            })
            .collect(),
        limits: caps
            .map(|(number, cap)| match &cap.limit {
                CapLimit::Fixed(_) => None,
                CapLimit::Of(text) => reader.number(&format!("caps.{number}.limit"), text),
            })
            .collect(),
        remembers: policy.caps.iter().map(|cap| cap.per.longest()).max(),
        groups: !policy.groups.is_empty(),
    }
}

struct Reader<'r> {
    slots: &'r mut Slots,
    problems: &'r mut Vec<Problem>,
}

impl Reader<'_> {
    fn hold(&mut self, policy: &Policy, number: usize, hold: &Hold) -> Option<Condition> {
        let key = format!("holds.{number}");
        let earlier = policy.holds[..number].iter().map(|other| other.name.as_str());
        check_name("hold", &key, &hold.name, earlier, self.problems);
        if hold.at_most.millis() == 0 {
            let message = format!("the hold `{}` holds for {} at most", hold.name, hold.at_most);
            self.error(&format!("{key}.at_most"), message, "write a longer duration, such as 21d");
        }
        for (name, span) in [("at_most", hold.at_most), ("missed_within", hold.missed_within)] {
            if span > MAX_WINDOW {
                let message = format!("`{name}` of the hold `{}` is {span}", hold.name);
                let help = format!("write at most {MAX_WINDOW}");
                self.error(&format!("{key}.{name}"), message, &help);
            }
        }
        let key = format!("{key}.while");
        let condition = self.condition(&key, &hold.while_)?;
        if !condition.is_foreseeable() {
            let message = format!("when `{}` ends cannot be foreseen", hold.while_);
            let help = "what changes with time, such as `now` and `age(x)`, is compared, added, or multiplied with what does not";
            self.error(&key, message, help);
        }
        Some(condition)
    }

    fn condition(&mut self, key: &str, text: &str) -> Option<Condition> {
        let (condition, faults) = compile(text, Scope::Policy, self.slots, &mut Vec::new());
        self.tell(key, text, faults);
        condition
    }

    fn number(&mut self, key: &str, text: &str) -> Option<Condition> {
        let (number, faults) = compile_number(text, Scope::Policy, self.slots, &mut Vec::new());
        self.tell(key, text, faults);
        number
    }

    fn tell(&mut self, key: &str, text: &str, faults: Vec<Fault>) {
        self.problems.extend(faults.into_iter().map(|fault| in_policy(key, text, fault)));
    }

    fn error(&mut self, key: &str, message: String, help: &str) {
        let problem = Problem::error(&format!("policy.{key}"), 0..0, message);
        self.problems.push(problem.help(help));
    }
}

/// A fault of a text of the policy, which is shown whole; its bytes are those of the text, as the file is not here.
pub(super) fn in_policy(key: &str, text: &str, fault: Fault) -> Problem {
    Problem {
        severity: fault.severity,
        path: format!("policy.{key}"),
        span: fault.range,
        message: visible(format!("{} (in `{text}`)", fault.message)),
        help: fault.help.map(visible),
    }
}

/// Says what is wrong with a name that decisions show.
pub(super) fn check_name<'e>(
    what: &str,
    key: &str,
    name: &str,
    mut earlier: impl Iterator<Item = &'e str>,
    problems: &mut Vec<Problem>,
) {
    let mut say = |message: String, help: &str| {
        problems.push(Problem::error(&format!("policy.{key}.name"), 0..0, message).help(help));
    };
    if name.is_empty() || name.len() > 64 {
        say(format!("`{name}` is not the name of a {what}"), "write 1 to 64 letters");
    }
    if earlier.any(|other| other == name) {
        let message = format!("a second {what} is called `{name}`");
        say(message, &format!("names are shown in decisions: give each {what} its own"));
    }
}
