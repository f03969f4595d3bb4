//! Time zones by the bundled tables, never the host's.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

use crate::time::Millis;

/// The bundled zones, numbered in order of their names.
pub struct Zones {
    zones: Vec<(String, TimeZone)>,
    by_name: BTreeMap<String, u16>,
    default: TimeZone,
}

impl Zones {
    /// All bundled zones, and the policy's default (UTC if that is unknown; the loader refuses it before).
    pub fn new(default: &str) -> Self {
        let database = TimeZoneDatabase::bundled();
        let mut names: Vec<String> =
            database.available().map(|name| name.as_str().to_owned()).collect();
        names.sort_unstable();
        let zones: Vec<_> = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), database.get(&name).ok()?)))
            .collect();
        let by_name = zones
            .iter()
            .enumerate()
            .map(|(index, (name, _))| (name.to_ascii_lowercase(), index as u16))
            .collect();
        Self { zones, by_name, default: database.get(default).unwrap_or(TimeZone::UTC) }
    }

    /// The number of a zone plus one; none if there is no such zone. Case does not matter, as in the IANA rules.
    pub fn number(&self, name: &str) -> Option<u16> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|index| index + 1)
    }

    /// The name of a zone by its number plus one.
    pub fn name(&self, number: u16) -> Option<&str> {
        self.zones.get(usize::from(number).checked_sub(1)?).map(|(name, _)| name.as_str())
    }

    /// The zone with that number plus one, else the policy's.
    pub fn get(&self, number: u16) -> &TimeZone {
        usize::from(number)
            .checked_sub(1)
            .and_then(|index| self.zones.get(index))
            .map_or(&self.default, |(_, zone)| zone)
    }

    /// The local date and time of an instant.
    pub fn local(&self, number: u16, at: Millis) -> DateTime {
        self.get(number).to_datetime(instant(at))
    }

    /// The earliest instant at or after `from` at which the local clock shows the time of day. Where the clock jumps over it,
    /// the end of the jump counts; where it shows it twice, both count.
    pub fn next_local(&self, number: u16, from: Millis, time: Time) -> Millis {
        let today = self.local(number, from).date();
        // The day before and two days on are enough for every change of a clock.
        let days = (-1..=2i64).filter_map(|days| today.checked_add(days.days()).ok());
        let shown = days.flat_map(|date| self.instants(number, date.to_datetime(time)));
        shown.flatten().filter(|instant| *instant >= from).min().unwrap_or(from)
    }

    /// The first instant of a local date.
    pub fn start_of(&self, number: u16, date: Date) -> Millis {
        let shown = self.instants(number, date.to_datetime(Time::midnight()));
        shown.into_iter().flatten().min().unwrap_or(Millis::MAX / 2)
    }

    /// The instants at which the local clock shows this: one, two in a fold, the gap's end in a gap.
    fn instants(&self, number: u16, shown: DateTime) -> [Option<Millis>; 2] {
        let zone = self.get(number);
        let at = |offset: Offset| offset.to_timestamp(shown).ok();
        let (first, second) = match zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => (at(offset), None),
            AmbiguousOffset::Fold { before, after } => (at(before), at(after)),
            // Read with the offset behind the gap it lies before the change, which is the next transition from there.
            AmbiguousOffset::Gap { after, .. } => (
                at(after).and_then(|early| {
                    zone.following(early).next().map(|change| change.timestamp())
                }),
                None,
            ),
        };
        [first.map(Timestamp::as_millisecond), second.map(Timestamp::as_millisecond)]
    }
}

fn instant(at: Millis) -> Timestamp {
    let at = at.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The zone in which most people of a country, or of a region of a large country, live. ISO 3166-1 alpha-2 and the regional
/// part of ISO 3166-2; source: the `zone1970.tab` of the IANA tables, reduced to the most populous zone.
pub fn principal_zone(country: &str, region: Option<&str>) -> Option<&'static str> {
    let country = country.to_ascii_uppercase();
    let region = region.map(|region| {
        let region = region.to_ascii_uppercase();
        region.strip_prefix(&format!("{country}-")).map(str::to_owned).unwrap_or(region)
    });
    let find = |table: &[(&'static str, &[&str])]| {
        let region = region.as_deref()?;
        table.iter().find(|(_, regions)| regions.contains(&region)).map(|(zone, _)| *zone)
    };
    match country.as_str() {
        "US" => find(US).or(Some("America/New_York")),
        "CA" => find(CA).or(Some("America/Toronto")),
        "AU" => find(AU).or(Some("Australia/Sydney")),
        "BR" => find(BR).or(Some("America/Sao_Paulo")),
        "MX" => find(MX).or(Some("America/Mexico_City")),
        "RU" => find(RU).or(Some("Europe/Moscow")),
        other => COUNTRIES.iter().find(|(code, _)| *code == other).map(|(_, zone)| *zone),
    }
}

type Regions = &'static [(&'static str, &'static [&'static str])];

