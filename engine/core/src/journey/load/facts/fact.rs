//! A fact: what it is made of, checked.

use super::checker::{Checker, check_name};
use super::paths::Each;
use crate::fact::{Bounds, Definition, Feed, Kind, Role, Takes};
use crate::journey::at::At;
use crate::journey::catalogue::Catalogue;
use crate::journey::condition::{Alone, Slots, compile_alone};
use crate::journey::definition::EventTypes;
use crate::journey::facts_file::{FactText, TakesText, TakesWith};
use crate::journey::load::compiler::Compiler;
use crate::journey::problem::{Problem, Severity, SourceFile};
use compact_str::CompactString;
use std::sync::Arc;

/// What a fact comes to, with its conditions and amounts by role.
pub(super) struct Fact {
    pub definition: Definition,
    pub conditions: Vec<(Role, Alone)>,
    pub amounts: Vec<(Role, Alone)>,
    pub in_vain: Vec<Problem>,
}

/// Compiles one fact; none after at least one problem.
pub(super) fn compile(
    source: &SourceFile,
    name: &At<String>,
    text: &FactText,
    catalogue: &Arc<Catalogue>,
    problems: &mut Vec<Problem>,
) -> Option<Fact> {
    check_name(source, name, "fact", problems);
    let errors = |problems: &[Problem]| {
        problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    };
    let before = errors(problems);
    let mut slots = Slots { catalogue: Arc::clone(catalogue), ..Slots::default() };
    let compiler =
        Compiler { source, slots: &mut slots, captures: Vec::new(), problems: &mut *problems };
    let (conditions, amounts, in_vain) = (Vec::new(), Vec::new(), Vec::new());
    let mut checker = Checker { compiler, name, conditions, amounts, in_vain };
    let definition = checker.definition(text);
    let Checker { conditions, amounts, in_vain, .. } = checker;
    (errors(problems) == before).then_some(())?;
    Some(Fact { definition: definition?, conditions, amounts, in_vain })
}

/// The word of a kind that is made of no events.
const LEVEL: &str = "level";
/// The word of a kind that is made of the events of its lines.
const LEDGER: &str = "ledger";

/// The word of a kind, and which of the other fields it may have.
const KINDS: [(&str, &[&str]); 6] = [
    ("count", &["key", "undo", "over", "up_to", "by", "keys", "each", "when"]),
    ("sum", &["add", "key", "undo", "over", "up_to", "by", "keys", "each", "when"]),
    ("last", &["key", "undo", "over", "up_to", "by", "keys", "keep", "each", "when"]),
    ("set", &["key", "drop", "for", "keys", "each", "when", "indexed"]),
    (LEDGER, &["earn", "spend", "undo", "reset"]),
    (LEVEL, &["distance"]),
];

