//! For whom a message is rendered: language, time zone, and the moment that counts as now.

use cartwheel_core::command::Command;
use cartwheel_core::customer::places::principal_zone;
use cartwheel_core::event::Subject;
use cartwheel_core::event::vocabulary::{COUNTRY, LOCALE, REGION, TIME_ZONE};
use icu_calendar::{Date, Gregorian};
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::{T, YMD, YMDT};
use icu_datetime::input::{DateTime, Time};
use icu_datetime::pattern::{DateTimePattern, FixedCalendarDateTimeNames};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal as Digits;
use icu_locale_core::{Locale, locale};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use rust_decimal::Decimal;
use writeable::TryWriteable;

/// The customer, as far as filters must know. It stands in the runtime's registers.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    locale: Locale,
    zone: TimeZone,
    now: Timestamp,
    currency: Option<String>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            locale: locale!("en"),
            zone: TimeZone::UTC,
            now: Timestamp::UNIX_EPOCH,
            currency: None,
        }
    }
}

/// How long a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// `3/2/26`.
    Short,
    /// `Mar 2, 2026`.
    Medium,
    /// `March 2, 2026`.
    Long,
}

impl Reader {
    /// The customer of a command; `zone` counts where the profile tells neither a zone nor a country, `currency` where an amount has none.
    ///
    /// Now is the moment of the decision: a repeated attempt must send the same bytes.
    pub(super) fn of(command: &Command, zone: &TimeZone, currency: Option<&str>) -> Self {
        let profile = command.data.get(Subject::Profile.name());
        let text = |name| profile.and_then(|profile| profile.get(name)?.as_str());
        let known = |name: &str| TimeZoneDatabase::bundled().get(name.trim()).ok();
        let own = text(TIME_ZONE).and_then(known);
        let of_country = || known(principal_zone(text(COUNTRY)?, text(REGION))?);
        Self {
            locale: text(LOCALE).and_then(language).unwrap_or(locale!("en")),
            zone: own.or_else(of_country).unwrap_or_else(|| zone.clone()),
            now: Timestamp::from_millisecond(command.decided_at).unwrap_or(Timestamp::UNIX_EPOCH),
            currency: currency.map(str::to_owned),
        }
    }

    /// The currency of amounts that have none.
    pub(super) fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// The moment that counts as now, where the customer is.
    pub(super) fn now(&self) -> Zoned {
        self.now.to_zoned(self.zone.clone())
    }

    /// Where the customer is.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A number with the separators and digits of the language.
    pub(super) fn number(&self, number: &Decimal) -> String {
        let plain = number.to_string();
        let formatter = DecimalFormatter::try_new((&self.locale).into(), Default::default()).ok();
        let digits = Digits::try_from_str(&plain).ok();
        match (formatter, digits) {
            (Some(formatter), Some(digits)) => formatter.format(&digits).to_string(),
            _ => plain,
        }
    }

    /// A name of the date in the language; `pattern` is a field of CLDR such as `MMMM`.
    pub(super) fn name(&self, at: &Zoned, pattern: &str) -> Option<String> {
        name(&self.locale, at, pattern)
    }

    /// The date as the language writes it.
    pub(super) fn date(&self, at: &Zoned, length: Length) -> Option<String> {
        let fields = match length {
            Length::Short => YMD::short(),
            Length::Medium => YMD::medium(),
            Length::Long => YMD::long(),
        };
        let formatter = DateTimeFormatter::try_new((&self.locale).into(), fields).ok()?;
        Some(formatter.format(&gregorian(at)?.date).to_string())
    }

    /// The time of day as the language writes it, to the second.
    pub(super) fn time(&self, at: &Zoned) -> Option<String> {
        let formatter =
            icu_datetime::NoCalendarFormatter::try_new((&self.locale).into(), T::hms()).ok()?;
        Some(formatter.format(&gregorian(at)?.time).to_string())
    }

    /// Date and time of day as the language writes them.
    pub(super) fn date_and_time(&self, at: &Zoned) -> Option<String> {
        let fields = YMDT::medium();
        let formatter = DateTimeFormatter::try_new((&self.locale).into(), fields).ok()?;
        Some(formatter.format(&gregorian(at)?).to_string())
    }
}

/// The language of a profile, `de-CH` or `de_CH`. None for a language that Unicode's data does not cover: it would name the third month `M03`.
fn language(text: &str) -> Option<Locale> {
    // What stands behind a point or an @ is POSIX: `de_DE.UTF-8`.
    let tag = text.split(['.', '@']).next()?.trim().replace('_', "-");
    let locale = Locale::try_from_str(&tag).ok()?;
    let month = name(&locale, &Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC), "MMMM")?;
    (month != "M01").then_some(locale)
}

fn name(locale: &Locale, at: &Zoned, pattern: &str) -> Option<String> {
    let pattern = DateTimePattern::try_from_pattern_str(pattern).ok()?;
    let mut names: FixedCalendarDateTimeNames<Gregorian> =
        FixedCalendarDateTimeNames::new_without_number_formatting(locale.into());
    let formatter = names.include_for_pattern(&pattern).ok()?;
    let written = formatter.format(&gregorian(at)?);
    written.try_write_to_string().ok().map(|name| name.into_owned())
}

fn gregorian(at: &Zoned) -> Option<DateTime<Gregorian>> {
    let part = |number: i8| u8::try_from(number).ok();
    let date =
        Date::try_new_gregorian(at.year().into(), part(at.month())?, part(at.day())?).ok()?;
    let time = Time::try_new(part(at.hour())?, part(at.minute())?, part(at.second())?, 0).ok()?;
    Some(DateTime { date, time })
}
