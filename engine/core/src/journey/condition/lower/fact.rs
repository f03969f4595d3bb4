//! Facts and segments in conditions: what is read by its name alone.
//!
//! `orders`, `views[event.product.id]`, `size(tickets)`, `event.product.id in wishes`, `top(views)`, `last_order.at`, `last_order.total`,
//! `age(last_order)`; and a segment's condition, which takes the place of its name.

use super::syntax::segments;
use super::{Lowering, Typed};
use crate::fact::{Definition, KeyReading, Kind, Path, Reading, key_of};
use crate::journey::condition::expr::Expr;
use crate::journey::condition::fault::Fault;
use crate::journey::condition::field::{Field, KeyField};
use crate::journey::condition::fields::Path as Written;
use crate::journey::condition::names::Segment;
use crate::journey::condition::types::Type;
use cel::common::ast::{CallExpr, Expr as Syntax, IdedExpr, operators};

/// When each lot of a ledger expires.
const EXPIRY: &str = "expiry";

/// A fact with its number.
type Numbered = (u16, Definition);

impl Lowering<'_, '_> {
    fn fact(&self, node: &IdedExpr) -> Option<Numbered> {
        let Syntax::Ident(name) = &node.expr else { return None };
        let (number, fact) = self.resolver.slots.names.facts.named(name)?;
        Some((number, fact.clone()))
    }

    /// A path that begins with the name of a fact or of a segment; none for another one.
    pub(super) fn named(&mut self, node: &IdedExpr, parts: &[&str]) -> Option<Option<Typed>> {
        let (name, rest) = parts.split_first()?;
        if self.resolver.is_item(name) {
            return None;
        }
        let names = &self.resolver.slots.names;
        let segment = names.segments.iter().find(|(known, _)| known.as_str() == *name);
        if let Some(segment) = segment.map(|(_, segment)| segment.clone()) {
            return Some(self.at_hand(node).and_then(|()| self.segment(node, segment, rest)));
        }
        let (number, fact) = names.facts.named(name)?;
        let fact = (number, fact.clone());
        Some(self.at_hand(node).and_then(|()| self.fact_path(node, fact, rest)))
    }

    /// Where a step makes something of a list, nothing is at hand but the event.
    pub(super) fn at_hand(&mut self, node: &IdedExpr) -> Option<()> {
        let text = self.text(node);
        let path = Written { parts: &[text.as_str()], span: self.parsed.extent(node), size: false };
        self.resolver.kept_out_of_items(&path)
    }

    fn segment(&mut self, node: &IdedExpr, segment: Segment, rest: &[&str]) -> Option<Typed> {
        if !rest.is_empty() {
            let message = format!("`{}` is a segment: it has no fields", self.text(node));
            return self.fail(self.parsed.extent(node), message, "write its name alone");
        }
        for (name, field) in segment.fields {
            self.show(name.into(), field);
        }
        Some((segment.expr, Type::Bool))
    }

    fn fact_path(&mut self, node: &IdedExpr, numbered: Numbered, rest: &[&str]) -> Option<Typed> {
        let (number, fact) = &numbered;
        let is_one = fact.by.is_none();
        let (reading, kind) = match (&fact.kind, rest) {
            (Kind::Count | Kind::Sum(_), []) if is_one => (Reading::Number, Type::Number),
            (Kind::Last(_), ["at"]) if is_one => (Reading::At, Type::Instant),
            (Kind::Last(keep), [_, ..]) if is_one => match kept(keep, rest) {
                Some(place) => (Reading::Kept(place), Type::Any),
                None => return self.not_kept(node, fact, rest),
            },
            (Kind::Ledger(_), ["balance"]) => (Reading::Balance, Type::Number),
            (Kind::Ledger(_), ["debt"]) => (Reading::Debt, Type::Number),
            (Kind::Ledger(_), [what @ ("next_expiry" | EXPIRY)]) => {
                return self.expiry(node, numbered.clone(), what);
            }
            (Kind::Level(_), []) => (Reading::Name, Type::Text),
            (Kind::Level(_), ["rank"]) => (Reading::Rank, Type::Number),
            (Kind::Level(_), ["next"]) => (Reading::Next, Type::Text),
            (Kind::Level(ladder), ["to_next"]) if ladder.distance.is_some() => {
                (Reading::ToNext, Type::Number)
            }
            (Kind::Level(_), ["to_next"]) => return self.no_distance(node, fact),
            _ => return self.not_alone(node, fact),
        };
        Some((self.read(node, Field::Fact(*number, reading)), kind))
    }

    fn not_kept(&mut self, node: &IdedExpr, fact: &Definition, rest: &[&str]) -> Option<Typed> {
        let (name, field) = (&fact.name, rest.join("."));
        let message = format!("the fact `{name}` does not keep `{field}`");
        let kept: Vec<String> =
            fact.keep().iter().map(|path| format!("{name}.{}", full_name(path))).collect();
        let help = format!(
            "add it to its `keep:`, such as `keep: [event.{field}]`; it has {name}.at{}",
            kept.iter().map(|name| format!(", {name}")).collect::<String>()
        );
        self.fail(self.parsed.extent(node), message, help)
    }

