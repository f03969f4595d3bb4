//! Paths: what may be read where, its type, and the number under which the evaluator finds it.

use super::fault::Fault;
use super::field::Field;
use super::names::Names;
use crate::channel::Channel;
use crate::event::EventField;
use crate::event::vocabulary::{self, CONSENT, Counted, Envelope, Subject};
use crate::fact::{LAST_ORDER, LIFETIME_VALUE, ORDERS, Reading};
use crate::suggest::closest;
use compact_str::CompactString;
use std::fmt;
use std::ops::Range;

/// Where a condition stands: what it may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The event at hand (trigger, exit), the profile and the customer.
    Event,
    /// What the run captured of its trigger event, the profile and the customer.
    Step,
    /// The profile and the customer.
    While,
}

/// The numbered fields of a plan under construction.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    pub(crate) fields: Vec<EventField>,
    pub(crate) attributes: Vec<CompactString>,
    /// What may be read by its name alone.
    pub(crate) names: Names,
    /// Of the journey at hand: what its steps read of events that were waited for, each its type (none) or a field.
    pub(crate) waited: Vec<Option<u16>>,
    /// Whether a step of that journey waits for an event, among those so far.
    pub(crate) waits: bool,
}

/// A type that is known at load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Number,
    Text,
    List,
    Object,
    Null,
    /// Known at run time only.
    Any,
}

impl From<vocabulary::Type> for Type {
    fn from(known: vocabulary::Type) -> Self {
        match known {
            vocabulary::Type::Text | vocabulary::Type::Id => Type::Text,
            vocabulary::Type::Number => Type::Number,
            vocabulary::Type::List => Type::List,
            vocabulary::Type::Object => Type::Object,
            vocabulary::Type::Any => Type::Any,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Type::Bool => "a boolean",
            Type::Number => "a number",
            Type::Text => "a string",
            Type::List => "a list",
            Type::Object => "an object",
            Type::Null => "null",
            Type::Any => "of unknown type",
        })
    }
}

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
    pub(super) captures: &'s mut Vec<u16>,
    pub(super) faults: Vec<Fault>,
}

impl Resolver<'_> {
    /// The field and its type. None after saying why not.
    pub(super) fn resolve(&mut self, path: &Path<'_>) -> Option<(Field, Type)> {
        match path.parts {
            ["event", rest @ ..] => self.event(path, rest),
            [root, ..] if self.scope == Scope::Step && *root == Subject::Cart.name() => {
                self.event(path, path.parts)
            }
            ["waited", rest @ ..] if self.scope == Scope::Step => self.waited(path, rest),
            ["profile", name, rest @ ..] if *name == CONSENT => self.consent(path, rest),
            ["profile", rest @ ..] => self.profile(path, rest),
            ["customer", rest @ ..] => self.customer(path, rest),
            [root, ..] if self.slots.names.item.as_deref() == Some(*root) => self.item(path),
            [root, ..] => self.unknown_root(path, root),
            [] => None,
        }
    }

    fn event(&mut self, path: &Path<'_>, rest: &[&str]) -> Option<(Field, Type)> {
        if self.scope == Scope::While {
            let fault = Fault::error(
                path.span.clone(),
                "`while` may not read the event: it is checked before every send, long after the event",
            );
            return self.fail(fault.help("read `profile.X` or `customer.X`, or put the condition into `trigger.when` or a `branch`"));
        }
        if rest.is_empty() {
            return self.fail(
                Fault::error(path.span.clone(), "`event` is an object")
                    .help("name one of its fields, such as `event.cart.total`"),
            );
        }
        if rest.len() > 8 {
            return self.fail(Fault::error(path.span.clone(), "the path is deeper than 8 fields"));
        }
        let kind = self.event_type(path, rest);
        let field = EventField::new(rest.iter().map(|part| (*part).into()).collect(), path.size);
        let number = intern(&mut self.slots.fields, field);
        let field = if self.scope == Scope::Step {
            Field::Capture(intern(self.captures, number))
        } else {
            Field::Event(number)
        };
        Some((field, kind))
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
                let kind = self.event_type(path, rest);
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

    fn event_type(&mut self, path: &Path<'_>, rest: &[&str]) -> Type {
        let root = rest[0].as_bytes();
        if let ([_], Some(Envelope::Id | Envelope::Type | Envelope::Customer)) =
            (rest, Envelope::parse(root))
        {
            return Type::Text;
        }
        let Some(subject) = Subject::parse(root) else {
            self.warn_typo(path, rest[0], Subject::ALL.map(Subject::name));
            return Type::Any;
        };
        match rest {
            [_] => Type::Object,
            [_, name] => self.field_type(path, subject, name),
            _ => Type::Any,
        }
    }

    fn field_type(&mut self, path: &Path<'_>, subject: Subject, name: &str) -> Type {
        let fields = subject.fields();
        if let Some((_, kind)) = fields.iter().find(|(known, _)| *known == name) {
            return (*kind).into();
        }
        self.warn_typo(path, name, fields.iter().map(|(known, _)| *known));
        Type::Any
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
        let kind = self.field_type(path, Subject::Profile, name);
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

    /// Of the item at hand of a list: a field that begins with its name.
    fn item(&mut self, path: &Path<'_>) -> Option<(Field, Type)> {
        let parts = path.parts.iter().map(|part| (*part).into()).collect();
        let number = intern(&mut self.slots.fields, EventField::new(parts, path.size));
        Some((Field::Event(number), Type::Any))
    }

    fn unknown_root(&mut self, path: &Path<'_>, root: &str) -> Option<(Field, Type)> {
        let fault =
            Fault::error(path.span.clone(), format!("`{}` is unknown", path.parts.join(".")));
        let rest = path.parts[1..].iter().map(|part| format!(".{part}")).collect::<String>();
        let help = if Subject::parse(root.as_bytes()).is_some() {
            format!("did you mean `event.{root}{rest}`?")
        } else if let Some(near) = closest(
            root,
            ["event", "profile", "customer"].into_iter().chain(self.slots.names.own()),
        ) {
            format!("did you mean `{near}{rest}`?")
        } else {
            "a condition reads `event.X`, `profile.X`, `customer.X`, and facts and segments by their names; strings stand in quotes"
                .into()
        };
        self.fail(fault.help(help))
    }

    fn warn_typo<'k>(
        &mut self,
        path: &Path<'_>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let Some(near) = closest(name, known) else { return };
        let fault = Fault::warning(
            path.span.clone(),
            format!("`{name}` is not a field that Cartwheel knows"),
        );
        self.faults.push(
            fault.help(format!("did you mean `{near}`? If it is a field of your own, all is well")),
        );
    }

    fn fail<T>(&mut self, fault: Fault) -> Option<T> {
        self.faults.push(fault);
        None
    }
}

/// The number of an item, added if it is new. A plan's limits keep these far below 65,536.
pub(super) fn intern<T: PartialEq>(items: &mut Vec<T>, item: T) -> u16 {
    let at = items.iter().position(|known| *known == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    });
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// Whether the text is one field name of a path.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
