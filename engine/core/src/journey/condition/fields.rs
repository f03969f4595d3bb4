//! Paths: what may be read where, its type, and the number under which the evaluator finds it.

use super::element::Each;
use super::fault::Fault;
use super::field::{Capture, Field, Local};
use super::list::{List, Part};
use super::names::Names;
use super::types::Type;
use crate::channel::Channel;
use crate::event::EventField;
use crate::event::vocabulary::{CONSENT, Counted, Envelope, Subject};
use crate::fact::{LAST_ORDER, LIFETIME_VALUE, ORDERS, Reading};
use crate::journey::catalogue::Catalogue;
use crate::product::ProductReading;
use crate::suggest::closest;
use compact_str::CompactString;
use std::ops::Range;
use std::sync::Arc;

/// Where a condition stands: what it may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The event at hand (trigger, exit), the profile and the customer.
    Event,
    /// What the run captured of its trigger event, the profile and the customer.
    Step,
    /// The profile and the customer.
    While,
    /// The same, of a segment or a level's line.
    Customer,
    /// The same, of the policy.
    Policy,
    /// The event, or an item of a list, and nothing else.
    Alone,
}

/// The numbered fields of a plan under construction.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    pub(crate) fields: Vec<EventField>,
    pub(crate) attributes: Vec<CompactString>,
    /// What may be read by its name alone.
    pub(crate) names: Names,
    pub(crate) lists: Vec<List>,
    /// What is asked of products.
    pub(crate) products: Vec<ProductReading>,
    /// The journey at hand tells its runs apart by a key.
    pub(crate) keyed: bool,
    /// Of the journey at hand: what its steps read of events that were waited for, each its type (none) or a field.
    pub(crate) waited: Vec<Option<u16>>,
    /// Whether a step of that journey waits for an event, among those so far.
    pub(crate) waits: bool,
    /// The types that those steps wait for.
    pub(crate) waits_for: Vec<String>,
    /// The types that the event at hand may have, or the trigger event in steps; none where they are not known.
    pub(crate) types: Vec<String>,
    /// The journey at hand begins by time: there is no event.
    pub(crate) by_time: bool,
    /// The items of the trigger event each of which may begin a run, where they may be read.
    pub(crate) each: Option<Elements>,
    /// What is known of events and their fields.
    pub(crate) catalogue: Arc<Catalogue>,
}

impl Slots {
    /// Whether no more can be numbered.
    pub(crate) fn is_full(&self) -> bool {
        [self.fields.len(), self.attributes.len(), self.lists.len(), self.products.len()]
            .iter()
            .any(|many| *many >= MAX_SLOTS)
    }

    /// The same events, and nothing else.
    pub(super) fn of_events(&self) -> Self {
        let catalogue = Arc::clone(&self.catalogue);
        Self { types: self.types.clone(), catalogue, ..Self::default() }
    }
}

/// Which event a path is of.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// The one at hand, or the trigger event in steps.
    Event,
    /// The one that a step has waited for.
    Waited,
}

/// The items of a list of the trigger event, under the name by which one of them is read.
#[derive(Debug)]
pub(crate) struct Elements {
    pub(crate) name: String,
    list: EventField,
    /// They are such as a cart has.
    known: bool,
    /// What is read of one, by the numbers of the fields.
    parts: Vec<(u16, Part)>,
}

impl Elements {
    /// Nothing of them has been read.
    pub(crate) fn new(name: &str, list: EventField) -> Self {
        let known = list.path.last().is_some_and(|last| last == ITEMS);
        Self { name: name.into(), list, known, parts: Vec::new() }
    }

    /// What has been read of them; none where the field of this number, their key, is none of it.
    pub(crate) fn read(self, key: u16) -> Option<Each> {
        let Self { name, list, parts, .. } = self;
        let each = Each { name: name.into(), list, key, parts };
        each.parts.iter().any(|(number, _)| *number == key).then_some(each)
    }
}

/// Under this name a subject has items such as a cart has.
const ITEMS: &str = "items";
/// Stands in the path of a field that is read of an item: no event has anything under it.
const ONE_OF: &str = "[]";

