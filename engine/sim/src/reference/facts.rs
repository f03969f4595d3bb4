//! Facts: every event of a customer is kept, and each time that a fact is read it is counted anew from all of them.

mod happened;
mod ledger;

use super::condition::V;
use cartwheel_core::fact::{Definition, KeyReading, Kind, Reading, Role, key_hash};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{DAY, Millis};
use happened::{Happened, Mark, Part, items, mark, part, text_at};
use serde_json::Value as Json;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Under which name amounts in another currency are counted.
pub const CURRENCY: &str = "currency";

/// All that has happened to a customer.
#[derive(Default)]
pub struct History {
    events: Vec<Happened>,
    /// Every key by which something was counted.
    texts: BTreeSet<String>,
}

impl History {
    /// Remembers an event, of which `only` these facts are made if they are named; whether a fact leaves an amount of it out.
    pub fn note(
        &mut self,
        plan: &Plan,
        kind: &str,
        at: Millis,
        body: &Json,
        only: Option<Vec<String>>,
    ) -> bool {
        if plan.events.get(kind).is_none_or(|interest| interest.facts.is_empty()) {
            return false;
        }
        let happened = Happened { kind: kind.to_owned(), at, body: body.clone(), only };
        let mut foreign = false;
        for (_, fact) in plan.facts.iter() {
            foreign |= ledger::is_foreign(plan, fact, &happened);
            for role in [Role::Adds, Role::Takes] {
                for (item, key) in items(plan, fact, role, &happened) {
                    if role == Role::Adds {
                        foreign |= part(plan, fact, &happened, item, key).is_err();
                    } else {
                        foreign |= mark(plan, fact, &happened, item, key).is_err();
                    }
                }
            }
            let by = |item| text_at(fact.by.as_ref()?, &happened.body, item);
            let items = items(plan, fact, Role::Adds, &happened);
            self.texts.extend(items.into_iter().filter_map(|(item, _)| by(item)));
        }
        self.events.push(happened);
        foreign
    }

    /// When something happened to a fact that a condition of this text may read.
    pub fn times(&self, plan: &Plan, text: &str) -> Vec<Millis> {
        // `customer.days_since_order` is no fact's name.
        let facts = plan.facts.iter().filter(|(_, fact)| {
            fact.name.starts_with("customer.") || text.contains(fact.name.as_str())
        });
        let feeds = facts.flat_map(|(_, fact)| fact.roles().filter_map(|role| fact.feed(role)));
        let kinds: BTreeSet<&str> =
            feeds.flat_map(|feed| &feed.on).map(|kind| kind.as_str()).collect();
        let read = self.events.iter().filter(|event| kinds.contains(event.kind.as_str()));
        read.map(|event| event.at).collect()
    }

    /// What a condition reads of a fact at `t`.
    pub fn read(&self, plan: &Plan, number: u16, reading: Reading, t: Millis) -> V {
        let Some(fact) = plan.facts.get(number) else { return V::Null };
        if fact.book().is_some() {
            return ledger::read(plan, fact, &self.events, reading, t);
        }
        if fact.kind == Kind::Set {
            let size = self.elements(plan, fact, t).len();
            return match reading {
                Reading::Size => V::Number(size as f64),
                Reading::Number => V::Number(0.0),
                _ => V::Null,
            };
        }
        let counted = self.counted(plan, fact, t);
        let last = newest(&counted);
        match reading {
            Reading::Number if matches!(fact.kind, Kind::Last(_)) => V::Null,
            Reading::Number => V::Number(total(fact, &counted)),
            Reading::At => last.map_or(V::Null, |part| V::Instant(part.at)),
            Reading::Age => last.map_or(V::Null, |part| V::Span(t - part.at)),
            Reading::DaysSince => {
                last.map_or(V::Null, |part| V::Number(((t - part.at).max(0) / DAY) as f64))
            }
            Reading::Kept(place) => {
                last.map_or(V::Null, |part| part.kept[usize::from(place)].clone())
            }
            Reading::Name
            | Reading::Rank
            | Reading::Next
            | Reading::ToNext
            | Reading::Balance
            | Reading::Debt
            | Reading::Expiring(_)
            | Reading::NextExpiry
            | Reading::Expiry => {
                unreachable!("levels and ledgers are read elsewhere")
            }
            Reading::Size => V::Number(groups(&counted).len() as f64),
            Reading::Top => self.top(fact, &counted),
        }
    }

    /// When the lots of a ledger expire, the first one first.
    pub fn expiries(&self, plan: &Plan, number: u16) -> Vec<Millis> {
        let fact = plan.facts.get(number).expect("a ledger");
        ledger::expiries(plan, fact, &self.events)
    }

