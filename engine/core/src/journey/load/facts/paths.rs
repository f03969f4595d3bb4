//! What in an event, or in the items of one of its lists, a fact reads: paths, with the types that are known of them.

use super::checker::{Checker, is_reserved};
use crate::event::EventField;
use crate::event::vocabulary::Envelope;
use crate::fact::{Amount, Path};
use crate::journey::at::At;
use crate::journey::condition::{Type, type_alone};
use compact_str::CompactString;

/// Under this name an event says in which currency the amounts beside it are.
const CURRENCY: &str = "currency";
/// Under this name a subject has items such as a cart has.
const ITEMS: &str = "items";
/// Most parts of a path.
const MAX_PARTS: usize = 8;

/// A list and the name of its items.
#[derive(Clone)]
pub(super) struct Each {
    pub list: Path,
    parts: Vec<CompactString>,
    pub item: String,
}

impl Each {
    /// The name of its items, and whether they are such as a cart has.
    pub fn items(&self) -> (&str, bool) {
        (&self.item, self.parts.last().is_some_and(|last| last == ITEMS))
    }
}

/// What a path is to lead to.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Scalar,
    Number,
    List,
}

impl Wanted {
    /// Whether what is of this type may be it. A number may stand in a text of the shop's own.
    fn may_be(self, kind: Type) -> bool {
        match kind {
            Type::Any => true,
            Type::List => self == Wanted::List,
            Type::Number => self != Wanted::List,
            Type::Bool | Type::Text | Type::Date | Type::Weekday => self == Wanted::Scalar,
            Type::Object | Type::Null | Type::Instant | Type::Duration => false,
        }
    }

    fn help(self) -> &'static str {
        match self {
            Wanted::Scalar => "name a text, a number or a boolean, such as `event.order.id`",
            Wanted::Number => "name a number, such as `event.order.total`",
            Wanted::List => "name a list, such as `event.order.items`",
        }
    }
}

impl Checker<'_> {
    /// `event.order.items as item`.
    pub(super) fn each(&mut self, text: &At<String>) -> Option<Each> {
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
        let at = At::new(list.to_owned(), text.span.clone());
        let list_path = self.path_to(Wanted::List, &at, None)?;
        let parts = list.split('.').skip(1).map(Into::into).collect();
        Some(Each { list: list_path, parts, item: item.to_owned() })
    }

    pub(super) fn optional_path(
        &mut self,
        text: Option<&At<String>>,
        item: Option<&Each>,
    ) -> Option<Path> {
        text.and_then(|text| self.path(text, item))
    }

    /// `event.order.id`, or `item.product` of the items of a list.
    pub(super) fn path(&mut self, text: &At<String>, item: Option<&Each>) -> Option<Path> {
        self.path_to(Wanted::Scalar, text, item)
    }

    /// Says what is wrong with a path, or a list with a name for its items, in the events at hand.
    pub(super) fn check_known(&mut self, text: &At<String>, item: Option<&Each>) {
        let path = text.split_once(" as ").map_or(text.as_str(), |(list, _)| list.trim());
        let (_, faults) = type_alone(path, item.map(Each::items), self.compiler.slots);
        for fault in faults {
            self.compiler.fault(text, fault);
        }
    }

    fn path_to(&mut self, wanted: Wanted, text: &At<String>, item: Option<&Each>) -> Option<Path> {
        let path = self.written(text, item)?;
        let (kind, faults) = type_alone(text, item.map(Each::items), self.compiler.slots);
        for fault in faults {
            self.compiler.fault(text, fault);
        }
        let kind = kind?;
        if !wanted.may_be(kind) {
            self.compiler.error(text, format!("`{}` is {kind}", text.value), wanted.help());
            return None;
        }
        Some(path)
    }

    /// The path, as far as its form goes.
    fn written(&mut self, text: &At<String>, item: Option<&Each>) -> Option<Path> {
        let parts: Vec<CompactString> = text.split('.').map(Into::into).collect();
        let is_name = |part: &CompactString| {
            part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        let good = parts.len() <= MAX_PARTS + 1 && parts.iter().all(is_name);
        match parts.split_first() {
            Some((root, [time])) if root == "event" && time == Envelope::Time.name() => {
                let help = "leave it out: every fact goes by it, and the last one's is `NAME.at`";
                self.compiler.error(text, "the time of an event is no field of it", help);
                None
            }
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

    /// A number, and where its currency may stand.
    pub(super) fn amount(&mut self, text: &At<String>, item: Option<&Each>) -> Option<Amount> {
        let path = self.path_to(Wanted::Number, text, item)?;
        let currency = currencies(&path, item);
        Some(Amount { path, currency })
    }
}

/// Where the currency of a number may stand: beside it, or beside the list.
pub(super) fn currencies(path: &Path, item: Option<&Each>) -> Vec<Path> {
    let beside = |parts: &[CompactString]| {
        let (_, before) = parts.split_last()?;
        Some([before, &[CURRENCY.into()][..]].concat())
    };
    let of_event = |parts: &[CompactString]| {
        let parts = beside(parts).filter(|parts| parts.len() > 1)?;
        Some(Path::Event(EventField::new(parts, false)))
    };
    match path {
        Path::Event(field) => of_event(&field.path).into_iter().collect(),
        Path::Item(parts) => {
            let list = item.and_then(|each| of_event(&each.parts));
            beside(parts).map(Path::Item).into_iter().chain(list).collect()
        }
    }
}