/// What a path begins with that belongs to no event.
const NOW: &str = "now";
const LOCAL: &str = "local";
/// What is local.
const LOCALS: [(&str, Local, Type); 3] = [
    ("weekday", Local::Weekday, Type::Weekday),
    ("hour", Local::Hour, Type::Number),
    ("date", Local::Date, Type::Date),
];

/// Most fields of events, attributes and lists that the conditions of a configuration read, each.
pub(crate) const MAX_SLOTS: usize = 4_096;
/// Most names of a path below `event` or an item.
const MAX_PATH: usize = 8;
const TOO_DEEP: &str = "the path is deeper than 8 fields";

/// A path as written and how far it got.
pub(super) struct Path<'p> {
    pub(super) parts: &'p [&'p str],
    pub(super) span: Range<usize>,
    /// It stands in `size()`.
    pub(super) size: bool,
}

/// Numbers paths for one journey.
pub(super) struct Resolver<'s> {
    pub(super) scope: Scope,
    pub(super) slots: &'s mut Slots,
    pub(super) captures: &'s mut Vec<Capture>,
    pub(super) faults: Vec<Fault>,
    /// The items of a list, while a condition about them is read.
    pub(super) items: Option<Items>,
}

/// The items of a list, and what is read while they are gone through.
#[derive(Debug)]
pub(super) struct Items {
    /// What one of them is called.
    pub(super) name: String,
    /// They are such as a cart has.
    pub(super) known: bool,
    pub(super) parts: Vec<Part>,
    /// The event's fields beside them.
    pub(super) reads: Vec<u16>,
}

impl Items {
    /// Nothing of them has been read.
    pub(super) fn new(name: &str, known: bool) -> Self {
        Self { name: name.into(), known, parts: Vec::new(), reads: Vec::new() }
    }
}

