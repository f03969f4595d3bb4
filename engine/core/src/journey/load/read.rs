//! Tree to definition: the shape of a journey file, field by field.

use super::fields::{Fields, Reader};
use super::yaml::{Kind, Node};
use crate::channel::{Channel, Class};
use crate::journey::at::At;
use crate::journey::definition::{
    Arm, ChannelChoice, Definition, Engagement, EventTypes, ExitRule, Fallback, Goal, Reentry,
    Step, Trigger, WaitFor, WaitUntil, ZoneOf,
};
use crate::journey::problem::{Problem, Source};

const JOURNEY: [&str; 13] = [
    "journey",
    "class",
    "priority",
    "tags",
    "trigger",
    "key",
    "reentry",
    "exit",
    "while",
    "holdout",
    "goal",
    "max_event_age",
    "steps",
];
/// Kinds of steps; the first field of a step that is one of these says what it is.
const KINDS: [&str; 4] = ["send", "wait", "branch", "exit"];
/// Kinds that design and documentation name and that no evaluator knows yet.
const LATER: [&str; 4] = ["split", "update", "notify", "emit"];
/// Deepest nesting of branches.
const MAX_BRANCHES: usize = 8;

/// Reads a journey; none after at least one problem. Problems that leave a definition (an unknown field) do not stop the later stages.
pub(super) fn definition(
    source: &Source,
    root: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Definition> {
    Reader { source, problems }.journey(root)
}

impl Reader<'_> {
    fn journey(&mut self, root: &Node) -> Option<Definition> {
        let fields = self.fields(root, "a journey", &JOURNEY)?;
        let journey = self
            .required(&fields, "journey")
            .and_then(|node| self.text(node, "the journey's name"));
        let class = self.optional(&fields, "class", |reader, node| {
            reader.word(
                node,
                "a class",
                &[("marketing", Class::Marketing), ("transactional", Class::Transactional)],
            )
        });
        let priority = self.optional(&fields, "priority", Self::priority);
        let tags = self.optional(&fields, "tags", |reader, node| reader.texts(node, "[recovery]"));
        let trigger = self.required(&fields, "trigger").and_then(|node| self.trigger(node));
        let key = self.optional(&fields, "key", |reader, node| {
            reader.text(node, "a path such as event.cart.id")
        });
        let reentry = self.optional(&fields, "reentry", Self::reentry);
        let exit = self.optional(&fields, "exit", |reader, node| {
            reader.list(node, "[{ on: order_placed }]", 32, Self::exit_rule)
        });
        let while_ = self.optional(&fields, "while", |reader, node| reader.condition(node));
        let holdout = self.optional(&fields, "holdout", Self::percent);
        let goal = self.optional(&fields, "goal", Self::goal);
        let max_event_age = self.optional(&fields, "max_event_age", Self::span);
        let steps = self.steps(&fields, 0);
        Some(Definition {
            journey: journey?,
            class: class?.map_or(Class::Marketing, |class| class.value),
            priority: priority?.unwrap_or(At::from(50)),
            tags: tags?.unwrap_or_default(),
            trigger: trigger?,
            key: key?,
            reentry: reentry?,
            exit: exit?.unwrap_or_default(),
            while_: while_?,
            holdout: holdout?.unwrap_or_default(),
            goal: goal?,
            max_event_age: max_event_age?,
            steps: steps?,
        })
    }

    fn priority(&mut self, node: &Node) -> Option<At<u8>> {
        let text = self.text(node, "a number from 0 to 100")?;
        match text.parse::<u8>() {
            Ok(priority) if priority <= 100 => Some(At::new(priority, text.span)),
            _ => self.fail(
                node,
                format!("`{}` is not a priority", text.value),
                "write a whole number from 0 to 100; 50 is the default",
            ),
        }
    }

    fn condition(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "a condition such as event.cart.total >= 20")
    }

    fn event_name(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "an event type such as cart_updated")
    }

    fn event_types(&mut self, node: &Node) -> Option<EventTypes> {
        match &node.kind {
            Kind::List(items) if items.is_empty() => self.fail(
                node,
                "the list of event types is empty",
                "name one, such as cart_updated",
            ),
            Kind::List(_) => self
                .list(node, "[customer_created, subscribed]", 16, Self::event_name)
                .map(EventTypes::Several),
            _ => self.event_name(node).map(EventTypes::One),
        }
    }

    fn trigger(&mut self, node: &Node) -> Option<Trigger> {
        let fields = self.fields(node, "a trigger", &["event", "when", "quiet_for", "moved_by"])?;
        let event = self.required(&fields, "event").and_then(|node| self.event_types(node));
        let when = self.optional(&fields, "when", Self::condition);
        let quiet_for = self.optional(&fields, "quiet_for", Self::span);
        let moved_by = self.optional(&fields, "moved_by", |reader, node| {
            reader.texts(node, "[cart_updated, product_viewed]")
        });
        Some(Trigger {
            event: event?,
            when: when?,
            quiet_for: quiet_for?,
            moved_by: moved_by?.unwrap_or_default(),
        })
    }

    fn reentry(&mut self, node: &Node) -> Option<At<Reentry>> {
        if let Kind::Map(_) = node.kind {
            let fields = self.fields(node, "a re-entry rule", &["after"])?;
            let after = self.required(&fields, "after").and_then(|node| self.span(node))?;
            return Some(At::new(Reentry::After(after.value), node.span.clone()));
        }
        let words = [
            ("never", Reentry::Never),
            ("always", Reentry::Always),
            ("once_per_key", Reentry::OncePerKey),
        ];
        self.word(node, "a re-entry rule (or write `{ after: 7d }`)", &words)
    }

    fn exit_rule(&mut self, node: &Node) -> Option<ExitRule> {
        let fields = self.fields(node, "an exit rule", &["on", "when"])?;
        let on = self.required(&fields, "on").and_then(|node| self.event_name(node));
        let when = self.optional(&fields, "when", Self::condition);
        Some(ExitRule { on: on?, when: when? })
    }

    fn goal(&mut self, node: &Node) -> Option<Goal> {
        let fields = self.fields(node, "a goal", &["on", "within"])?;
        let on = self.required(&fields, "on").and_then(|node| self.event_name(node));
        let within = self.required(&fields, "within").and_then(|node| self.span(node));
        Some(Goal { on: on?, within: within? })
    }

    fn steps(&mut self, fields: &Fields<'_>, depth: usize) -> Option<At<Vec<Step>>> {
        let node = self.required(fields, "steps")?;
        let steps =
            self.list(node, "one step a line, each starting with `- `", 64, |reader, item| {
                reader.step(item, depth)
            })?;
        Some(At::new(steps, node.span.clone()))
    }

    fn step(&mut self, node: &Node, depth: usize) -> Option<Step> {
        let Kind::Map(entries) = &node.kind else {
            return self.fail(
                node,
                format!("a step is a mapping, not {}", node.describe()),
                "write `- send: TEMPLATE`, `- wait: 23h` and so on",
            );
        };
        if let Some(entry) = entries.iter().find(|entry| LATER.contains(&entry.key.as_str())) {
            let message = format!("steps of the kind `{}` are not yet supported", entry.key);
            self.error(entry.at.clone(), message, format!("supported are: {}", KINDS.join(", ")));
            return None;
        }
        match entries.iter().find_map(|entry| KINDS.iter().find(|kind| **kind == entry.key)) {
            Some(&"send") => self.send(node),
            Some(&"wait") => self.wait(node),
            Some(&"branch") => self.branch(node, depth),
            Some(&"exit") => self.exit(node),
            _ => {
                // The unknown kind is the field to point at.
                self.fields(node, "a step", &["send", "wait", "branch", "exit", "id"])?;
                let at = entries.first().map_or(node.span.clone(), |entry| entry.at.clone());
                self.error(
                    at,
                    "this step does nothing",
                    format!("a step has one of: {}", KINDS.join(", ")),
                );
                None
            }
        }
    }

    fn id(&mut self, fields: &Fields<'_>) -> Option<Option<At<String>>> {
        self.optional(fields, "id", |reader, node| reader.text(node, "the step's name"))
    }

    fn send(&mut self, node: &Node) -> Option<Step> {
        if let Kind::Map(entries) = &node.kind
            && let Some(coupon) = entries.iter().find(|entry| entry.key == "coupon")
        {
            self.error(
                coupon.at.clone(),
                "`coupon` is not yet supported",
                "leave it out; write a fixed code into the template",
            );
            return None;
        }
        let fields = self.fields(node, "a send step", &["send", "channels", "id"])?;
        let send =
            self.required(&fields, "send").and_then(|node| self.text(node, "the template's name"));
        let channels = self
            .required(&fields, "channels")
            .and_then(|node| self.list(node, "[email]", 8, Self::channel_choice));
        let id = self.id(&fields);
        Some(Step::Send { send: send?, channels: channels?, id: id? })
    }

    fn channel_choice(&mut self, node: &Node) -> Option<At<ChannelChoice>> {
        let channels = Channel::ALL.map(|channel| (channel.name(), channel));
        let Kind::Map(entries) = &node.kind else {
            let channel = self.word(node, "a channel", &channels)?;
            return Some(At::new(ChannelChoice::Plain(channel.value), channel.span));
        };
        let [entry] = entries.as_slice() else {
            return self.fail(
                node,
                "a fallback names exactly one channel",
                "write `{ sms: { if_no: opened, within: 4h } }`",
            );
        };
        let name = Node { span: entry.at.clone(), kind: Kind::Text(entry.key.clone()) };
        let channel = self.word(&name, "a channel", &channels);
        let fallback = self.fallback(&entry.value);
        let choice = ChannelChoice::Fallback([(channel?.value, fallback?)].into());
        Some(At::new(choice, node.span.clone()))
    }

    fn fallback(&mut self, node: &Node) -> Option<Fallback> {
        let fields = self.fields(node, "a fallback", &["if_no", "within"])?;
        let if_no = self
            .required(&fields, "if_no")
            .and_then(|node| self.word(node, "an engagement", &[("opened", Engagement::Opened)]));
        let within = self.required(&fields, "within").and_then(|node| self.span(node));
        Some(Fallback { if_no: if_no?.value, within: within? })
    }

    fn wait(&mut self, node: &Node) -> Option<Step> {
        let fields = self.fields(node, "a wait step", &["wait", "id"])?;
        let id = self.id(&fields);
        let wait = self.required(&fields, "wait").and_then(|node| match node.kind {
            Kind::Map(_) => {
                self.wait_until(node).map(|until| At::new(WaitFor::Until(until), node.span.clone()))
            }
            _ => self.span(node).map(|delay| At::new(WaitFor::Delay(delay.value), delay.span)),
        });
        Some(Step::Wait { wait: wait?, id: id? })
    }

    fn wait_until(&mut self, node: &Node) -> Option<WaitUntil> {
        let fields =
            self.fields(node, "a wait until a local time", &["until", "zone", "at_most"])?;
        let until = self.required(&fields, "until").and_then(|node| self.local_time(node));
        let zone = self.optional(&fields, "zone", |reader, node| {
            reader.word(node, "a zone", &[("customer", ZoneOf::Customer)])
        });
        let at_most = self.required(&fields, "at_most").and_then(|node| self.span(node));
        Some(WaitUntil {
            until: until?,
            zone: zone?.map_or(ZoneOf::Customer, |zone| zone.value),
            at_most: at_most?,
        })
    }

    fn branch(&mut self, node: &Node, depth: usize) -> Option<Step> {
        if depth >= MAX_BRANCHES {
            return self.fail(
                node,
                format!("branches are nested deeper than {MAX_BRANCHES} levels"),
                "join conditions with && instead",
            );
        }
        let fields = self.fields(node, "a branch step", &["branch", "id"])?;
        let id = self.id(&fields);
        let node = self.required(&fields, "branch")?;
        let arms = self.list(
            node,
            "`- when: CONDITION` with `steps:`, and `- else:` last",
            16,
            |reader, item| reader.arm(item, depth + 1),
        );
        Some(Step::Branch { branch: At::new(arms?, node.span.clone()), id: id? })
    }

    fn arm(&mut self, node: &Node, depth: usize) -> Option<At<Arm>> {
        let fields = self.fields(node, "an arm of a branch", &["when", "else", "steps"])?;
        if let Some(value) = fields.get("else").filter(|value| !matches!(value.kind, Kind::Null)) {
            let help = "write `- else:` and below it, in the same column as `else`, `steps:`";
            return self.fail(value, "`else:` has no value of its own", help);
        }
        let steps = self.steps(&fields, depth);
        match (fields.get("when"), fields.get("else")) {
            (Some(when), None) => {
                let when = self.condition(when);
                Some(At::new(Arm::When { when: when?, steps: steps?.value }, node.span.clone()))
            }
            (None, Some(_)) => {
                Some(At::new(Arm::Else { else_: None, steps: steps?.value }, node.span.clone()))
            }
            (Some(_), Some(_)) => {
                self.fail(node, "an arm has `when` or `else`, not both", "make two arms of it")
            }
            (None, None) => self.fail(
                node,
                "an arm has neither `when` nor `else`",
                "write `- when: CONDITION` or `- else:`",
            ),
        }
    }

    fn exit(&mut self, node: &Node) -> Option<Step> {
        let fields = self.fields(node, "an exit step", &["exit", "id"])?;
        let id = self.id(&fields);
        let exit = self
            .required(&fields, "exit")
            .and_then(|node| self.word(node, "a value for `exit`", &[("true", true)]));
        Some(Step::Exit { exit: exit?, id: id? })
    }
}
