//! A ledger: the lines of its book, checked.

use super::checker::Checker;
use super::fact::types;
use super::paths::{Each, currencies};
use crate::fact::{
    Book, BookLine, Bounds, Definition, EntryKind, Feed, Kind, MAX_ENTRIES, Role, key_hash,
};
use crate::journey::at::At;
use crate::journey::condition::{compile_amount, type_alone};
use crate::journey::definition::EventTypes;
use crate::journey::facts_file::{EarnText, FactText, TakesText};
use crate::journey::load::in_vain;
use crate::journey::problem::Severity;
use compact_str::CompactString;

/// A line as it is written.
struct Written<'t> {
    entry: EntryKind,
    on: &'t EventTypes,
    amount: &'t At<String>,
    key: Option<&'t At<String>>,
    each: Option<&'t At<String>>,
    when: Option<&'t At<String>>,
}

impl Checker<'_> {
    pub(super) fn ledger(&mut self, text: &FactText) -> Option<Definition> {
        let ledger = text.ledger.as_ref()?;
        let mut lines = Vec::new();
        for EarnText { on, add, key, each, when } in &text.earn {
            let (key, each, when) = (key.as_ref(), each.as_ref(), when.as_ref());
            let line = Written { entry: EntryKind::Earn, on, amount: add, key, each, when };
            self.enter(&mut lines, &line);
        }
        if let Some(undo) = &text.undo {
            self.undo(&mut lines, undo, &text.earn);
        }
        for line in &text.spend {
            let (entry, on, amount) = (EntryKind::Spend, &line.on, &line.take);
            let (key, when) = (line.key.as_ref(), line.when.as_ref());
            self.enter(&mut lines, &Written { entry, on, amount, key, each: None, when });
        }
        if let Some(reset) = &text.reset {
            let (entry, on, amount) = (EntryKind::Reset, &reset.on, &reset.to);
            let when = reset.when.as_ref();
            self.enter(&mut lines, &Written { entry, on, amount, key: None, each: None, when });
        }
        if lines.len() > MAX_ENTRIES {
            let message = format!("the ledger has {} lines", lines.len());
            let help = format!(
                "write at most {MAX_ENTRIES}; what is undone counts once for each line of `earn`"
            );
            self.compiler.error(self.name, message, help);
        }
        if let Some(expire) = &ledger.expire {
            self.compiler.positive(expire);
        }
        let usual = Bounds::default();
        let bounds = Bounds {
            over: ledger.expire.as_ref().map(|expire| expire.millis()),
            up_to: ledger.lots.as_ref().map_or(usual.up_to, |lots| lots.value.into()),
            ..usual
        };
        let (name, kind) = (self.name.as_str().into(), Kind::Ledger(Book { lines }));
        Some(Definition { name, kind, adds: Feed::default(), takes: None, by: None, bounds })
    }

    /// One line more.
    fn enter(&mut self, lines: &mut Vec<BookLine>, text: &Written<'_>) {
        let role = Role::Line(u8::try_from(lines.len()).unwrap_or(u8::MAX));
        self.compiler.slots.types = types(text.on);
        let each = match text.each {
            Some(each) => match self.each(each) {
                Some(each) => Some(each),
                None => return,
            },
            None => None,
        };
        let item = each.as_ref();
        let key = self.optional_path(text.key, item);
        let feed = Feed {
            on: self.events(text.on),
            each: item.map(|each| each.list.clone()),
            item: item.map_or_else(Default::default, |each| each.item.as_str().into()),
            key,
            when: self.when(role, text.when, item),
        };
        let (amount, faults) =
            compile_amount(text.amount, item.map(Each::items), self.compiler.slots);
        for fault in faults {
            self.compiler.fault(text.amount, fault);
        }
        let Some(amount) = amount else { return };
        let entered = (text.entry, &amount);
        self.in_vain.extend(in_vain::amount(self.compiler.source, text.amount, entered));
        let currency = amount.paths().map(|path| currencies(&path, item)).collect();
        self.amounts.push((role, amount));
        let amount = Some(text.amount.as_str().into());
        let salt = salt(&feed.on, text.key);
        lines.push(BookLine { entry: text.entry, feed, amount, currency, salt });
    }

    /// What is undone is undone of each line that has earned something under the key that the event has at the line's path.
    fn undo(&mut self, lines: &mut Vec<BookLine>, undo: &TakesText, earn: &[EarnText]) {
        if let TakesText::With(with) = undo {
            let help = "write the events alone; what goes back in part is a line of `spend`";
            let at = with.on.names().first();
            let (message, name) = ("a ledger undoes by the keys of `earn`", self.name);
            return self.compiler.error(at.unwrap_or(name), message, help);
        }
        let on = undo.events();
        let on_types = self.events(on);
        self.compiler.slots.types = types(on);
        let earned: Vec<BookLine> =
            lines.iter().filter(|line| line.feed.key.is_some()).cloned().collect();
        // What is not declared may be there all the same: what is decided does not depend on it.
        let found = earn.iter().any(|line| self.may_have(line));
        for line in earned {
            let feed = Feed { on: on_types.clone(), when: None, ..line.feed };
            let entry = EntryKind::Undo;
            lines.push(BookLine { entry, feed, amount: None, currency: Vec::new(), ..line });
        }
        if let (false, Some(at)) = (found, on.names().first()) {
            let message = format!("`{}` has none of the keys of `earn`", at.value);
            let help = "add `key:` to a line of `earn`, such as `key: event.order.id`: it says what is undone";
            self.compiler.error(at, message, help);
        }
    }

    /// Whether the events at hand may have the key of the line.
    fn may_have(&mut self, line: &EarnText) -> bool {
        let path = match (&line.each, &line.key) {
            (Some(each), _) => each.split_once(" as ").map_or("", |(list, _)| list.trim()),
            (None, Some(key)) => key.as_str(),
            (None, None) => return false,
        };
        let (_, faults) = type_alone(path, None, self.compiler.slots);
        !faults.iter().any(|fault| fault.severity == Severity::Error)
    }
}

/// What tells the keys of a line apart from those of others: an amount or a condition may change, and what was entered is known all the same.
fn salt(on: &[CompactString], key: Option<&At<String>>) -> u64 {
    let key = key.map_or("", |key| key.as_str());
    key_hash(&format!("{} {key}", on.join(",")))
}