impl Resolver<'_> {
    /// Whether what is read says when a journey begins.
    pub(super) fn begins_by_time(&self) -> bool {
        self.slots.by_time && self.scope == Scope::While
    }

    /// The field and its type: the one place that says what a name stands for. None after saying why not.
    pub(super) fn resolve(&mut self, path: &Path<'_>) -> Option<(Field, Type)> {
        if let [root, rest @ ..] = path.parts
            && self.is_item(root)
        {
            return self.item(path, rest);
        }
        if let [root, rest @ ..] = path.parts
            && self.slots.each.as_ref().is_some_and(|each| each.name == *root)
            && matches!(self.scope, Scope::Event | Scope::Step)
        {
            return self.element(path, rest);
        }
        self.kept_out_of_items(path)?;
        self.alone(path)?;
        match path.parts {
            ["event", name] if *name == Envelope::Time.name() && !path.size => {
                self.event_time(path)
            }
            ["event", rest @ ..] => self.event(path, rest),
            [root, ..] if self.scope == Scope::Step && *root == Subject::Cart.name() => {
                self.event(path, path.parts)
            }
            ["waited", rest @ ..] if self.scope == Scope::Step => self.waited(path, rest),
            ["profile", name, rest @ ..] if *name == CONSENT => self.consent(path, rest),
            ["profile", rest @ ..] => self.profile(path, rest),
            ["customer", rest @ ..] => self.customer(path, rest),
            [NOW] => Some((Field::Now, Type::Instant)),
            [LOCAL, rest @ ..] => self.local(path, rest),
            [root, ..] => self.unknown_root(path, root),
            [] => None,
        }
    }

    fn event(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        let (field, kind) = self.event_field(path, rest)?;
        let number = intern(&mut self.slots.fields, field);
        Some((self.of_event(number), kind))
    }

    /// How a field of the event is read here.
    fn of_event(&mut self, number: u16) -> Field {
        match (&mut self.items, self.scope) {
            (Some(items), _) => {
                intern(&mut items.reads, number);
                Field::Event(number)
            }
            (None, Scope::Step) => Field::Capture(intern(self.captures, Capture::Field(number))),
            (
                None,
                Scope::Event | Scope::While | Scope::Customer | Scope::Policy | Scope::Alone,
            ) => Field::Event(number),
        }
    }

    /// A part of the item that the trigger is about. It has a place of its own among the event's fields.
    fn element(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        let known = self.slots.each.as_ref().is_some_and(|each| each.known);
        let part = self.part(path, rest, known)?;
        let each = self.slots.each.as_mut()?;
        let below = [ONE_OF].into_iter().chain(rest.iter().copied()).map(Into::into);
        let place = each.list.path.iter().cloned().chain(below).collect();
        let number = intern(&mut self.slots.fields, EventField::new(place, path.size));
        let (part, kind) = part;
        intern(&mut each.parts, (number, part));
        Some((self.of_event(number), kind))
    }

    /// The list at a path of the event.
    pub(super) fn list(&mut self, path: &Path<'_>) -> Option<(EventField, Type)> {
        match path.parts {
            ["event", rest @ ..] => self.event_field(path, rest),
            [root, ..] if self.scope == Scope::Step && *root == Subject::Cart.name() => {
                self.event_field(path, path.parts)
            }
            _ => {
                let message = format!("`{}` is no list", path.parts.join("."));
                let fault = Fault::error(path.span.clone(), message);
                self.fail(fault.help("lists are read from the event, such as `event.cart.items`"))
            }
        }
    }

    /// The field of the event, not numbered, and its type.
    fn event_field(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(EventField, Type)> {
        self.has_event(path)?;
        if rest.is_empty() {
            return self.fail(
                Fault::error(path.span.clone(), "`event` is an object")
                    .help("name one of its fields, such as `event.cart.total`"),
            );
        }
        if rest.len() > MAX_PATH {
            return self.fail(Fault::error(path.span.clone(), TOO_DEEP));
        }
        let kind = self.event_type(path, rest, Of::Event);
        Some((EventField::new(rest.iter().map(|part| (*part).into()).collect(), path.size), kind))
    }

    fn has_event(&mut self, path: &Path<'_>) -> Option<()> {
        if self.slots.by_time {
            let message = "there is no event: this journey begins by time";
            let help = "read facts and `profile.X`; or give the trigger an `event:`";
            return self.fail(Fault::error(path.span.clone(), message).help(help));
        }
        let (message, help) = match self.scope {
            Scope::Event | Scope::Step | Scope::Alone => return Some(()),
            Scope::While => (
                "`while` may not read the event: it is checked before every send, long after the event",
                "read `profile.X` or `customer.X`, or put the condition into `trigger.when` or a `branch`",
            ),
            Scope::Customer => (
                "a segment or a level may not read an event: it is to be known at any time",
                "read facts, `profile.X` or `customer.X`; a fact can be made of what events say",
            ),
            Scope::Policy => (
                "the policy may not read an event: it is asked before every send, whatever has begun the journey",
                "read `profile.X`, `customer.X`, or a fact that remembers the event (facts.yaml)",
            ),
        };
        self.fail(Fault::error(path.span.clone(), message).help(help))
    }

    /// Whether there is an event here that may be read.
    fn reads_event(&self) -> bool {
        match self.scope {
            Scope::Event | Scope::Step => !self.slots.by_time,
            Scope::Alone => true,
            Scope::While | Scope::Customer | Scope::Policy => false,
        }
    }

    fn event_time(&mut self, path: &Path<'_>) -> Option<(Field, Type)> {
        self.has_event(path)?;
        Some((Field::EventTime, Type::Instant))
    }

    /// Whether an item is called so.
    pub(super) fn is_item(&self, name: &str) -> bool {
        self.items.as_ref().is_some_and(|items| items.name == name)
    }

    /// Where the event is all that there is, nothing else is read.
    fn alone(&mut self, path: &Path<'_>) -> Option<()> {
        if self.scope != Scope::Alone || path.parts.first() == Some(&"event") {
            return Some(());
        }
        let message = format!(
            "`{}` is not of the event: what a fact says must not depend on what is known when its events come",
            path.parts.join(".")
        );
        self.fail(
            Fault::error(path.span.clone(), message)
                .help("read `event.X` alone; ask for the rest where the fact is used"),
        )
    }

    /// What is made of a list for a step is made at the trigger, from the event alone.
    pub(super) fn kept_out_of_items(&mut self, path: &Path<'_>) -> Option<()> {
        let of_event = [Some(&"event"), Some(&Subject::Cart.name())].contains(&path.parts.first());
        if self.items.is_none() || self.scope != Scope::Step || of_event {
            return Some(());
        }
        let message = format!(
            "`{}` cannot be read here: what a step makes of a list is made when the trigger event comes",
            path.parts.join(".")
        );
        self.fail(Fault::error(path.span.clone(), message).help(
            "inside of it read the items and `event.X` only; compare with the rest outside, or in `trigger.when`",
        ))
    }

    fn item(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        let known = self.items.as_ref().is_some_and(|items| items.known);
        let (part, kind) = self.part(path, rest, known)?;
        let items = self.items.as_mut()?;
        Some((Field::Item(intern(&mut items.parts, part)), kind))
    }

    /// What is read of an item, and its type; `known`: of one such as a cart has.
    fn part(&mut self, path: &Path<'_>, rest: &[&str], known: bool) -> Option<(Part, Type)> {
        if rest.len() > MAX_PATH {
            return self.fail(Fault::error(path.span.clone(), TOO_DEEP));
        }
        let kind = match (known, rest) {
            (true, []) => Type::Object,
            (true, [name]) => self.item_type(path, name),
            _ => Type::Any,
        };
        let path_in = rest.iter().map(|part| (*part).into()).collect();
        let part = Part { path: path_in, size: path.size, number: kind == Type::Number };
        Some((part, kind))
    }

    fn local(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        if let [name] = rest
            && let Some((_, local, kind)) = LOCALS.iter().find(|(known, ..)| known == name)
        {
            return Some((Field::Local(*local), *kind));
        }
        let names = LOCALS.map(|(name, ..)| name);
        let near = rest.first().and_then(|name| closest(name, names));
        let near = near.map_or_else(String::new, |name| format!("did you mean `local.{name}`? "));
        let fault =
            Fault::error(path.span.clone(), format!("`{}` is unknown", path.parts.join(".")));
        let known = names.map(|name| format!("local.{name}")).join(", ");
        self.fail(fault.help(format!("{near}known are: {known}")))
    }

    fn waited(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        if !self.slots.waits {
            let fault =
                Fault::error(path.span.clone(), "no step before this one waits for an event");
            return self.fail(
                fault.help("add one, such as `- wait: { for: message_clicked, at_most: 3d }`"),
            );
        }
        let (field, kind) = match rest {
            ["for"] if !path.size => (None, Type::Text),
            ["event", rest @ ..] if (1..=8).contains(&rest.len()) => {
                let kind = self.event_type(path, rest, Of::Waited);
                let parts = rest.iter().map(|part| (*part).into()).collect();
                let field = EventField::new(parts, path.size);
                (Some(intern(&mut self.slots.fields, field)), kind)
            }
            _ => {
                let message = format!("`{}` is unknown", path.parts.join("."));
                let fault = Fault::error(path.span.clone(), message);
                return self.fail(fault.help(
                    "write `waited.for`, the type of the event that came, or `waited.event.X`, a field of it",
                ));
            }
        };
        Some((Field::Waited(intern(&mut self.slots.waited, field)), kind))
    }

    fn consent(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        let channels = Channel::PERSONAL.map(Channel::name);
        let known = rest
            .first()
            .and_then(|name| Channel::parse(name))
            .filter(|channel| Channel::PERSONAL.contains(channel));
        match (known, rest) {
            (Some(channel), [_]) => Some((Field::Consent(channel), Type::Bool)),
            _ => {
                let fault = Fault::error(
                    path.span.clone(),
                    format!("`{}` is not a consent", path.parts.join(".")),
                );
                let near = rest.first().and_then(|name| closest(name, channels));
                let near = near.map_or_else(String::new, |name| {
                    format!("did you mean `profile.consent.{name}`? ")
                });
                self.fail(
                    fault
                        .help(format!("{near}consent is kept by channel: {}", channels.join(", "))),
                )
            }
        }
    }

    fn profile(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        let [name] = rest else {
            let message =
                format!("`{}` is not an attribute: a profile is flat", path.parts.join("."));
            return self.fail(
                Fault::error(path.span.clone(), message)
                    .help("write `profile.NAME`, or `profile.consent.CHANNEL`"),
            );
        };
        let kind = self.attribute_type(path, name);
        Some((Field::Attribute(intern(&mut self.slots.attributes, (*name).into())), kind))
    }

    fn customer(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        let known = rest.first().and_then(|name| Counted::parse(name.as_bytes()));
        match (known, rest) {
            (Some(Counted::Orders), [_]) => {
                Some((Field::Fact(ORDERS, Reading::Number), Type::Number))
            }
            (Some(Counted::LifetimeValue), [_]) => {
                Some((Field::Fact(LIFETIME_VALUE, Reading::Number), Type::Number))
            }
            (Some(Counted::DaysSinceOrder), [_]) => {
                Some((Field::Fact(LAST_ORDER, Reading::DaysSince), Type::Number))
            }
            _ => {
                let names = Counted::ALL.map(Counted::name);
                let near = rest.first().and_then(|name| closest(name, names));
                let near = near
                    .map_or_else(String::new, |name| format!("did you mean `customer.{name}`? "));
                let fault = Fault::error(
                    path.span.clone(),
                    format!("`{}` is unknown", path.parts.join(".")),
                );
                self.fail(fault.help(format!(
                    "{near}known are: {}",
                    names.map(|name| format!("customer.{name}")).join(", ")
                )))
            }
        }
    }

    fn unknown_root(&mut self, path: &Path<'_>, root: &str) -> Option<(Field, Type)> {
        let fault =
            Fault::error(path.span.clone(), format!("`{}` is unknown", path.parts.join(".")));
        let rest = path.parts[1..].iter().map(|part| format!(".{part}")).collect::<String>();
        let event = self.reads_event();
        let roots = ["event"].into_iter().filter(|_| event);
        let others = ["profile", "customer", LOCAL, NOW].into_iter().chain(self.slots.names.own());
        let others = others.filter(|_| self.scope != Scope::Alone);
        let near = closest(root, roots.chain(others)).map(ToOwned::to_owned);
        let help = if event && Subject::parse(root.as_bytes()).is_some() {
            format!("did you mean `event.{root}{rest}`?")
        } else if let Some(near) = near {
            format!("did you mean `{near}{rest}`?")
        } else {
            let known = match (self.scope, event) {
                (Scope::Alone, _) => "this reads `event.X` alone",
                (_, true) => {
                    "a condition reads `event.X`, `profile.X`, `customer.X`, `local.X`, `now`, and facts and segments by their names"
                }
                (_, false) => {
                    "this reads `profile.X`, `customer.X`, `local.X`, `now`, and facts and segments by their names"
                }
            };
            // One name alone is that of a fact which is not there.
            let is_fact = rest.is_empty() && self.scope != Scope::Alone && is_name(root);
            let declare = match is_fact {
                true => format!(
                    "; what is to be remembered of customers is declared in facts.yaml, such as `{root}: {{ count: order_placed }}`"
                ),
                false => String::new(),
            };
            format!("{known}{declare}; strings stand in quotes")
        };
        self.fail(fault.help(help))
    }

    pub(super) fn fail<T>(&mut self, fault: Fault) -> Option<T> {
        self.faults.push(fault);
        None
    }
}

/// Where in an event the field of this number is.
pub(crate) fn kept_fields(slots: &Slots, number: u16) -> Option<&[CompactString]> {
    slots.fields.get(usize::from(number)).map(|field| field.path.as_slice())
}

/// The number of an item, added if it is new. Where there is no room it has none, and the loader refuses the whole.
pub(super) fn intern<T: PartialEq>(items: &mut Vec<T>, item: T) -> u16 {
    let known = items.iter().position(|known| *known == item);
    let at = known.unwrap_or(items.len());
    if known.is_none() && items.len() < MAX_SLOTS {
        items.push(item);
    }
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// Whether the text is one field name of a path.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
