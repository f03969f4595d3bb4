//! Which zone, and when its clock shows what.

use super::at;
use crate::reference::zone;
use cartwheel_core::policy::LocalTime;
use cartwheel_core::time::format_rfc3339;
use jiff::tz::TimeZone;

#[test]
fn the_profile_then_the_country_then_the_policy() {
    let cases = [
        ((Some("Asia/Tokyo"), Some("DE"), None), "Asia/Tokyo"),
        ((Some("Mars/Phobos"), Some("DE"), None), "Europe/Berlin"),
        ((None, Some("US"), None), "America/New_York"),
        ((None, Some("US"), Some("CA")), "America/Los_Angeles"),
        ((None, Some("CA"), Some("BC")), "America/Vancouver"),
        ((None, Some("AU"), Some("WA")), "Australia/Perth"),
        ((None, Some("US"), Some("??")), "America/New_York"),
        ((None, Some("??"), None), "America/Lima"),
        ((None, None, Some("CA")), "America/Lima"),
    ];
    for ((name, country, region), expected) in cases {
        let zone = zone::of(name, country, region, "America/Lima");
        assert_eq!(zone.iana_name(), Some(expected), "{name:?} {country:?} {region:?}");
    }
    assert_eq!(zone::of(None, None, None, "nowhere"), TimeZone::UTC);
}

#[test]
fn clocks_that_jump() {
    let cases = [
        // Plain, and exactly now.
        ("Europe/Berlin", "06-10 10:00", (8, 0), "06-11 06:00"),
        ("Europe/Berlin", "06-10 06:00", (8, 0), "06-10 06:00"),
        // 02:30 does not exist on 29 March: the jump ends at 01:00 UTC.
        ("Europe/Berlin", "03-28 12:00", (2, 30), "03-29 01:00"),
        // 02:30 comes twice on 25 October, at 00:30 and 01:30 UTC.
        ("Europe/Berlin", "10-24 12:00", (2, 30), "10-25 00:30"),
        ("Europe/Berlin", "10-25 00:31", (2, 30), "10-25 01:30"),
        ("Europe/Berlin", "10-25 01:31", (2, 30), "10-26 01:30"),
    ];
    for (name, from, (hour, minute), expected) in cases {
        let zone = TimeZone::get(name).unwrap();
        let next = zone::next_local(at(from), LocalTime::of(hour, minute), &zone);
        assert_eq!(super::short(&format_rfc3339(next)), expected, "{name} {from} {hour}:{minute}");
    }
}
