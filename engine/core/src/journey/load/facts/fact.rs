//! A fact: what it is made of, checked.

use crate::event::EventField;
use crate::event::vocabulary::{Envelope, Subject};
use crate::fact::{Amount, Bounds, Definition, Feed, Kind, Path, Role, Takes};
use crate::journey::at::At;
use crate::journey::condition::{Alone, Slots, compile_alone};
use crate::journey::definition::EventTypes;
use crate::journey::facts_file::{FactText, TakesText, TakesWith};
use crate::journey::load::compiler::Compiler;
use crate::journey::load::names;
use crate::journey::problem::{Problem, SourceFile};
use compact_str::CompactString;

/// Roots of conditions, and words of theirs.
const RESERVED: [&str; 14] = [
    "event",
    "profile",
    "customer",
    "local",
    "now",
    "catalogue",
    "waited",
    "item",
    "true",
    "false",
    "null",
    "in",
    "all",
    "any",
];
/// Under this name an event says in which currency the amounts beside it are.
const CURRENCY: &str = "currency";
/// Under this name a subject has items such as a cart has.
const ITEMS: &str = "items";
/// Most parts of a path.
const MAX_PARTS: usize = 8;

/// Says what is wrong with the name of a fact or a segment.
pub(super) fn check_name(
    source: &SourceFile,
    name: &At<String>,
    what: &str,
    problems: &mut Vec<Problem>,
) {
    let good =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let starts = name.starts_with(|first: char| first.is_ascii_lowercase());
    if name.len() > 64 || !starts || !name.chars().all(good) {
        let message = format!("`{}` is not the name of a {what}", name.value);
        let help =
            "a name has at most 64 lower case letters, digits and `_` and starts with a letter";
        problems.push(Problem::error(&source.path, name.span.clone(), message).help(help));
    } else if is_reserved(name) {
        let message = format!("the name `{}` is reserved", name.value);
        let problem = Problem::error(&source.path, name.span.clone(), message);
        problems.push(problem.help("choose another name"));
    }
}

fn is_reserved(name: &str) -> bool {
    let bytes = name.as_bytes();
    RESERVED.contains(&name) || Subject::parse(bytes).is_some() || Envelope::parse(bytes).is_some()
}

/// What a fact comes to, with its conditions by role.
type Fact = (Definition, Vec<(Role, Alone)>);

/// Compiles one fact; none after at least one problem.
pub(super) fn compile(
    source: &SourceFile,
    name: &At<String>,
    text: &FactText,
    problems: &mut Vec<Problem>,
) -> Option<Fact> {
    check_name(source, name, "fact", problems);
    let before = problems.len();
    let mut slots = Slots::default();
    let compiler =
        Compiler { source, slots: &mut slots, captures: Vec::new(), problems: &mut *problems };
    let mut checker = Checker { compiler, name, conditions: Vec::new() };
    let definition = checker.definition(text);
    let conditions = checker.conditions;
    (problems.len() == before).then_some(())?;
    Some((definition?, conditions))
}

struct Checker<'c> {
    compiler: Compiler<'c>,
    name: &'c At<String>,
    conditions: Vec<(Role, Alone)>,
}

/// A list and the name of its items.
#[derive(Clone)]
struct Each {
    list: Path,
    parts: Vec<CompactString>,
    item: String,
}

/// The word of a kind, and which of the other fields it may have.
const KINDS: [(&str, &[&str]); 4] = [
    ("count", &["key", "undo", "over", "up_to", "by", "keys", "each", "when"]),
    ("sum", &["add", "key", "undo", "over", "up_to", "by", "keys", "each", "when"]),
    ("last", &["key", "undo", "over", "up_to", "by", "keys", "keep", "each", "when"]),
    ("set", &["key", "drop", "for", "keys", "each", "when"]),
];