    fn no_distance(&mut self, node: &IdedExpr, fact: &Definition) -> Option<Typed> {
        let message = format!("how far the next line of `{}` is is not told", fact.name);
        let help =
            "add `distance:` to it, the fact that its lines ask for, such as `distance: spend_12m`";
        self.fail(self.parsed.extent(node), message, help)
    }

    /// When what is in a ledger expires: what comes next or, of a journey that begins by time, each lot.
    fn expiry(&mut self, node: &IdedExpr, (number, fact): Numbered, what: &str) -> Option<Typed> {
        self.has_expiry(node, &fact)?;
        if what == EXPIRY {
            let name = &fact.name;
            let message = format!("by `{name}.{EXPIRY}` a journey begins, once for each lot");
            let help = format!(
                "write `{name}.next_expiry`; or `trigger: {{ at: {name}.{EXPIRY} - 14d }}`"
            );
            return self.fail(self.parsed.extent(node), message, help);
        }
        Some((self.read(node, Field::Fact(number, Reading::NextExpiry)), Type::Instant))
    }

    fn has_expiry(&mut self, node: &IdedExpr, fact: &Definition) -> Option<()> {
        if fact.bounds.over.is_some() {
            return Some(());
        }
        let message = format!("what is in the ledger `{}` does not expire", fact.name);
        let help = "add `expire:` to it, such as `ledger: { expire: 365d }`";
        self.fail(self.parsed.extent(node), message, help)
    }

    /// `points.expiring(14d)`; none for another call.
    fn expiring(&mut self, node: &IdedExpr, call: &CallExpr) -> Option<Option<Typed>> {
        let ("expiring", Some(of)) = (call.func_name.as_str(), call.target.as_deref()) else {
            return None;
        };
        let (number, fact) = self.fact(of).filter(|(_, fact)| fact.book().is_some())?;
        if self.at_hand(node).and_then(|()| self.has_expiry(node, &fact)).is_none() {
            return Some(None);
        }
        let within = match call.args.as_slice() {
            [within] => self.parsed.duration(within).map(|span| span.millis()),
            _ => None,
        };
        if within == Some(0) {
            let text = self.text(node);
            let fault = Fault::warning(self.parsed.extent(node), format!("`{text}` is always 0"));
            let help = format!("write a longer duration, such as `{}.expiring(14d)`", fact.name);
            self.resolver.faults.push(fault.help(help));
        }
        let Some(within) = within else {
            let message = format!("`{}` does not say within which time", self.text(node));
            let help = format!("write a duration, such as `{}.expiring(14d)`", fact.name);
            return Some(self.fail(self.parsed.extent(node), message, help));
        };
        let field = Field::Fact(number, Reading::Expiring(within));
        Some(Some((self.read(node, field), Type::Number)))
    }

    /// The expiry of a ledger's lots, where a journey begins by it; none for anything else.
    pub(super) fn expiry_of_lots(&mut self, node: &IdedExpr) -> Option<Option<Typed>> {
        let [name, what] = segments(node)?[..] else { return None };
        let (number, fact) = self.resolver.slots.names.facts.named(name)?;
        let fact = fact.clone();
        if what != EXPIRY || fact.book().is_none() || !self.resolver.begins_by_time() {
            return None;
        }
        let read = |lowering: &mut Self| {
            let field = Field::Fact(number, Reading::Expiry);
            (lowering.read(node, field), Type::Instant)
        };
        Some(self.has_expiry(node, &fact).map(|()| read(self)))
    }

    /// How the fact is to be read.
    fn not_alone(&mut self, node: &IdedExpr, fact: &Definition) -> Option<Typed> {
        let name = &fact.name;
        let (what, help) = match (&fact.kind, fact.by.is_some()) {
            (Kind::Set, _) => {
                ("a set", format!("write `size({name})`, or `event.product.id in {name}`"))
            }
            (_, true) => (
                "counted by key",
                format!("write `{name}[event.product.id]`, `size({name})` or `top({name})`"),
            ),
            (Kind::Level(_), _) => (
                "a level",
                format!(
                    "write `{name} == \"gold\"`, `{name}.rank`, `{name}.next` or `{name}.to_next`"
                ),
            ),
            (Kind::Ledger(_), false) => (
                "a ledger",
                format!(
                    "write `{name}.balance`, `{name}.debt`, `{name}.next_expiry` or `{name}.expiring(14d)`"
                ),
            ),
            (Kind::Last(_), false) => ("an event", format!("write `age({name})` or `{name}.at`")),
            (Kind::Count | Kind::Sum(_), false) => ("a number", format!("write `{name}` alone")),
        };
        let message =
            format!("`{}` cannot be read so: the fact `{name}` is {what}", self.text(node));
        self.fail(self.parsed.extent(node), message, help)
    }

