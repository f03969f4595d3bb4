//! An instant that is computed (`at:`): `BASE`, `BASE + OFFSET` or `BASE - OFFSET`, such as `last_order.at + 60d` or `next(profile.birthday) - 3d`.

use super::expr::Expr;
use super::field::Field;
use super::reader::Reader;
use crate::fact::Reading;
use crate::time::{DAY, Millis, instant_of_number, is_instant, parse_date, parse_rfc3339};
use crate::value::ValueRef;
use compact_str::CompactString;
use jiff::civil::Date;

/// Years that `next` looks ahead.
const YEARS: i16 = 5;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Deadline {
    /// As it is written.
    pub text: CompactString,
    /// The part that is the base, as it is written.
    pub base_text: CompactString,
    /// What it reads and decisions show, as written, in order of first appearance.
    pub fields: Vec<(CompactString, Field)>,
    pub(super) base: Expr,
    /// The base is `next(x)`: the day of x in each year.
    pub(super) yearly: bool,
    /// A duration.
    pub(super) offset: Option<Expr>,
    /// It may go by the customer's clock: where that changes it is another instant.
    pub local: bool,
}

/// What a deadline comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Stands for the base wherever the customer's clock stands: an instant, or a day as its midnight in UTC.
    pub base: Millis,
    /// When.
    pub at: Millis,
}

/// What a base comes to.
enum Base {
    Instant(Millis),
    Day(Date),
}

impl Base {
    /// A plain date is a day; any other text, and a number, is read as an instant.
    fn of(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Instant(at) => Some(Base::Instant(at)),
            ValueRef::Date(day) => Some(Base::Day(day)),
            ValueRef::Text(text) => match parse_date(text) {
                Some(day) => Some(Base::Day(day)),
                None => parse_rfc3339(text).map(Base::Instant),
            },
            ValueRef::Number(number) => instant_of_number(number).map(Base::Instant),
            ValueRef::Null | ValueRef::Bool(_) | ValueRef::Span(_) => None,
        }
    }
}

impl Deadline {
    /// The moment; none where it is null, or where its base has `passed`. Of `next`, and of the lots of a ledger, the
    /// first one from `from` on whose base has not.
    pub fn moment(
        &self,
        reader: &Reader<'_>,
        from: Millis,
        passed: impl Fn(Millis) -> bool,
    ) -> Option<Moment> {
        let read = |field| reader.read(field);
        let offset = match self.offset.as_ref().map(|offset| offset.eval(&read)) {
            None => 0,
            Some(ValueRef::Span(offset)) => offset,
            Some(_) => return None,
        };
        let base = self.base.eval(&read);
        if self.yearly {
            return yearly(reader, day_of(reader, base)?, offset, from, passed);
        }
        if let Expr::Field(Field::Fact(number, Reading::Expiry)) = self.base {
            return of_lots(reader, number, offset, from, passed);
        }
        let moment = match Base::of(base)? {
            Base::Instant(base) => Moment { base, at: base.checked_add(offset)? },
            Base::Day(day) => of_day(reader, day, offset)?,
        };
        Some(moment).filter(|moment| is_instant(moment.at) && !passed(moment.base))
    }

    /// The newest time at which something that it reads happened or was said, of the lot of a ledger, whose expiry is this base, when it was earned; none where
    /// nothing says when.
    pub fn newest(&self, reader: &Reader<'_>, base: Millis) -> Option<Millis> {
        let at = |(_, field): &(CompactString, Field)| match field {
            Field::Attribute(index) => {
                let name = reader.attributes.get(usize::from(*index))?;
                let known = reader.customer.attributes.iter().find(|known| known.name == *name)?;
                Some(known.at)
            }
            Field::Fact(number, Reading::At | Reading::Kept(_))
                if reader.facts.get(*number)?.is_last() =>
            {
                match reader.read(Field::Fact(*number, Reading::At)) {
                    ValueRef::Instant(at) => Some(at),
                    _ => None,
                }
            }
            Field::Fact(number, Reading::Expiry) => {
                let over = reader.facts.get(*number)?.bounds.over?;
                Some(base.saturating_sub(over))
            }
            Field::Event(_)
            | Field::Capture(_)
            | Field::Waited(_)
            | Field::Consent(_)
            | Field::Fact(..)
            | Field::FactAt(..)
            | Field::Product(..)
            | Field::Now
            | Field::EventTime
            | Field::Local(_)
            | Field::List(_)
            | Field::Item(_) => None,
        };
        self.fields.iter().filter_map(at).max()
    }

    /// Whether the base is the day of something in each year.
    pub(crate) fn is_yearly(&self) -> bool {
        self.yearly
    }

    /// The least that lies between the base and the instant; 0 where that depends.
    pub(crate) fn least_offset(&self) -> Millis {
        let fixed = self.offset.as_ref().filter(|offset| offset.is_constant());
        match fixed.map(|offset| offset.eval(&|_| ValueRef::Null)) {
            Some(ValueRef::Span(offset)) => offset.max(0),
            Some(_) | None => 0,
        }
    }

    /// Everything that it reads.
    pub(crate) fn each_field(&self, note: &mut impl FnMut(Field)) {
        self.base.each_field(note);
        if let Some(offset) = &self.offset {
            offset.each_field(note);
        }
    }
}

/// The first lot that expires at a moment that counts.
fn of_lots(
    reader: &Reader<'_>,
    number: u16,
    offset: Millis,
    from: Millis,
    passed: impl Fn(Millis) -> bool,
) -> Option<Moment> {
    let mut expiries = reader.customer.facts.expiries(reader.facts, number);
    expiries.find_map(|base| {
        let at = base.checked_add(offset)?;
        let good = is_instant(base) && is_instant(at) && at >= from && !passed(base);
        good.then_some(Moment { base, at })
    })
}

/// Local midnight of the day, and the offset.
fn of_day(reader: &Reader<'_>, day: Date, offset: Millis) -> Option<Moment> {
    let utc = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    let midnight = reader.zones.start_of(reader.customer.zone, day);
    Some(Moment { base: utc, at: midnight.checked_add(offset)? })
}

/// The day of which `next` is: of an instant that is written the date that stands there, of any other the local one.
fn day_of(reader: &Reader<'_>, value: ValueRef<'_>) -> Option<Date> {
    if let ValueRef::Text(text) = value
        && parse_rfc3339(text).is_some()
    {
        return parse_date(text.get(..10)?);
    }
    match Base::of(value)? {
        Base::Day(day) => Some(day),
        Base::Instant(at) => Some(reader.zones.local(reader.customer.zone, at).date()),
    }
}

fn yearly(
    reader: &Reader<'_>,
    day: Date,
    offset: Millis,
    from: Millis,
    passed: impl Fn(Millis) -> bool,
) -> Option<Moment> {
    // A day earlier: whatever the zone, no year is left out.
    let first = from.saturating_sub(offset).saturating_sub(DAY);
    let first = reader.zones.local(reader.customer.zone, first).year();
    let mut years = first..first.saturating_add(YEARS);
    years.find_map(|year| {
        // In other years the 29th of February is the 28th.
        let day = Date::new(year, day.month(), day.day()).or_else(|_| Date::new(year, 2, 28));
        let moment = of_day(reader, day.ok()?, offset)?;
        let good = is_instant(moment.at) && moment.at >= from && !passed(moment.base);
        good.then_some(moment)
    })
}