    /// What a condition reads of a fact at a key, known by its hash.
    pub fn read_at(
        &self,
        plan: &Plan,
        number: u16,
        reading: KeyReading,
        key: Option<u64>,
        t: Millis,
    ) -> V {
        let Some(fact) = plan.facts.get(number) else { return V::Null };
        if reading == KeyReading::In {
            let elements = self.elements(plan, fact, t);
            // Of a hash one bit is not looked at.
            let is_it = |text: &String| key.is_some_and(|key| key & !1 == key_hash(text) & !1);
            return V::Bool(elements.iter().any(is_it));
        }
        let mut counted = self.counted(plan, fact, t);
        counted.retain(|(part, _)| part.group.as_deref().map(key_hash) == key && key.is_some());
        let last = newest(&counted);
        match reading {
            KeyReading::Number => V::Number(total(fact, &counted)),
            KeyReading::At => last.map_or(V::Null, |part| V::Instant(part.at)),
            KeyReading::In => unreachable!("read above"),
        }
    }

    fn top(&self, fact: &Definition, counted: &[(Part, i64)]) -> V {
        let rank = |group: &String| {
            let mut of: Vec<_> = counted.to_vec();
            of.retain(|(part, _)| part.group.as_ref() == Some(group));
            let newest = newest(&of).map(|part| part.at);
            let parts: i128 = match fact.kind {
                Kind::Last(_) => 0,
                _ => of.iter().map(|(_, net)| i128::from(*net)).sum(),
            };
            (parts, newest, Reverse(group.clone()))
        };
        let top = groups(counted).into_iter().max_by_key(rank);
        let text = top.and_then(|text| self.texts.get(&text));
        text.map_or(V::Null, |text| V::Text(text.clone()))
    }

    /// The contributions that count at `t`, each with what is left of it.
    fn counted(&self, plan: &Plan, fact: &Definition, t: Millis) -> Vec<(Part, i64)> {
        let since = fact.bounds.over.map_or(Millis::MIN, |over| t.saturating_sub(over));
        let marks: Vec<Mark> =
            self.marks(plan, fact).into_iter().filter(|mark| mark.at > since).collect();
        let parts = self.parts(plan, fact).into_iter().filter(|part| part.at > since);
        let left = |part: &Part| {
            let own = marks.iter().filter(|mark| Some(&mark.key) == part.key.as_ref());
            let taken: i128 =
                own.map(|mark| i128::from(mark.part.map_or(i64::MAX, |(_, amount)| amount))).sum();
            let most = i128::from(part.amount.unsigned_abs());
            let left = most - taken.clamp(0, most);
            (left as i64) * part.amount.signum()
        };
        parts.map(|part| (part.clone(), left(&part))).collect()
    }

    /// The contributions that are kept: of each key the newest, and of those that are too many the newest.
    fn parts(&self, plan: &Plan, fact: &Definition) -> Vec<Part> {
        let is_last = matches!(fact.kind, Kind::Last(_));
        let keyed = fact.adds.key.is_some() && (fact.takes.is_some() || !is_last);
        let mut kept: Vec<Part> = Vec::new();
        for happened in &self.events {
            for (item, key) in items(plan, fact, Role::Adds, happened) {
                let Ok(Some(part)) = part(plan, fact, happened, item, key.filter(|_| keyed)) else {
                    continue;
                };
                let same = |other: &Part| (&other.key, &other.group) == (&part.key, &part.group);
                let is_one = part.key.is_some() || is_last;
                match kept.iter().position(same).filter(|_| is_one) {
                    None => kept.push(part),
                    Some(place) => {
                        let known = &kept[place];
                        let wins = if is_last {
                            ranks(&part.kept) > ranks(&known.kept)
                        } else {
                            part.amount < known.amount
                        };
                        if part.at > known.at || part.at == known.at && wins {
                            kept[place] = part;
                        }
                    }
                }
            }
        }
        if matches!(fact.kind, Kind::Count | Kind::Sum(_)) && fact.bounds.over.is_none() {
            return kept; // what does not stay open counts all the same
        }
        let mut newest: BTreeMap<Option<String>, Millis> = BTreeMap::new();
        for part in &kept {
            let at = newest.entry(part.group.clone()).or_insert(part.at);
            *at = part.at.max(*at);
        }
        let mut times: Vec<Millis> = newest.values().copied().collect();
        times.sort_unstable_by_key(|at| Reverse(*at));
        if let Some(floor) = times.get(fact.bounds.keys).filter(|_| fact.by.is_some()) {
            kept.retain(|part| part.at > *floor);
        }
        let hash = |text: &Option<String>| text.as_deref().map_or(0, key_hash);
        kept.sort_by_key(|part| {
            Reverse((part.at, hash(&part.key), hash(&part.group), part.amount))
        });
        let open = if is_last && fact.takes.is_none() { 1 } else { fact.bounds.up_to };
        let mut of_group: BTreeMap<Option<String>, usize> = BTreeMap::new();
        kept.retain(|part| {
            let count = of_group.entry(part.group.clone()).or_default();
            *count += 1;
            *count <= open
        });
        kept
    }