    /// A call about a fact; none for another one.
    pub(super) fn of_fact(&mut self, node: &IdedExpr, call: &CallExpr) -> Option<Option<Typed>> {
        if let Some(found) = self.expiring(node, call) {
            return Some(found);
        }
        let args = call.args.as_slice();
        let (name, target) = (call.func_name.as_str(), call.target.as_deref());
        let (fact, key) = match (name, target, args) {
            (operators::INDEX, None, [of, key]) | (operators::IN, None, [key, of]) => {
                (self.fact(of)?, Some(key))
            }
            ("size" | "top" | "age", None, [of]) | ("size", Some(of), []) => (self.fact(of)?, None),
            _ => return None,
        };
        if self.at_hand(node).is_none() {
            return Some(None);
        }
        Some(match (name, key) {
            (operators::INDEX, Some(key)) => self.at_key(node, &fact, key),
            (_, Some(key)) => self.is_in(node, &fact, key),
            (name, None) => self.of_all(node, &fact, name),
        })
    }

    fn of_all(
        &mut self,
        node: &IdedExpr,
        (number, fact): &Numbered,
        function: &str,
    ) -> Option<Typed> {
        let by = fact.by.is_some();
        let (reading, kind) = match function {
            "size" if by || fact.kind == Kind::Set => (Reading::Size, Type::Number),
            "top" if by => (Reading::Top, Type::Text),
            "age" if !by && fact.is_last() => (Reading::Age, Type::Duration),
            _ => return self.not_alone(node, fact),
        };
        Some((self.read(node, Field::Fact(*number, reading)), kind))
    }

    fn at_key(
        &mut self,
        node: &IdedExpr,
        (number, fact): &Numbered,
        key: &IdedExpr,
    ) -> Option<Typed> {
        if fact.by.is_none() {
            return self.not_alone(node, fact);
        }
        let (reading, kind) = match fact.is_last() {
            true => (KeyReading::At, Type::Instant),
            false => (KeyReading::Number, Type::Number),
        };
        let key = self.key(key)?;
        Some((self.read(node, Field::FactAt(*number, reading, key)), kind))
    }

    fn is_in(
        &mut self,
        node: &IdedExpr,
        (number, fact): &Numbered,
        key: &IdedExpr,
    ) -> Option<Typed> {
        if fact.kind != Kind::Set {
            return self.not_alone(node, fact);
        }
        let key = self.key(key)?;
        Some((self.read(node, Field::FactAt(*number, KeyReading::In, key)), Type::Bool))
    }

    /// A field under its text.
    pub(super) fn read(&mut self, node: &IdedExpr, field: Field) -> Expr {
        let text = self.text(node);
        self.show(text, field);
        Expr::Field(field)
    }

    /// A key: a path or a literal.
    fn key(&mut self, node: &IdedExpr) -> Option<KeyField> {
        let found = self.key_or_item(node)?;
        let is_item = matches!(found, KeyField::Item(_));
        if is_item { self.no_key(node) } else { Some(found) }
    }

    /// The same, or a part of an item.
    pub(super) fn key_or_item(&mut self, node: &IdedExpr) -> Option<KeyField> {
        let found = match &node.expr {
            Syntax::Literal(literal) => self.literal(node, literal),
            _ if segments(node).is_some() => self.path(node, false),
            _ => None,
        };
        match found {
            Some((Expr::Field(Field::Event(number)), _)) => Some(KeyField::Event(number)),
            Some((Expr::Field(Field::Capture(number)), _)) => Some(KeyField::Capture(number)),
            Some((Expr::Field(Field::Waited(number)), _)) => Some(KeyField::Waited(number)),
            Some((Expr::Field(Field::Attribute(number)), _)) => Some(KeyField::Attribute(number)),
            Some((Expr::Field(Field::Item(number)), _)) => Some(KeyField::Item(number)),
            Some((Expr::Literal(value), _)) if key_of(value.borrow()).is_some() => {
                key_of(value.borrow()).map(KeyField::Hash)
            }
            _ => self.no_key(node),
        }
    }

    fn no_key(&mut self, node: &IdedExpr) -> Option<KeyField> {
        let range = self.parsed.extent(node);
        if !self.resolver.faults.iter().any(|fault| fault.range == range) {
            let fault = Fault::error(range, "a key is a path or a text");
            let help = "write a path such as `event.product.id`, or a text in quotes";
            self.resolver.faults.push(fault.help(help));
        }
        None
    }
}

/// The place of a kept field by its path or, where that is enough, its last name.
fn kept(keep: &[Path], written: &[&str]) -> Option<u8> {
    let whole = |path: &&Path| full_name(path) == written.join(".");
    let last = |path: &&Path| match written {
        [name] => full_name(path).rsplit('.').next() == Some(name),
        _ => false,
    };
    let mut by_last = keep.iter().filter(last);
    let found = keep.iter().find(whole).or_else(|| {
        let found = by_last.next();
        found.filter(|_| by_last.next().is_none())
    })?;
    keep.iter().position(|path| path == found).and_then(|place| u8::try_from(place).ok())
}

fn full_name(path: &Path) -> String {
    match path {
        Path::Event(field) => field.path.join("."),
        Path::Item(path) => path.join("."),
    }
}
