//! A tree to its value, by the section "Conditions" of the page.

use super::parse::Tree;
use crate::reference::context::{Item, Reader};
use crate::reference::odd::{self, MAX_VALUE};
use crate::reference::zone;
use cartwheel_core::channel::Channel;
use cartwheel_core::fact::{KeyReading, Layout, Path, Reading, key_hash};
use cartwheel_core::time::{
    DAY, HOUR, Millis, Span, format_rfc3339, instant_of_number, is_instant, parse_date,
    parse_instant,
};
use cartwheel_core::value::Value;
use jiff::civil::Date;
use serde_json::Value as Json;
use std::cmp::Ordering;

static NOTHING: Json = Json::Null;
/// Items of a list that are looked at.
const MAX_ITEMS: usize = 64;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum V {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Instant(Millis),
    Span(Millis),
    Date(Date),
}

/// What is known of a value before there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Instant,
    Span,
    Date,
    Null,
    /// Anything else.
    Other,
}

impl V {
    /// As a decision shows it.
    pub fn shown(self) -> Value {
        match self {
            V::Null => Value::Null,
            V::Bool(value) => Value::Bool(value),
            V::Number(number) => Value::Number(number),
            V::Text(text) => Value::Text(text.into()),
            V::Instant(at) => Value::Text(format_rfc3339(at).into()),
            V::Span(span) => Value::Text(Span(span).to_string().into()),
            V::Date(date) => Value::Text(date.to_string().into()),
        }
    }
}

/// The reader, and the item at hand with its name, and whether it is one of a cart, an order or a checkout.
#[derive(Clone, Copy)]
pub struct Walk<'r> {
    pub reader: &'r Reader<'r>,
    pub item: Option<(&'r str, &'r Json, bool)>,
}