impl Checker<'_> {
    fn definition(&mut self, text: &FactText) -> Option<Definition> {
        let (word, on) = self.kind(text)?;
        self.check_fields(text, word);
        let Some(on) = on else {
            return if word == LEDGER { self.ledger(text) } else { self.level(text) };
        };
        self.compiler.slots.types = types(on);
        let each = match &text.each {
            Some(each) => Some(self.each(each)?),
            None => None,
        };
        let item = each.as_ref();
        let key = self.optional_path(text.key.as_ref(), item);
        let adds = Feed {
            on: self.events(on),
            each: item.map(|each| each.list.clone()),
            item: item.map_or_else(Default::default, |each| each.item.as_str().into()),
            key: key.clone(),
            when: self.when(Role::Adds, text.when.as_ref(), item),
        };
        let takes = match word {
            "set" => text.drop.as_ref(),
            _ => text.undo.as_ref(),
        };
        let takes = takes.map(|takes| self.takes(takes, (&adds, item, text), word == "sum"));
        self.compiler.slots.types = types(on);
        let kind = match word {
            "count" => Kind::Count,
            "sum" => Kind::Sum(self.amount(text.add.as_ref()?, item)?),
            "last" => {
                Kind::Last(text.keep.iter().filter_map(|path| self.path(path, item)).collect())
            }
            _ => Kind::Set,
        };
        let by = self.optional_path(text.by.as_ref(), item);
        let bounds = self.bounds(text, matches!(kind, Kind::Last(_)));
        let name = self.name.as_str().into();
        Some(Definition { name, kind, adds, takes, by, bounds })
    }

    /// The word of its kind, with the events that it is made of.
    fn kind<'t>(&mut self, text: &'t FactText) -> Option<(&'static str, Option<&'t EventTypes>)> {
        let kinds = [&text.count, &text.sum, &text.last, &text.set];
        let of_events = KINDS.iter().map(|(word, _)| *word).zip(kinds);
        let of_events = of_events.filter_map(|(word, on)| on.as_ref().map(|on| (word, Some(on))));
        let ledger = text.ledger.as_ref().map(|_| (LEDGER, None));
        let mut given = of_events.chain(ledger).chain(text.level.as_ref().map(|_| (LEVEL, None)));
        let (first, second) = (given.next(), given.next());
        match (first, second) {
            (Some(only), None) => Some(only),
            (Some((first, _)), Some((second, _))) => {
                let message = format!("a fact is `{first}` or `{second}`, not both");
                self.compiler.error(self.name, message, "make two facts of it");
                None
            }
            (None, _) => {
                let help = "add one of count, sum, last, set, ledger and level, such as `count: order_placed`";
                self.compiler.error(self.name, "the fact does not say what it is", help);
                None
            }
        }
    }

    fn check_fields(&mut self, text: &FactText, word: &str) {
        let allowed = KINDS.iter().find(|(kind, _)| *kind == word).map_or(&[][..], |(_, all)| all);
        let given = [
            ("key", text.key.is_some()),
            ("add", text.add.is_some()),
            ("undo", text.undo.is_some()),
            ("drop", text.drop.is_some()),
            ("over", text.over.is_some()),
            ("for", text.for_.is_some()),
            ("up_to", text.up_to.is_some()),
            ("by", text.by.is_some()),
            ("keys", text.keys.is_some()),
            ("keep", !text.keep.is_empty()),
            ("each", text.each.is_some()),
            ("when", text.when.is_some()),
            ("distance", text.distance.is_some()),
            ("earn", !text.earn.is_empty()),
            ("spend", !text.spend.is_empty()),
            ("reset", text.reset.is_some()),
            ("indexed", text.indexed.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(field, is)| *is && !allowed.contains(field)) {
            let instead = match (field, word) {
                (_, LEVEL) => "leave it out: a level is made of other facts",
                ("key" | "each" | "when", LEDGER) => "say it in the lines of `earn` and `spend`",
                ("over" | "for", LEDGER) => "write `ledger: { expire: 365d }`",
                ("up_to" | "keys", LEDGER) => "write `ledger: { lots: 32 }`",
                ("earn" | "spend" | "reset", _) => {
                    "add `ledger:`, such as `ledger: { expire: 365d }`, instead of it"
                }
                ("undo", _) => "write `drop:`",
                ("drop", _) => "write `undo:`",
                ("over", _) => "write `for:`",
                ("for", _) => "write `over:`",
                ("add", _) => "write `sum:` instead of it",
                _ => "leave it out",
            };
            self.say(format!("a `{word}` has no `{field}`"), instead);
        }
        let lacks = |field: &str| given.iter().any(|(name, is)| *name == field && !is);
        if word == "sum" && lacks("add") {
            self.say("a `sum` lacks `add`", "add a path, such as `add: event.order.total`");
        }
        if word == "set" && lacks("key") {
            self.say("a `set` lacks `key`", "add a path, such as `key: event.ticket.id`");
        }
        if word == LEDGER && lacks("earn") {
            let help = "add what is earned, such as `earn: [{ on: order_placed, add: floor(event.order.total), key: event.order.id }]`";
            self.say("a `ledger` lacks `earn`", help);
        }
        if !lacks("undo") && lacks("key") && word != LEDGER {
            let help = "add `key:`, such as `key: event.order.id`: it says what is undone";
            self.say("`undo` needs a key", help);
        }
        if !lacks("by") && lacks("over") && word != "last" {
            let help =
                "add `over:`, such as `over: 30d`: of each key only the newest events are kept";
            self.say("`by` needs a window", help);
        }
        if !lacks("keys") && lacks("by") && word != "set" {
            self.say(
                "`keys` needs `by`",
                "add `by:`, such as `by: event.product.id`, or leave it out",
            );
        }
    }

    fn say(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.compiler.error(self.name, message, help);
    }

    pub(super) fn events(&mut self, on: &EventTypes) -> Vec<CompactString> {
        for name in on.names() {
            self.compiler.check_event(name);
        }
        let mut types: Vec<CompactString> = Vec::new();
        for name in on.names() {
            if !types.iter().any(|known| known == name.as_str()) {
                types.push(name.as_str().into());
            }
        }
        types
    }

    fn takes(
        &mut self,
        text: &TakesText,
        of: (&Feed, Option<&Each>, &FactText),
        is_sum: bool,
    ) -> Takes {
        let (adds, item, fact) = of;
        let TakesWith { on, each, key, add, id, when } = match text {
            TakesText::With(with) => with.clone(),
            TakesText::Events(on) => {
                TakesWith { on: on.clone(), each: None, key: None, add: None, id: None, when: None }
            }
        };
        self.compiler.slots.types = types(&on);
        // What they do not say for themselves they must have where the fact's events have it.
        let as_of_fact = [
            fact.each.as_ref().filter(|_| each.is_none()),
            fact.key.as_ref().filter(|_| key.is_none()),
        ];
        as_of_fact.into_iter().flatten().for_each(|path| self.check_known(path, item));
        let own = each.as_ref().and_then(|each| self.each(each));
        let item = if each.is_some() { own.as_ref() } else { item };
        let key = match &key {
            Some(key) => self.path(key, item),
            None => adds.key.clone(),
        };
        if let Some(add) = add.as_ref().filter(|_| !is_sum) {
            let help = "leave `add` out: only a `sum` is undone in part";
            self.compiler.error(add, "here something is taken away as a whole", help);
        }
        if let (Some(id), None) = (&id, &add) {
            let help = "add `add:`, such as `add: event.refund.amount`, or leave `id` out";
            self.compiler.error(id, "an `id` tells partial amounts apart, and there is none", help);
        }
        let feed = Feed {
            on: self.events(&on),
            each: item.map(|each| each.list.clone()),
            item: item.map_or_else(Default::default, |each| each.item.as_str().into()),
            key,
            when: self.when(Role::Takes, when.as_ref(), item),
        };
        let amount = add.as_ref().and_then(|add| self.amount(add, item));
        Takes { feed, amount, id: self.optional_path(id.as_ref(), item) }
    }

    fn bounds(&mut self, text: &FactText, is_last: bool) -> Bounds {
        let over = text.over.as_ref().or(text.for_.as_ref());
        if let Some(over) = over {
            self.compiler.positive(over);
        }
        let usual = Bounds::default();
        let up_to = if is_last { 8 } else { usual.up_to };
        Bounds {
            over: over.map(|over| over.millis()),
            up_to: text.up_to.as_ref().map_or(up_to, |up_to| up_to.value.into()),
            keys: text.keys.as_ref().map_or(usual.keys, |keys| keys.value.into()),
        }
    }

    /// A condition on the event alone, and its text.
    pub(super) fn when(
        &mut self,
        role: Role,
        text: Option<&At<String>>,
        item: Option<&Each>,
    ) -> Option<CompactString> {
        let text = text?;
        let (compiled, faults) = compile_alone(text, item.map(Each::items), self.compiler.slots);
        for fault in faults {
            self.compiler.fault(text, fault);
        }
        self.conditions.push((role, compiled?));
        Some(text.as_str().into())
    }
}

/// As they are written.
pub(super) fn types(on: &EventTypes) -> Vec<String> {
    on.names().iter().map(|name| name.value.clone()).collect()
}