    fn marks(&self, plan: &Plan, fact: &Definition) -> Vec<Mark> {
        let mut kept: Vec<Mark> = Vec::new();
        for happened in &self.events {
            for (item, key) in items(plan, fact, Role::Takes, happened) {
                let Ok(Some(mark)) = mark(plan, fact, happened, item, key) else { continue };
                let name = |mark: &Mark| (mark.key.clone(), mark.part.map(|(id, _)| id));
                let amount = |mark: &Mark| mark.part.map_or(i64::MAX, |(_, amount)| amount);
                match kept.iter_mut().find(|known| name(known) == name(&mark)) {
                    None => kept.push(mark),
                    Some(known) if (mark.at, amount(&mark)) > (known.at, amount(known)) => {
                        *known = mark
                    }
                    Some(_) => {}
                }
            }
        }
        kept.sort_by_key(|mark| {
            Reverse((mark.at, key_hash(&mark.key), mark.part.map_or((0, i64::MAX), |part| part)))
        });
        let folds = matches!(fact.kind, Kind::Count | Kind::Sum(_)) && fact.bounds.over.is_none();
        if !folds {
            kept.truncate(fact.bounds.up_to);
        }
        kept
    }

    /// The keys that are in a set at `t`.
    fn elements(&self, plan: &Plan, fact: &Definition, t: Millis) -> Vec<String> {
        let mut keys: BTreeMap<String, (Millis, bool)> = BTreeMap::new();
        for happened in &self.events {
            for role in [Role::Adds, Role::Takes] {
                for (_, key) in items(plan, fact, role, happened) {
                    let Some(key) = key else { continue };
                    let word = (happened.at, role == Role::Takes);
                    let known = keys.entry(key).or_insert(word);
                    *known = word.max(*known);
                }
            }
        }
        let mut keys: Vec<(Millis, bool, String)> =
            keys.into_iter().map(|(key, (at, out))| (at, out, key)).collect();
        keys.sort_by_key(|(at, out, key)| Reverse((*at, key_hash(key) & !1, *out)));
        if let Some((floor, ..)) = keys.get(2 * fact.bounds.keys).cloned() {
            keys.retain(|(at, ..)| *at > floor);
        }
        let since = fact.bounds.over.map_or(Millis::MIN, |over| t.saturating_sub(over));
        keys.retain(|(at, out, _)| !out && *at > since);
        keys.truncate(fact.bounds.keys);
        keys.into_iter().map(|(.., key)| key).collect()
    }
}

/// The groups that have something.
fn groups(counted: &[(Part, i64)]) -> BTreeSet<String> {
    counted
        .iter()
        .filter(|(_, left)| *left != 0)
        .filter_map(|(part, _)| part.group.clone())
        .collect()
}

fn total(fact: &Definition, counted: &[(Part, i64)]) -> f64 {
    let parts: i128 = counted.iter().map(|(_, left)| i128::from(*left)).sum();
    let parts = parts.clamp(i64::MIN.into(), i64::MAX.into()) as i64 as f64;
    if matches!(fact.kind, Kind::Sum(_)) { parts / 10_000.0 } else { parts }
}

/// The newest that was not taken away.
fn newest(counted: &[(Part, i64)]) -> Option<&Part> {
    let hash = |text: &Option<String>| text.as_deref().map_or(0, key_hash);
    let left = counted.iter().filter(|(_, left)| *left != 0).map(|(part, _)| part);
    left.max_by_key(|part| (part.at, hash(&part.key), hash(&part.group)))
}

/// What values come behind which.
fn ranks(values: &[V]) -> Vec<(u8, bool, i64, String)> {
    let rank = |value: &V| match value {
        V::Null => (0, false, 0, String::new()),
        V::Bool(value) => (1, *value, 0, String::new()),
        // The order of their bits, turned round where they are negative, is that of numbers.
        V::Number(number) => {
            let bits = number.to_bits().cast_signed();
            (2, false, bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed()), String::new())
        }
        V::Text(text) => (3, false, 0, text.to_owned()),
        V::Instant(_) | V::Span(_) | V::Date(_) => unreachable!("events have none"),
    };
    values.iter().map(rank).collect()
}
