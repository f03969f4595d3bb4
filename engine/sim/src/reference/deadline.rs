//! Instants that are computed: the section "Deadlines" of the page, over the text of `at`.

use super::condition::{Kind, Tree, V, kind, parse};
use super::context::Reader;
use super::zone;
use cartwheel_core::fact::{Layout, Reading};
use cartwheel_core::time::{DAY, Millis, instant_of_number, is_instant, parse_date, parse_rfc3339};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What an `at` comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The base: an instant, or of a day its midnight in UTC.
    pub base: Millis,
    /// When.
    pub at: Millis,
}

impl Reader<'_> {
    /// The moment of an `at`; none where it is null, or where its base is not after the one that has `begun`. Of `next`, and of the lots of a ledger, the first one
    /// not before `from`.
    pub fn moment(&self, text: &str, from: Millis, begun: Option<Millis>) -> Option<Moment> {
        let tree = parse(text).unwrap_or_else(|| panic!("the loader took `{text}`"));
        let (base, added) = taken_apart(&tree, &self.plan.facts);
        let mut offset = 0;
        for (minus, part) in added {
            let V::Span(span) = self.value_of(part) else { return None };
            offset += if minus { -span } else { span };
        }
        let zone = self.customer.zone(&self.plan.policy);
        let mut is_one = false;
        let moments = match base {
            Tree::Call(name, of) if name == "next" => {
                let day = self.date(&of[0], &zone)?;
                let year = zone::local((from - offset).saturating_sub(3 * DAY), &zone).year();
                (year..year + 6).filter_map(|year| of_year(day, year)).collect()
            }
            base => match self.lots(base) {
                Some(lots) => lots,
                None => {
                    is_one = true;
                    vec![day_or_instant(self.value_of(base))?]
                }
            },
        };
        let moments = moments.into_iter().map(|base| match base {
            Base::Instant(base) => Moment { base, at: base + offset },
            Base::Day(day) => {
                let base = zone::start_of(day, &TimeZone::UTC);
                Moment { base, at: zone::start_of(day, &zone).saturating_add(offset) }
            }
        });
        let mut good = moments.filter(|moment| {
            is_instant(moment.at)
                && begun.is_none_or(|begun| moment.base > begun)
                && (is_one || moment.at >= from)
        });
        good.next()
    }

    /// When the lots expire, if the base names those of a ledger.
    fn lots(&self, base: &Tree) -> Option<Vec<Base>> {
        let Tree::Path(path) = base else { return None };
        let [name, what] = &path[..] else { return None };
        if what != "expiry" {
            return None;
        }
        let (number, _) = self.plan.facts.named(name).filter(|(_, fact)| fact.book().is_some())?;
        let all = self.customer.facts.expiries(self.plan, number);
        Some(all.into_iter().map(Base::Instant).collect())
    }

    /// The day of which the anniversaries are.
    fn date(&self, tree: &Tree, zone: &TimeZone) -> Option<Date> {
        let value = self.value_of(tree);
        if let V::Text(text) = &value
            && parse_rfc3339(text).is_some()
        {
            return parse_date(&text[..10]);
        }
        match day_or_instant(value)? {
            Base::Day(day) => Some(day),
            Base::Instant(at) => Some(zone::local(at, zone).date()),
        }
    }

    /// The newest time at which something was written or happened that an `at` with these fields reads; of the lot that expires at the base when it was earned.
    pub fn newest_of(&self, names: &[&str], base: Millis) -> Option<Millis> {
        let at = |name: &&str| {
            if let Some(attribute) = name.strip_prefix("profile.") {
                return self.customer.written(attribute);
            }
            let fact = name.trim_start_matches("age(").trim_end_matches(')');
            let fact = fact.split('.').next().unwrap_or_default();
            let (number, known) = self.plan.facts.named(fact)?;
            if known.book().is_some() && name.ends_with(".expiry") {
                return Some(base - known.bounds.over.expect("it expires"));
            }
            if !known.is_last() {
                return None;
            }
            match self.customer.facts.read(self.plan, number, Reading::At, self.t) {
                V::Instant(at) => Some(at),
                _ => None,
            }
        };
        names.iter().filter_map(at).max()
    }
}

enum Base {
    Instant(Millis),
    Day(Date),
}

fn of_year(day: Date, year: i16) -> Option<Base> {
    let is_29th = day.month() == 2 && day.day() == 29;
    let day = Date::new(year, day.month(), day.day());
    let day = if is_29th { day.or(Date::new(year, 2, 28)) } else { day };
    day.ok().map(Base::Day)
}

fn day_or_instant(value: V) -> Option<Base> {
    match value {
        V::Instant(at) => Some(Base::Instant(at)),
        V::Date(day) => Some(Base::Day(day)),
        V::Number(number) => instant_of_number(number).map(Base::Instant),
        V::Text(text) => match parse_date(&text) {
            Some(day) => Some(Base::Day(day)),
            None => parse_rfc3339(&text).map(Base::Instant),
        },
        V::Null | V::Bool(_) | V::Span(_) => None,
    }
}

/// The base, and the durations that are added to it or (true) taken from it.
fn taken_apart<'t>(tree: &'t Tree, facts: &Layout) -> (&'t Tree, Vec<(bool, &'t Tree)>) {
    if let Tree::Two(sign, left, right) = tree {
        if (sign == "+" || sign == "-") && kind(right, facts) == Kind::Span {
            let (base, mut added) = taken_apart(left, facts);
            added.push((sign == "-", right));
            return (base, added);
        }
        if sign == "+" && kind(left, facts) == Kind::Span {
            return (right, vec![(false, left)]);
        }
    }
    (tree, Vec::new())
}
