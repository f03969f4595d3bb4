//! What an event says to a fact: contributions, and what takes some of them away.

use crate::reference::condition::{V, holds_alone};
use crate::reference::odd;
use cartwheel_core::event::EventField;
use cartwheel_core::fact::{
    Amount, Definition, Feed, Kind, MAX_ITEMS, MAX_TEXT, Path, Role, key_hash,
};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_64;

/// Something that happened to a customer.
pub struct Happened {
    pub kind: String,
    pub at: Millis,
    pub body: Json,
    /// It was read in for these facts alone.
    pub only: Option<Vec<String>>,
}

/// A contribution.
#[derive(Clone)]
pub struct Part {
    pub at: Millis,
    pub key: Option<String>,
    pub group: Option<String>,
    /// Ten-thousandths of a sum, else 1.
    pub amount: i64,
    pub kept: Vec<V>,
}

/// What takes one away.
#[derive(Clone)]
pub struct Mark {
    pub at: Millis,
    pub key: String,
    /// None: all of it.
    pub part: Option<(u64, i64)>,
}

/// A number stands in another currency.
pub struct Foreign;

/// What of an event is looked at in this role, with its key: the event, or the items of a list, as far as the condition holds.
pub fn items<'h>(
    plan: &Plan,
    fact: &Definition,
    role: Role,
    happened: &'h Happened,
) -> Vec<(Option<&'h Json>, Option<String>)> {
    let feed: Option<&Feed> = match role {
        Role::Adds => Some(&fact.adds),
        Role::Takes => fact.takes.as_ref().map(|takes| &takes.feed),
        Role::Line(number) => fact.book().map(|book| &book.lines[usize::from(number)].feed),
    };
    let is_for = |only: &Vec<String>| only.iter().any(|name| fact.name == *name);
    let counts_here = happened.only.as_ref().is_none_or(is_for);
    let feeds = |feed: &&Feed| counts_here && feed.on.iter().any(|kind| *kind == happened.kind);
    let Some(feed) = feed.filter(feeds) else {
        return Vec::new();
    };
    let all: Vec<Option<&Json>> = match &feed.each {
        None => vec![None],
        Some(list) => match value_at(list, &happened.body, None) {
            Some(Json::Array(items)) => items.iter().take(MAX_ITEMS).map(Some).collect(),
            _ => Vec::new(),
        },
    };
    let counts = |item: Option<&Json>| {
        let item = item.map(|item| (feed.item.as_str(), item, is_of_items(feed)));
        let when = feed.when.as_deref();
        when.is_none_or(|when| holds_alone(plan, when, (&happened.body, happened.at), item))
    };
    let (mut keys, mut found) = (BTreeSet::new(), Vec::new());
    for item in all {
        let key = feed.key.as_ref().and_then(|path| text_at(path, &happened.body, item));
        let again = feed.each.is_some() && key.clone().is_some_and(|key| !keys.insert(key));
        if !again && counts(item) {
            found.push((item, key));
        }
    }
    found
}

/// Whether the items are such as a cart has.
pub fn is_of_items(feed: &Feed) -> bool {
    matches!(&feed.each, Some(Path::Event(list)) if list.path.last().is_some_and(|name| name == "items"))
}

/// A scalar's value.
fn scalar(value: &Json) -> V {
    match value {
        Json::Bool(value) => V::Bool(*value),
        Json::Number(number) => number.as_f64().map_or(V::Null, V::Number),
        Json::String(text) => V::Text(text.clone()),
        Json::Null | Json::Array(_) | Json::Object(_) => V::Null,
    }
}

fn value_at<'h>(path: &Path, body: &'h Json, item: Option<&'h Json>) -> Option<&'h Json> {
    match path {
        Path::Event(EventField { path, .. }) => {
            path.iter().try_fold(body, |value, name| value.as_object()?.get(name.as_str()))
        }
        Path::Item(path) => {
            path.iter().try_fold(item?, |value, name| value.as_object()?.get(name.as_str()))
        }
    }
}

/// The text of a key.
pub fn text_at(path: &Path, body: &Json, item: Option<&Json>) -> Option<String> {
    let text = match value_at(path, body, item)? {
        Json::String(text) => text.trim().to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => integer.to_string(),
            None => (number.as_f64()? + 0.0).to_string(),
        },
        Json::Null | Json::Array(_) | Json::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn amount(
    plan: &Plan,
    of: &Amount,
    body: &Json,
    item: Option<&Json>,
) -> Result<Option<i64>, Foreign> {
    if currency_differs(plan, &of.currency, body, item) {
        return Err(Foreign);
    }
    let number =
        value_at(&of.path, body, item).and_then(odd::number).and_then(|number| number.as_f64());
    Ok(number.map(|number| (number * 10_000.0).round() as i64))
}

/// Whether the first of these places at which something stands names another currency than the one that is counted.
pub fn currency_differs(plan: &Plan, beside: &[Path], body: &Json, item: Option<&Json>) -> bool {
    let Some(counted) = plan.facts.currency() else { return false };
    let mut named = beside.iter().filter_map(|path| value_at(path, body, item));
    let named = named.find(|value| !value.is_null());
    let same = |value: &Json| {
        value.as_str().is_some_and(|text| text.trim().to_lowercase() == counted.to_lowercase())
    };
    named.is_some_and(|value| !same(value))
}

pub fn part<'h>(
    plan: &Plan,
    fact: &Definition,
    happened: &'h Happened,
    item: Option<&'h Json>,
    key: Option<String>,
) -> Result<Option<Part>, Foreign> {
    if matches!(fact.kind, Kind::Set | Kind::Ledger(_) | Kind::Level(_)) {
        return Ok(None);
    }
    let (at, body) = (happened.at, &happened.body);
    let amount = match &fact.kind {
        Kind::Sum(of) => amount(plan, of, body, item)?.unwrap_or(0),
        Kind::Count | Kind::Last(_) | Kind::Set | Kind::Ledger(_) | Kind::Level(_) => 1,
    };
    let group = match &fact.by {
        None => None,
        Some(by) => match text_at(by, body, item).filter(|text| text.len() <= MAX_TEXT) {
            Some(text) => Some(text),
            None => return Ok(None),
        },
    };
    let keep = match &fact.kind {
        Kind::Last(keep) => &keep[..],
        Kind::Count | Kind::Sum(_) | Kind::Set | Kind::Ledger(_) | Kind::Level(_) => &[],
    };
    let kept = keep.iter().map(|path| match value_at(path, body, item).map_or(V::Null, scalar) {
        V::Text(text) if text.len() > MAX_TEXT => V::Null,
        value => value,
    });
    Ok(Some(Part { at, key, group, amount, kept: kept.collect() }))
}

pub fn mark(
    plan: &Plan,
    fact: &Definition,
    happened: &Happened,
    item: Option<&Json>,
    key: Option<String>,
) -> Result<Option<Mark>, Foreign> {
    let (at, body) = (happened.at, &happened.body);
    let (Some(key), Some(takes)) = (key, &fact.takes) else { return Ok(None) };
    let taken = match &takes.amount {
        Some(of) => amount(plan, of, body, item)?,
        None => None,
    };
    let id = takes.id.as_ref().and_then(|path| text_at(path, body, item));
    let part = taken.map(|amount| {
        let unnamed = || xxh3_64(&[at.to_le_bytes(), amount.to_le_bytes()].concat()).max(1);
        (id.as_deref().map_or_else(unnamed, key_hash), amount)
    });
    Ok(Some(Mark { at, key, part }))
}