impl Walk<'_> {
    /// The value of a tree.
    pub fn of(&self, tree: &Tree) -> V {
        match tree {
            Tree::Null => V::Null,
            Tree::Bool(value) => V::Bool(*value),
            Tree::Number(number) => V::Number(*number),
            Tree::Text(text) => V::Text(text.clone()),
            Tree::Span(span) => V::Span(*span),
            Tree::List(_) => V::Null,
            Tree::Path(path) => self.path(path),
            Tree::Not(inner) => V::Bool(self.of(inner) != V::Bool(true)),
            Tree::Minus(inner) => match self.of(inner) {
                V::Number(number) => V::Number(-number),
                V::Span(span) => V::Span(-span),
                _ => V::Null,
            },
            Tree::Choose(test, yes, no) => {
                self.of(if self.of(test) == V::Bool(true) { yes } else { no })
            }
            Tree::Two(sign, left, right) => self.two(sign, left, right),
            Tree::Call(name, of) => self.call(name, of),
        }
    }

    fn two(&self, sign: &str, left: &Tree, right: &Tree) -> V {
        let is_true = |tree| self.of(tree) == V::Bool(true);
        match sign {
            "&&" => return V::Bool(is_true(left) && is_true(right)),
            "||" => return V::Bool(is_true(left) || is_true(right)),
            "in" => return V::Bool(self.is_in(left, right)),
            _ => {}
        }
        let (mut one, mut other) = (self.of(left), self.of(right));
        let facts = &self.reader.plan.facts;
        let kinds = (kind(left, facts), kind(right, facts));
        // Beside an instant or a date, what is of no other kind is read as one; `+` and `-` do so beside a duration, too.
        let sums = sign == "+" || sign == "-";
        match kinds {
            (Kind::Instant, Kind::Other) => other = instant(other),
            (Kind::Other, Kind::Instant) => one = instant(one),
            (Kind::Span, Kind::Other) if sums => other = instant(other),
            (Kind::Other, Kind::Span) if sums => one = instant(one),
            (Kind::Date, Kind::Other) => other = date(other),
            (Kind::Other, Kind::Date) => one = date(one),
            _ => {}
        }
        let order = order(&one, &other);
        match sign {
            "==" => V::Bool(one == other),
            "!=" => V::Bool(one != other),
            "<" => V::Bool(order == Some(Ordering::Less)),
            ">" => V::Bool(order == Some(Ordering::Greater)),
            "<=" => V::Bool(matches!(order, Some(Ordering::Less | Ordering::Equal))),
            ">=" => V::Bool(matches!(order, Some(Ordering::Greater | Ordering::Equal))),
            _ => calculated(sign, one, other),
        }
    }

    fn is_in(&self, of_item: &Tree, list: &Tree) -> bool {
        let item = of_item;
        if let Tree::Path(path) = list
            && self.is_fact(path)
        {
            return self.fact_at(&path[0], KeyReading::In, item) == V::Bool(true);
        }
        if let Tree::Call(name, of) = list
            && name == "."
        {
            let wanted = self.of(item);
            let has = |all: &Vec<Json>| all.iter().any(|one| scalar(one) == wanted);
            return self.product(of).as_array().is_some_and(has);
        }
        // What is in a list of the event is judged when the event comes.
        let at_hand = self.item.or(Some((" ", &NOTHING, false)));
        let item = match list {
            Tree::Path(_) => Walk { item: at_hand, ..*self }.of(item),
            _ => self.of(item),
        };
        match list {
            // As each would be beside `==`.
            Tree::List(all) => {
                let equal = |one| self.two("==", of_item, one) == V::Bool(true);
                all.iter().any(equal)
            }
            Tree::Path(path) => {
                let list = self.list(path).map_or(&[][..], |list| list);
                list.iter().take(MAX_ITEMS).any(|one| scalar(one) == item)
            }
            _ => false,
        }
    }

    fn call(&self, name: &str, of: &[Tree]) -> V {
        let first = || of.first().map_or(V::Null, |first| self.of(first));
        let number = |make: fn(f64) -> f64| match first() {
            V::Number(number) => V::Number(make(number)),
            _ => V::Null,
        };
        let many = |unit: Millis| match first() {
            V::Number(number) => span(number * unit as f64),
            _ => V::Null,
        };
        if let [Tree::Path(path), key @ ..] = of
            && self.is_fact(path)
        {
            let by_last =
                self.reader.plan.facts.named(&path[0]).is_some_and(|(_, fact)| fact.is_last());
            match (name, key) {
                ("[]", [key]) if by_last => return self.fact_at(&path[0], KeyReading::At, key),
                ("[]", [key]) => return self.fact_at(&path[0], KeyReading::Number, key),
                ("expiring", [Tree::Span(within)]) => {
                    return self.fact(&path[0], Reading::Expiring(*within));
                }
                ("size", _) => return self.fact(&path[0], Reading::Size),
                ("top", _) => return self.fact(&path[0], Reading::Top),
                ("age", _) => return self.fact(&path[0], Reading::Age),
                _ => {}
            }
        }
        match (name, of) {
            (".", of) => scalar(self.product(of)),
            ("has", _) => V::Bool(first() != V::Null),
            ("size", [Tree::Path(path)]) if path[0] == "waited" && self.reader.waited.is_none() => {
                V::Null
            }
            ("size", [of]) => V::Number(self.size(of) as f64),
            ("startsWith", [text, part]) => {
                self.search(text, part, |text, part| text.starts_with(part))
            }
            ("endsWith", [text, part]) => {
                self.search(text, part, |text, part| text.ends_with(part))
            }
            ("contains", [text, part]) => self.search(text, part, |text, part| text.contains(part)),
            ("lowerAscii", _) => match first() {
                V::Text(text) => V::Text(text.to_ascii_lowercase()),
                _ => V::Null,
            },
            ("floor", _) => number(f64::floor),
            ("ceil", _) => number(f64::ceil),
            ("round", _) => number(f64::round),
            ("abs", _) => match first() {
                V::Number(number) => V::Number(number.abs()),
                V::Span(span) => V::Span(span.abs()),
                _ => V::Null,
            },
            ("days", _) => many(DAY),
            ("hours", _) => many(HOUR),
            ("minutes", _) => many(HOUR / 60),
            ("instant", _) => instant(first()),
            ("age", _) => calculated("-", V::Instant(self.reader.t), instant(first())),
            ("min", _) => self.extreme(of, Ordering::Less),
            ("max", _) => self.extreme(of, Ordering::Greater),
            ("exists", [Tree::Path(list), name, about]) => V::Bool(
                self.over(list, name, about).is_some_and(|all| all.contains(&V::Bool(true))),
            ),
            ("all", [Tree::Path(list), name, about]) => {
                let all = self.over(list, name, about);
                let whole = self.list(list).is_some_and(|list| list.len() <= MAX_ITEMS);
                V::Bool(whole && all.is_some_and(|all| all.iter().all(|one| *one == V::Bool(true))))
            }
            ("sum", [list, about]) => self.sum(list, &Tree::Path(vec!["i".into()]), about),
            ("sum", [list, name, about]) => self.sum(list, name, about),
            _ => panic!("the loader took the function {name}"),
        }
    }

    fn search(&self, text: &Tree, part: &Tree, finds: fn(&str, &str) -> bool) -> V {
        V::Bool(match (self.of(text), self.of(part)) {
            (V::Text(text), V::Text(part)) => finds(&text, &part),
            _ => false,
        })
    }

    fn extreme(&self, of: &[Tree], wanted: Ordering) -> V {
        let all: Vec<V> = of.iter().map(|tree| self.of(tree)).collect();
        let fits = |one: &V| {
            !matches!(one, V::Text(_)) && all.iter().all(|other| order(one, other).is_some())
        };
        if !all.iter().all(fits) {
            return V::Null;
        }
        let best = |one: &&V| {
            all.iter().all(|other| {
                let order = order(one, other);
                order == Some(wanted) || order == Some(Ordering::Equal)
            })
        };
        all.iter().find(best).cloned().unwrap_or(V::Null)
    }

    /// What `about` says of each of the items that are looked at; none where there is no list.
    fn over(&self, list: &[String], name: &Tree, about: &Tree) -> Option<Vec<V>> {
        let Tree::Path(name) = name else { return None };
        let known = matches!(list, [.., subject, items] if items == "items" && ["cart", "order", "checkout"].contains(&subject.as_str()));
        let known = known && (list.len() == 2 || list.len() == 3 && list[0] == "event");
        let items = self.list(list)?;
        let say = |item| Walk { item: Some((&name[0], item, known)), ..*self }.of(about);
        Some(items.iter().take(MAX_ITEMS).map(say).collect())
    }

    fn sum(&self, list: &Tree, name: &Tree, about: &Tree) -> V {
        let Tree::Path(list) = list else { return V::Null };
        let whole = self.list(list).is_some_and(|list| list.len() <= MAX_ITEMS);
        let mut sum = V::Number(0.0);
        for one in self.over(list, name, about).unwrap_or_default() {
            sum = calculated("+", sum, one);
        }
        if whole { sum } else { V::Null }
    }

    fn list(&self, path: &[String]) -> Option<&Vec<Json>> {
        self.event(path)?.as_array()
    }

    /// What the event has at `event.a.b`, or `cart.b`.
    fn event(&self, path: &[String]) -> Option<&Json> {
        let path = if path[0] == "event" { &path[1..] } else { path };
        let event = self.reader.event?;
        path.iter().try_fold(event, |value, name| value.as_object()?.get(name))
    }

    /// What the event that was waited for has at `waited.event.a`; its type at `waited.for`.
    fn waited(&self, path: &[String]) -> Option<&Json> {
        let event = self.reader.waited?;
        match path {
            [_, word] if word == "for" => event.get("type"),
            [_, word, path @ ..] if word == "event" => {
                path.iter().try_fold(event, |value, name| value.as_object()?.get(name))
            }
            _ => None,
        }
    }

    fn size(&self, tree: &Tree) -> usize {
        let found = match tree {
            Tree::Path(path) if self.of_item(path) => self.item(path),
            Tree::Path(path) if ["event", "cart"].contains(&path[0].as_str()) => self.event(path),
            Tree::Path(path) if path[0] == "waited" => self.waited(path),
            Tree::Call(name, of) if name == "." => Some(self.product(of)),
            _ => None,
        };
        match (found, tree) {
            (Some(Json::Array(items)), _) => items.len(),
            (Some(Json::Object(fields)), _) => fields.len(),
            (Some(Json::String(text)), _) => text.chars().count(),
            _ => match self.of(tree) {
                V::Text(text) => text.chars().count(),
                _ => 0,
            },
        }
    }

    /// The item of this name: one that is gone through, or that which the trigger is about.
    fn named(&self, path: &[String]) -> Option<Item<'_>> {
        let items = [self.item, self.reader.item];
        items.into_iter().flatten().find(|(name, ..)| *name == path[0])
    }

    fn of_item(&self, path: &[String]) -> bool {
        self.named(path).is_some()
    }

    fn item(&self, path: &[String]) -> Option<&Json> {
        let (_, item, _) = self.named(path)?;
        path[1..].iter().try_fold(item, |value, name| value.as_object()?.get(name))
    }

    fn path(&self, path: &[String]) -> V {
        if self.of_item(path) {
            let found = self.item(path);
            let known = self.named(path).is_some_and(|(.., known)| known);
            let number =
                known && path.len() == 2 && ["price", "quantity"].contains(&path[1].as_str());
            return match (found, number) {
                (None, _) => V::Null,
                (Some(found), true) => odd::number(found).map_or(V::Null, |number| scalar(&number)),
                (Some(found), false) => self.short(scalar(found)),
            };
        }
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let reader = self.reader;
        match words.as_slice() {
            ["now"] => V::Instant(reader.t),
            ["event", "time"] => V::Instant(reader.at),
            ["event" | "cart" | "waited", ..] => {
                let found = if words[0] == "waited" { self.waited(path) } else { self.event(path) };
                self.short(found.map_or(V::Null, scalar))
            }
            ["profile", "consent", channel] => {
                let channel = Channel::parse(channel);
                V::Bool(
                    channel.is_some_and(|channel| reader.customer.consent(channel) == Some(true)),
                )
            }
            ["profile", name] => reader.customer.attribute(name).map_or(V::Null, scalar),
            ["customer", "orders"] => self.fact("customer.orders", Reading::Number),
            ["customer", "lifetime_value"] => self.fact("customer.lifetime_value", Reading::Number),
            ["customer", "days_since_order"] => {
                self.fact("customer.last_order", Reading::DaysSince)
            }
            ["local", what] => self.local(what),
            [name] if self.segment(name).is_some() => self.segment(name).unwrap_or(V::Null),
            path if reader.level(path).is_some() => reader.level(path).unwrap_or(V::Null),
            [name, what] if self.ledger(name) => self.fact(
                name,
                match *what {
                    "balance" => Reading::Balance,
                    "debt" => Reading::Debt,
                    _ => Reading::NextExpiry,
                },
            ),
            [name] => self.fact(name, Reading::Number),
            [name, "at"] => self.fact(name, Reading::At),
            [name, rest @ ..] => self.kept(name, &rest.join(".")),
            [] => V::Null,
        }
    }

    /// A run keeps no long text; what it makes of a list it made when it had all of them.
    fn short(&self, found: V) -> V {
        let is_kept = self.reader.of_run && self.item.is_none();
        match found {
            V::Text(text) if is_kept && text.len() > MAX_VALUE => V::Null,
            found => found,
        }
    }

    /// The condition of this name.
    fn segment(&self, name: &str) -> Option<V> {
        let (_, text) = self.reader.plan.segments.iter().find(|(known, _)| known == name)?;
        Some(Walk { item: None, ..*self }.reader.value(text))
    }

    fn fact(&self, name: &str, reading: Reading) -> V {
        let Reader { plan, customer, t, .. } = self.reader;
        let found = plan.facts.named(name);
        let (number, _) = found.unwrap_or_else(|| panic!("the reference knows no {name}"));
        customer.facts.read(plan, number, reading, *t)
    }

    fn ledger(&self, name: &str) -> bool {
        self.reader.plan.facts.named(name).is_some_and(|(_, fact)| fact.book().is_some())
    }

    /// What the last event had under this path, or under a path that ends so.
    fn kept(&self, name: &str, written: &str) -> V {
        let found = self.reader.plan.facts.named(name);
        let (_, fact) = found.unwrap_or_else(|| panic!("the reference knows no {name}"));
        let paths = fact.keep().iter().map(|path| match path {
            Path::Event(field) => field.path.join("."),
            Path::Item(path) => path.join("."),
        });
        let paths: Vec<String> = paths.collect();
        let whole = paths.iter().position(|path| path == written);
        let place = whole
            .or_else(|| paths.iter().position(|path| path.rsplit('.').next() == Some(written)));
        self.fact(name, Reading::Kept(place.expect("the loader took it") as u8))
    }

    /// What `catalogue[KEY].field` stands for, written as `.([](catalogue, KEY), "field")`.
    fn product(&self, of: &[Tree]) -> &Json {
        let [Tree::Call(_, index), Tree::Text(field)] = of else { return &NOTHING };
        let [_, key] = index.as_slice() else { return &NOTHING };
        let is_run = matches!(key, Tree::Path(path) if path.as_slice() == ["key"]);
        let key = match is_run {
            true => Some(self.reader.run_key).filter(|key| *key != 0),
            false => self.key(key),
        };
        self.reader.catalogue.field(key, field)
    }

    /// What a value is known by, as a key.
    fn key(&self, key: &Tree) -> Option<u64> {
        let text = match self.of(key) {
            V::Bool(value) => Some(value.to_string()),
            V::Number(number) => Some((number + 0.0).to_string()),
            V::Text(text) => Some(text),
            V::Null | V::Instant(_) | V::Span(_) | V::Date(_) => None,
        };
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        text.map(|text| key_hash(&text))
    }

    /// What a fact says of a key.
    fn fact_at(&self, name: &str, reading: KeyReading, key: &Tree) -> V {
        let Reader { plan, customer, t, .. } = self.reader;
        let found = plan.facts.named(name);
        let (number, _) = found.unwrap_or_else(|| panic!("the reference knows no {name}"));
        customer.facts.read_at(plan, number, reading, self.key(key), *t)
    }

    /// The path is the name of a fact.
    fn is_fact(&self, path: &[String]) -> bool {
        path.len() == 1 && !self.of_item(path) && self.reader.plan.facts.named(&path[0]).is_some()
    }

    fn local(&self, what: &str) -> V {
        let reader = self.reader;
        let local = zone::local(reader.t, &reader.customer.zone(&reader.plan.policy));
        match what {
            "hour" => V::Number(f64::from(local.hour())),
            "date" => V::Date(local.date()),
            _ => V::Text(local.strftime("%a").to_string().to_lowercase()),
        }
    }
}