impl Checker<'_> {
    fn definition(&mut self, text: &FactText) -> Option<Definition> {
        let (word, on) = self.kind(text)?;
        self.check_fields(text, word);
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
        let takes = takes.map(|takes| self.takes(takes, (&adds, item), word == "sum"));
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

    fn kind<'t>(&mut self, text: &'t FactText) -> Option<(&'static str, &'t EventTypes)> {
        let kinds = [&text.count, &text.sum, &text.last, &text.set];
        let mut given = KINDS.iter().map(|(word, _)| *word).zip(kinds);
        let mut given = given.by_ref().filter_map(|(word, on)| on.as_ref().map(|on| (word, on)));
        let (first, second) = (given.next(), given.next());
        match (first, second) {
            (Some(only), None) => Some(only),
            (Some((first, _)), Some((second, _))) => {
                let message = format!("a fact is `{first}` or `{second}`, not both");
                self.compiler.error(self.name, message, "make two facts of it");
                None
            }
            (None, _) => {
                let help = "add one of count, sum, last and set, such as `count: order_placed`";
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
        ];
        for (field, _) in given.into_iter().filter(|(field, is)| *is && !allowed.contains(field)) {
            let instead = match (field, word) {
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
        if !lacks("undo") && lacks("key") {
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

    fn events(&mut self, on: &EventTypes) -> Vec<CompactString> {
        for name in on.names() {
            names::check_event(self.compiler.source, name, self.compiler.problems);
        }
        let mut types: Vec<CompactString> = Vec::new();
        for name in on.names() {
            if !types.iter().any(|known| known == name.as_str()) {
                types.push(name.as_str().into());
            }
        }
        types
    }

    fn takes(&mut self, text: &TakesText, of: (&Feed, Option<&Each>), is_sum: bool) -> Takes {
        let (adds, item) = of;
        let TakesWith { on, each, key, add, id, when } = match text {
            TakesText::With(with) => with.clone(),
            TakesText::Events(on) => {
                TakesWith { on: on.clone(), each: None, key: None, add: None, id: None, when: None }
            }
        };
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

    /// `event.order.items as item`.
    fn each(&mut self, text: &At<String>) -> Option<Each> {
        let good = |item: &&str| {
            item.starts_with(|first: char| first.is_ascii_lowercase())
                && item.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
                && (*item == "item" || !is_reserved(item))
        };
        let read = text.split_once(" as ").map(|(list, item)| (list.trim(), item.trim()));
        let Some((list, item)) = read.filter(|(_, item)| good(item)) else {
            let message = format!("`{}` is not a list with a name for its items", text.value);
            self.compiler.error(text, message, "write it so: `each: event.order.items as item`");
            return None;
        };
        let list_path = self.path(&At::new(list.to_owned(), text.span.clone()), None)?;
        let parts = list.split('.').skip(1).map(Into::into).collect();
        Some(Each { list: list_path, parts, item: item.to_owned() })
    }

    fn optional_path(&mut self, text: Option<&At<String>>, item: Option<&Each>) -> Option<Path> {
        text.and_then(|text| self.path(text, item))
    }

    /// `event.order.id`, or `item.product` of the items of a list.
    fn path(&mut self, text: &At<String>, item: Option<&Each>) -> Option<Path> {
        let parts: Vec<CompactString> = text.split('.').map(Into::into).collect();
        let is_name = |part: &CompactString| {
            part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        let good = parts.len() <= MAX_PARTS + 1 && parts.iter().all(is_name);
        match parts.split_first() {
            Some((root, rest)) if good && root == "event" && !rest.is_empty() => {
                Some(Path::Event(EventField::new(rest.to_vec(), false)))
            }
            Some((root, rest)) if good && item.is_some_and(|each| each.item == root.as_str()) => {
                Some(Path::Item(rest.to_vec()))
            }
            _ => {
                let message = format!("`{}` is not a path of the event", text.value);
                let help = match item {
                    Some(each) => format!("write `event.X`, or `{}.X` of an item", each.item),
                    None => "write a path such as `event.order.id`".into(),
                };
                self.compiler.error(text, message, help);
                None
            }
        }
    }

    /// A number, and where its currency may stand: beside it, or beside the list.
    fn amount(&mut self, text: &At<String>, item: Option<&Each>) -> Option<Amount> {
        let path = self.path(text, item)?;
        let beside = |parts: &[CompactString]| {
            let (_, before) = parts.split_last()?;
            Some([before, &[CURRENCY.into()][..]].concat())
        };
        let of_event = |parts: &[CompactString]| {
            let parts = beside(parts).filter(|parts| parts.len() > 1)?;
            Some(Path::Event(EventField::new(parts, false)))
        };
        let currency = match &path {
            Path::Event(field) => of_event(&field.path).into_iter().collect(),
            Path::Item(parts) => {
                let list = item.and_then(|each| of_event(&each.parts));
                beside(parts).map(Path::Item).into_iter().chain(list).collect()
            }
        };
        Some(Amount { path, currency })
    }

    /// A condition on the event alone, and its text.
    fn when(
        &mut self,
        role: Role,
        text: Option<&At<String>>,
        item: Option<&Each>,
    ) -> Option<CompactString> {
        let text = text?;
        let items = |each: &&Each| each.parts.last().is_some_and(|last| last == ITEMS);
        let item = item.map(|each| (each.item.as_str(), items(&each)));
        let (compiled, faults) = compile_alone(text, item);
        for fault in faults {
            self.compiler.fault(text, fault);
        }
        self.conditions.push((role, compiled?));
        Some(text.as_str().into())
    }
}