const US: Regions = &[
    (
        "America/Chicago",
        &[
            "AL", "AR", "IL", "IA", "KS", "LA", "MN", "MS", "MO", "NE", "ND", "OK", "SD", "TN",
            "TX", "WI",
        ],
    ),
    ("America/Denver", &["CO", "ID", "MT", "NM", "UT", "WY"]),
    ("America/Phoenix", &["AZ"]),
    ("America/Los_Angeles", &["CA", "NV", "OR", "WA"]),
    ("America/Anchorage", &["AK"]),
    ("Pacific/Honolulu", &["HI"]),
];
const CA: Regions = &[
    ("America/Vancouver", &["BC", "YT"]),
    ("America/Edmonton", &["AB", "NT"]),
    ("America/Regina", &["SK"]),
    ("America/Winnipeg", &["MB"]),
    ("America/Halifax", &["NB", "NS", "PE"]),
    ("America/St_Johns", &["NL"]),
];
const AU: Regions = &[
    ("Australia/Perth", &["WA"]),
    ("Australia/Darwin", &["NT"]),
    ("Australia/Adelaide", &["SA"]),
    ("Australia/Brisbane", &["QLD"]),
    ("Australia/Hobart", &["TAS"]),
];
const BR: Regions = &[
    ("America/Manaus", &["AM", "RO", "RR"]),
    ("America/Cuiaba", &["MT"]),
    ("America/Campo_Grande", &["MS"]),
    ("America/Rio_Branco", &["AC"]),
];
const MX: Regions = &[
    ("America/Tijuana", &["BCN"]),
    ("America/Hermosillo", &["SON"]),
    ("America/Mazatlan", &["BCS", "NAY", "SIN"]),
    ("America/Cancun", &["ROO"]),
];
const RU: Regions = &[
    ("Asia/Yekaterinburg", &["SVE", "CHE", "TYU", "PER", "BA", "KHM", "YAN"]),
    ("Asia/Omsk", &["OMS"]),
    ("Asia/Novosibirsk", &["NVS", "TOM", "ALT"]),
    ("Asia/Krasnoyarsk", &["KYA", "KK", "KEM"]),
    ("Asia/Irkutsk", &["IRK", "BU"]),
    ("Asia/Vladivostok", &["PRI", "KHA"]),
    ("Europe/Samara", &["SAM", "UD"]),
    ("Europe/Kaliningrad", &["KGD"]),
];

const COUNTRIES: &[(&str, &str)] = &[
    ("AE", "Asia/Dubai"),
    ("AR", "America/Argentina/Buenos_Aires"),
    ("AT", "Europe/Vienna"),
    ("BE", "Europe/Brussels"),
    ("BG", "Europe/Sofia"),
    ("CH", "Europe/Zurich"),
    ("CL", "America/Santiago"),
    ("CN", "Asia/Shanghai"),
    ("CO", "America/Bogota"),
    ("CZ", "Europe/Prague"),
    ("DE", "Europe/Berlin"),
    ("DK", "Europe/Copenhagen"),
    ("EE", "Europe/Tallinn"),
    ("EG", "Africa/Cairo"),
    ("ES", "Europe/Madrid"),
    ("FI", "Europe/Helsinki"),
    ("FR", "Europe/Paris"),
    ("GB", "Europe/London"),
    ("GR", "Europe/Athens"),
    ("HK", "Asia/Hong_Kong"),
    ("HR", "Europe/Zagreb"),
    ("HU", "Europe/Budapest"),
    ("ID", "Asia/Jakarta"),
    ("IE", "Europe/Dublin"),
    ("IL", "Asia/Jerusalem"),
    ("IN", "Asia/Kolkata"),
    ("IT", "Europe/Rome"),
    ("JP", "Asia/Tokyo"),
    ("KR", "Asia/Seoul"),
    ("LT", "Europe/Vilnius"),
    ("LU", "Europe/Luxembourg"),
    ("LV", "Europe/Riga"),
    ("MY", "Asia/Kuala_Lumpur"),
    ("NG", "Africa/Lagos"),
    ("NL", "Europe/Amsterdam"),
    ("NO", "Europe/Oslo"),
    ("NZ", "Pacific/Auckland"),
    ("PE", "America/Lima"),
    ("PH", "Asia/Manila"),
    ("PL", "Europe/Warsaw"),
    ("PT", "Europe/Lisbon"),
    ("RO", "Europe/Bucharest"),
    ("RS", "Europe/Belgrade"),
    ("SA", "Asia/Riyadh"),
    ("SE", "Europe/Stockholm"),
    ("SG", "Asia/Singapore"),
    ("SI", "Europe/Ljubljana"),
    ("SK", "Europe/Bratislava"),
    ("TH", "Asia/Bangkok"),
    ("TR", "Europe/Istanbul"),
    ("TW", "Asia/Taipei"),
    ("UA", "Europe/Kyiv"),
    ("VN", "Asia/Ho_Chi_Minh"),
    ("ZA", "Africa/Johannesburg"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// New York, 2026-11-01: the clock goes from 02:00 back to 01:00. 2026-03-08: from 02:00 on to 03:00.
    #[test]
    fn a_changed_clock_is_read_forwards() {
        let zones = Zones::new("America/New_York");
        let at = |text: &str| crate::time::parse_rfc3339(text).unwrap();
        let half_past = |hour| Time::constant(hour, 30, 0, 0);
        assert_eq!(
            zones.next_local(0, at("2026-11-01T05:10:00Z"), half_past(1)),
            at("2026-11-01T05:30:00Z")
        );
        assert_eq!(
            zones.next_local(0, at("2026-11-01T06:10:00Z"), half_past(1)),
            at("2026-11-01T06:30:00Z")
        );
        assert_eq!(
            zones.next_local(0, at("2026-03-08T06:00:00Z"), half_past(2)),
            at("2026-03-08T07:00:00Z")
        );
    }

    #[test]
    fn every_principal_zone_is_bundled() {
        let zones = Zones::new("UTC");
        let regions = [US, CA, AU, BR, MX, RU].into_iter().flatten().map(|(zone, _)| *zone);
        for zone in COUNTRIES.iter().map(|(_, zone)| *zone).chain(regions) {
            assert!(zones.number(zone).is_some(), "{zone}");
        }
        assert_eq!(principal_zone("us", Some("US-CA")), Some("America/Los_Angeles"));
        assert_eq!(principal_zone("US", Some("??")), Some("America/New_York"));
        assert_eq!(principal_zone("XX", None), None);
    }
}