/// What is known at load.
pub fn kind(tree: &Tree, facts: &Layout) -> Kind {
    let last = |name: &str| facts.named(name).is_some_and(|(_, fact)| fact.is_last());
    let ledger = |name: &str| facts.named(name).is_some_and(|(_, fact)| fact.book().is_some());
    let kind = |tree: &Tree| kind(tree, facts);
    match tree {
        Tree::Span(_) => Kind::Span,
        Tree::Null => Kind::Null,
        Tree::Path(path) => match path.join(".").as_str() {
            "now" | "event.time" => Kind::Instant,
            "local.date" => Kind::Date,
            _ if path.len() == 2 && path[1] == "at" && last(&path[0]) => Kind::Instant,
            _ if path.len() == 2 && path[1] == "next_expiry" && ledger(&path[0]) => Kind::Instant,
            _ => Kind::Other,
        },
        Tree::Minus(inner) => kind(inner),
        Tree::Choose(_, yes, no) => match (kind(yes), kind(no)) {
            (yes, no) if yes == no => yes,
            (kind, Kind::Null) | (Kind::Null, kind) => kind,
            _ => Kind::Other,
        },
        Tree::Two(sign, left, right) => match (sign.as_str(), kind(left), kind(right)) {
            ("+" | "-", Kind::Span, Kind::Span) => Kind::Span,
            ("+" | "-", Kind::Instant | Kind::Other, Kind::Span) => Kind::Instant,
            ("+", Kind::Span, Kind::Instant | Kind::Other) => Kind::Instant,
            ("-", Kind::Instant, _) | ("-", _, Kind::Instant) => Kind::Span,
            ("*", Kind::Span, _) | ("*", _, Kind::Span) => Kind::Span,
            ("/", Kind::Span, Kind::Span) => Kind::Other,
            ("/", Kind::Span, _) => Kind::Span,
            _ => Kind::Other,
        },
        Tree::Call(name, of) => match name.as_str() {
            "age" | "days" | "hours" | "minutes" => Kind::Span,
            "instant" => Kind::Instant,
            "[]" if matches!(&of[0], Tree::Path(path) if last(&path[0])) => Kind::Instant,
            "abs" | "min" | "max" => of.first().map_or(Kind::Other, kind),
            _ => Kind::Other,
        },
        Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Not(_) => {
            Kind::Other
        }
    }
}

