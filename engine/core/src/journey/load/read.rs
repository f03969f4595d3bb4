//! Tree to definition: the shape of a journey file, field by field.

use super::fields::{Fields, Reader};
use super::yaml::{Kind, Node};
use crate::channel::Class;
use crate::journey::at::At;
use crate::journey::definition::{
    After, Backlog, Definition, EventTypes, ExitRule, Goal, Key, OnChange, OncePerKey, Per,
    Reentry, ReentryWord, Since, SinceAny, Step, TransitionWord, Trigger, ZoneOf,
};
use crate::journey::plan::MAX_OPS;
use crate::journey::problem::{Problem, SourceFile};
use crate::time::{Instant, Span};
use std::collections::BTreeMap;

const JOURNEY: [&str; 17] = [
    "journey",
    "class",
    "priority",
    "tags",
    "trigger",
    "key",
    "reentry",
    "max_runs",
    "exit",
    "while",
    "holdout",
    "goal",
    "max_event_age",
    "active_from",
    "on_change",
    "renamed",
    "steps",
];
/// The key of a journey that begins by the catalogue.
pub(super) const PRODUCT_ID: &str = "event.product.id";
/// The type of the event that a broadcast is for those for whom a journey begins by it.
pub(super) const BROADCAST: &str = "broadcast";
/// The key of a journey that begins by a broadcast.
pub(super) const BROADCAST_ID: &str = "event.broadcast.id";
const TRIGGER: [&str; 14] = [
    "event",
    "catalogue",
    "broadcast",
    "who",
    "order",
    "budget",
    "spread",
    "each",
    "when",
    "at",
    "zone",
    "backlog",
    "quiet_for",
    "moved_by",
];