fn scalar(value: &Json) -> V {
    match value {
        Json::Bool(value) => V::Bool(*value),
        Json::Number(number) => {
            number.as_f64().filter(|n| n.is_finite()).map_or(V::Null, V::Number)
        }
        Json::String(text) => V::Text(text.clone()),
        Json::Null | Json::Array(_) | Json::Object(_) => V::Null,
    }
}

fn instant(value: V) -> V {
    let at = match value {
        V::Instant(at) => Some(at),
        V::Text(text) => parse_instant(&text),
        V::Number(number) => instant_of_number(number),
        _ => None,
    };
    at.map_or(V::Null, V::Instant)
}

fn date(value: V) -> V {
    match value {
        V::Date(_) => value,
        V::Text(text) => parse_date(&text).map_or(V::Null, V::Date),
        _ => V::Null,
    }
}

fn span(millis: f64) -> V {
    let longest = (20_000 * 366 * DAY) as f64;
    if millis.abs() <= longest { V::Span(millis.round() as Millis) } else { V::Null }
}

fn order(left: &V, right: &V) -> Option<Ordering> {
    match (left, right) {
        (V::Number(left), V::Number(right)) => left.partial_cmp(right),
        (V::Text(left), V::Text(right)) => Some(left.cmp(right)),
        (V::Instant(left), V::Instant(right)) | (V::Span(left), V::Span(right)) => {
            Some(left.cmp(right))
        }
        (V::Date(left), V::Date(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn calculated(sign: &str, left: V, right: V) -> V {
    let instant = |at: Millis| if is_instant(at) { V::Instant(at) } else { V::Null };
    let number = |number: f64| if number.is_finite() { V::Number(number) } else { V::Null };
    match (sign, left, right) {
        ("+", V::Number(left), V::Number(right)) => number(left + right),
        ("-", V::Number(left), V::Number(right)) => number(left - right),
        ("*", V::Number(left), V::Number(right)) => number(left * right),
        ("/", V::Number(left), V::Number(right)) => number(left / right),
        ("%", V::Number(left), V::Number(right)) => number(left % right),
        ("+", V::Instant(at), V::Span(by)) | ("+", V::Span(by), V::Instant(at)) => instant(at + by),
        ("-", V::Instant(at), V::Span(by)) => instant(at - by),
        ("-", V::Instant(left), V::Instant(right)) => span((left - right) as f64),
        ("+", V::Span(left), V::Span(right)) => span((left + right) as f64),
        ("-", V::Span(left), V::Span(right)) => span((left - right) as f64),
        ("*", V::Span(by), V::Number(number)) | ("*", V::Number(number), V::Span(by)) => {
            span(by as f64 * number)
        }
        ("/", V::Span(by), V::Number(number)) => span(by as f64 / number),
        ("/", V::Span(left), V::Span(right)) => number(left as f64 / right as f64),
        _ => V::Null,
    }
}