/// Reads a journey; none after at least one problem. Problems that leave a definition (an unknown field) do not stop the later stages.
pub(super) fn definition(
    source: &SourceFile,
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
        let class = self.optional(&fields, "class", Self::class);
        let priority = self.optional(&fields, "priority", Self::priority);
        let tags = self.optional(&fields, "tags", |reader, node| reader.texts(node, "[recovery]"));
        let trigger = self.required(&fields, "trigger").and_then(|node| self.trigger(node));
        let key = self.optional(&fields, "key", Self::key);
        let reentry = self.optional(&fields, "reentry", Self::reentry);
        let max_runs = self.optional(&fields, "max_runs", Self::max_runs);
        let exit = self.optional(&fields, "exit", |reader, node| {
            reader.list(node, "[{ on: order_placed }]", 32, Self::exit_rule)
        });
        let while_ = self.optional(&fields, "while", |reader, node| reader.condition(node));
        let holdout = self.optional(&fields, "holdout", Self::percent);
        let goal = self.optional(&fields, "goal", Self::goal);
        let max_event_age = self.optional(&fields, "max_event_age", Self::span);
        let active_from = self.optional(&fields, "active_from", Self::instant);
        let on_change = self.optional(&fields, "on_change", Self::on_change);
        let renamed = self.optional(&fields, "renamed", Self::renamed);
        let steps = self.steps(&fields, 0).filter(|steps| self.few_enough(steps));
        // What happens to a product is about it.
        let of_product = trigger.as_ref().and_then(|trigger| trigger.catalogue.as_ref());
        let of_product = of_product.map(|at| (PRODUCT_ID, at.span.clone()));
        let of_broadcast = trigger.as_ref().and_then(|trigger| trigger.broadcast.as_ref());
        let of_broadcast = of_broadcast.map(|at| (BROADCAST_ID, at.span.clone()));
        let own_key = of_product
            .or(of_broadcast)
            .map(|(path, span)| At::new(Key::Path(At::new(path.to_owned(), span.clone())), span));
        Some(Definition {
            journey: journey?,
            class: class?.map_or(Class::Marketing, |class| class.value),
            priority: priority?.unwrap_or(At::from(50)),
            tags: tags?.unwrap_or_default(),
            trigger: trigger?,
            key: key?.or(own_key),
            reentry: reentry?,
            max_runs: max_runs?,
            exit: exit?.unwrap_or_default(),
            while_: while_?,
            holdout: holdout?.unwrap_or_default(),
            goal: goal?,
            max_event_age: max_event_age?,
            active_from: active_from?,
            on_change: on_change?.map_or(OnChange::Migrate, |word| word.value),
            renamed: renamed?.unwrap_or_default(),
            steps: steps?,
        })
    }

    /// Whether so many steps may be a journey: each is an operation at least. More are not even looked at.
    fn few_enough(&mut self, steps: &At<Vec<Step>>) -> bool {
        let count = count(steps);
        if count > MAX_OPS {
            let message = format!("the journey has {count} steps; at most {MAX_OPS} are allowed");
            self.error(steps.span.clone(), message, "split it into two journeys");
        }
        count <= MAX_OPS
    }

    pub(super) fn class(&mut self, node: &Node) -> Option<At<Class>> {
        let words = [("marketing", Class::Marketing), ("transactional", Class::Transactional)];
        self.word(node, "a class", &words)
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

    pub(super) fn condition(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "a condition such as event.cart.total >= 20")
    }

    fn event_name(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "an event type such as cart_updated")
    }

    pub(super) fn event_types(&mut self, node: &Node) -> Option<EventTypes> {
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
        let fields = self.fields(node, "a trigger", &TRIGGER)?;
        self.begins_by_one(&fields)?;
        let catalogue = self.optional(&fields, "catalogue", |reader, node| {
            reader.word(node, "a change of a product", &TransitionWord::ALL)
        });
        let broadcast = self.optional(&fields, "broadcast", |reader, node| {
            reader.text(node, "the name of a broadcast, such as spring_sale")
        });
        let who = self.optional(&fields, "who", Self::condition);
        let number = |reader: &mut Self, node: &Node| {
            reader.text(node, "a number, such as event.product.stock * 3")
        };
        let order = self.optional(&fields, "order", number);
        let budget = self.optional(&fields, "budget", number);
        let spread = self.optional(&fields, "spread", Self::span);
        // What is told to everybody is the event of those for whom the journey begins.
        let told = broadcast.iter().flatten().map(|name: &At<String>| name.span.clone()).next();
        let told = told.map(|span| EventTypes::One(At::new(BROADCAST.to_owned(), span)));
        // What happens to the product is the event of those who are chosen.
        let happens = catalogue.iter().flatten().map(|of: &At<TransitionWord>| {
            EventTypes::One(At::new(of.value.transition().name().to_owned(), of.span.clone()))
        });
        let of_many = happens.chain(told).next().unwrap_or_default();
        let event = fields.get("event").map_or(Some(of_many), |node| self.event_types(node));
        let each = self.optional(&fields, "each", |reader, node| {
            reader
                .text(node, "a list and what one of its items is called: event.order.items as item")
        });
        let when = self.optional(&fields, "when", Self::condition);
        let at = self.optional(&fields, "at", Self::deadline);
        let zone = self.optional(&fields, "zone", |reader, node| {
            reader.word(node, "a zone", &[("customer", ZoneOf::Customer)])
        });
        let backlog = self.optional(&fields, "backlog", Self::backlog);
        let quiet_for = self.optional(&fields, "quiet_for", Self::span);
        let moved_by = self.optional(&fields, "moved_by", |reader, node| {
            reader.texts(node, "[cart_updated, product_viewed]")
        });
        Some(Trigger {
            event: event?,
            catalogue: catalogue?,
            broadcast: broadcast?,
            who: who?,
            order: order?,
            budget: budget?,
            spread: spread?,
            each: each?,
            when: when?,
            at: at?,
            zone: zone?,
            backlog: backlog?,
            quiet_for: quiet_for?,
            moved_by: moved_by?.unwrap_or_default(),
        })
    }

    /// Whether a trigger says one thing by which the journey begins. An event may have an `at` beside it: when the run enters.
    fn begins_by_one(&mut self, fields: &Fields<'_>) -> Option<()> {
        let help = "write one of `event:` (what a customer does), `catalogue:` (what happens to a product), `broadcast:` (what everybody is told), and `at:` (a time)";
        let given = fields.given(&["event", "catalogue", "broadcast", "at"]);
        if given.is_empty() {
            let message = "a trigger says nothing by which the journey begins";
            self.error(fields.at(), message, help);
            return None;
        }
        let is_alone = |(name, _): &&(&str, _)| ["catalogue", "broadcast"].contains(name);
        let Some((alone, _)) = given.iter().find(is_alone) else { return Some(()) };
        if given.len() == 1 {
            return Some(());
        }
        // As they are written: the first of the others beside it.
        let other = given.iter().map(|(name, _)| *name).find(|name| name != alone);
        let mut both = given.iter().filter(|(name, _)| name == alone || Some(*name) == other);
        let ((first, _), (second, at)) = both.next().zip(both.next())?;
        let message = format!("a journey begins by `{first}` or by `{second}`, not by both");
        self.error(at.clone(), message, help);
        None
    }

    pub(super) fn deadline(&mut self, node: &Node) -> Option<At<String>> {
        self.text(node, "an instant such as last_order.at + 60d")
    }

    fn backlog(&mut self, node: &Node) -> Option<At<Backlog>> {
        let fields = self.fields(node, "a backlog", &["since", "spread"])?;
        let since = self.required(&fields, "since").and_then(|node| self.since(node));
        let spread = self.required(&fields, "spread").and_then(|node| self.span(node));
        Some(At::new(Backlog { since: since?, spread: spread? }, node.span.clone()))
    }

    fn since(&mut self, node: &Node) -> Option<At<Since>> {
        let text = self.text(node, "an age such as 180d, or an instant")?;
        let age = Span::parse(&text).ok().map(Since::Age);
        let since = age.or_else(|| Instant::parse(&text).ok().map(Since::Instant));
        if let Some(since) = since {
            return Some(At::new(since, text.span));
        }
        let message = format!("`{}` is neither an age nor an instant", text.value);
        self.fail(node, message, "write how old they may be, such as 180d, or from when they count, such as 2026-01-01T00:00:00Z")
    }

    fn key(&mut self, node: &Node) -> Option<At<Key>> {
        let path = "a path such as event.cart.id";
        let Kind::Map(entries) = &node.kind else {
            return self.text(node, path).map(|text| At::new(Key::Path(text), node.span.clone()));
        };
        if entries.is_empty() {
            return self.fail(
                node,
                "`key` names no event type",
                "write a path such as event.cart.id",
            );
        }
        let paths: Vec<_> = entries
            .iter()
            .map(|entry| {
                Some((At::new(entry.key.clone(), entry.at.clone()), self.text(&entry.value, path)?))
            })
            .collect();
        let paths = paths.into_iter().collect::<Option<_>>()?;
        Some(At::new(Key::ByType(paths), node.span.clone()))
    }

    fn reentry(&mut self, node: &Node) -> Option<At<Reentry>> {
        let rule = match &node.kind {
            Kind::Map(entries) if entries.iter().any(|entry| entry.key == "once_per_key") => {
                let fields = self.fields(node, "a re-entry rule", &["once_per_key"])?;
                let inner = self.required(&fields, "once_per_key")?;
                let fields = self.fields(inner, "`once_per_key`", &["after"])?;
                let after = self.required(&fields, "after").and_then(|node| self.span(node))?;
                Reentry::OncePerKey(OncePerKey { once_per_key: SinceAny { after } })
            }
            Kind::Map(_) => {
                let fields = self.fields(node, "a re-entry rule", &["after", "per"])?;
                let after = self.required(&fields, "after").and_then(|node| self.span(node));
                let per = self.optional(&fields, "per", |reader, node| {
                    reader.word(node, "whose last entry counts", &[("key", Per::Key)])
                });
                Reentry::After(After { after: after?, per: per? })
            }
            Kind::Null | Kind::Text(_) | Kind::List(_) => {
                let words = [
                    ("never", ReentryWord::Never),
                    ("always", ReentryWord::Always),
                    ("once_per_key", ReentryWord::OncePerKey),
                    ("restart", ReentryWord::Restart),
                ];
                let what = "a re-entry rule (or write `{ after: 7d }`)";
                Reentry::Word(self.word(node, what, &words)?.value)
            }
        };
        Some(At::new(rule, node.span.clone()))
    }

    fn max_runs(&mut self, node: &Node) -> Option<At<u8>> {
        let text = self.text(node, "a number from 1 to 64")?;
        match text.parse::<u8>() {
            Ok(runs) if (1..=64).contains(&runs) => Some(At::new(runs, text.span)),
            _ => self.fail(
                node,
                format!("`{}` is not a number of runs", text.value),
                "write a whole number from 1 to 64; 8 is the default",
            ),
        }
    }

    fn on_change(&mut self, node: &Node) -> Option<At<OnChange>> {
        let words = [("migrate", OnChange::Migrate), ("exit", OnChange::Exit)];
        self.word(node, "what becomes of runs when their journey changes", &words)
    }

    fn renamed(&mut self, node: &Node) -> Option<BTreeMap<At<String>, At<String>>> {
        let Kind::Map(entries) = &node.kind else {
            let message = "`renamed` is not a list of names";
            return self.fail(node, message, "write `renamed: { old_name: new_name }`");
        };
        let names = entries.iter().map(|entry| {
            let new = self.text(&entry.value, "the step's name")?;
            Some((At::new(entry.key.clone(), entry.at.clone()), new))
        });
        names.collect()
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
}

/// The steps, and those inside of them.
fn count(steps: &[Step]) -> usize {
    steps.iter().map(|step| 1 + step.inner().into_iter().map(count).sum::<usize>()).sum()
}
