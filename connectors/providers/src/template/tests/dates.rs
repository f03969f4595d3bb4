//! Times as events carry them, where and in the language in which the customer reads them.

use super::{command, text};
use serde_json::{Value, json};

/// What `{{ profile.at | date: FORMAT }}` shows to a customer of this language and zone.
fn shows(locale: &str, zone: &str, at: Value, format: &str) -> String {
    let mut command = command();
    command.data["profile"] = json!({ "locale": locale, "time_zone": zone, "at": at });
    text(&format!("{{{{ profile.at | date: \"{format}\" }}}}"), &command).unwrap()
}

#[test]
fn every_form_of_a_time_is_read() {
    for (at, shown) in [
        // a numeric offset: local somewhere, and shown there
        (json!("2026-03-02T23:30:00-05:00"), "02.03.2026 23:30"),
        (json!("2026-03-02T23:30:00.123+09:30"), "02.03.2026 23:30"),
        (json!("2026-03-02T23:30:00+00:00"), "02.03.2026 23:30"),
        (json!("2026-03-02 23:30:00 -0500"), "02.03.2026 23:30"),
        (json!("Mon, 02 Mar 2026 23:30:00 -0500"), "02.03.2026 23:30"),
        // an instant: where the customer is, Berlin
        (json!("2026-03-02T23:30:00Z"), "03.03.2026 00:30"),
        (json!("2026-03-02T23:30:00-00:00"), "03.03.2026 00:30"),
        (json!("2026-03-02T10:00:00.123Z"), "02.03.2026 11:00"),
        (json!("2026-03-02 23:30:00 UTC"), "03.03.2026 00:30"),
        (json!(1_772_494_200), "03.03.2026 00:30"),
        (json!("1772494200"), "03.03.2026 00:30"),
        (json!(1_772_494_200_123_i64), "03.03.2026 00:30"),
        (json!(1_772_494_200.5), "03.03.2026 00:30"),
        (json!(-1), "01.01.1970 00:59"),
        // no offset: as it is written
        (json!("2026-03-02"), "02.03.2026 00:00"),
        (json!("2026-03-02T23:30"), "02.03.2026 23:30"),
        (json!("2026-03-02 23:30:00"), "02.03.2026 23:30"),
        // the moment of the decision
        (json!("now"), "01.01.2026 11:00"),
        // unreadable
        (json!(null), ""),
        (json!("next Tuesday"), ""),
        (json!("2026-13-02"), ""),
        (json!("2026-02-30T10:00:00Z"), ""),
        (json!(true), ""),
        (json!([2026]), ""),
        (json!(i64::MAX), ""),
    ] {
        assert_eq!(shows("en", "Europe/Berlin", at.clone(), "%d.%m.%Y %H:%M"), shown, "{at}");
    }
}

#[test]
fn dates_are_written_in_the_customers_language() {
    let at = || json!("2026-03-02T14:05:09+01:00");
    for (locale, format, shown) in [
        ("en", "%A, %d %B %Y", "Monday, 02 March 2026"),
        ("de-DE", "%A, %-d. %B %Y", "Montag, 2. M\u{e4}rz 2026"),
        ("fr", "%a %d %b", "lun. 02 mars"),
        ("ru", "%-d %B", "2 \u{43c}\u{430}\u{440}\u{442}\u{430}"),
        ("ru", "%B", "\u{43c}\u{430}\u{440}\u{442}"),
        ("ja", "%B", "3\u{6708}"),
        ("en", "%^a %I:%M %p", "MON 02:05 PM"),
        ("en-US", "short", "3/2/26"),
        ("en-GB", "short", "02/03/2026"),
        ("de", "medium", "02.03.2026"),
        ("en", "long", "March 2, 2026"),
        ("de", "long", "2. M\u{e4}rz 2026"),
        ("tlh", "%B", "March"),
        ("no such locale", "%B", "March"),
        ("en", "100%, %! %", "100%, %! %"),
        ("en", "%Y-%m-%dT%H:%M:%S%:z", "2026-03-02T14:05:09+01:00"),
        ("en", "%s %L %j %% %e", "1772456709 000 061 %  2"),
    ] {
        assert_eq!(shows(locale, "UTC", at(), format), shown, "{locale} {format}");
    }
}

#[test]
fn the_zone_is_the_customers() {
    let shown = |profile: Value| {
        let mut command = command();
        command.data["profile"] = profile;
        text("{{ '2026-03-02T23:30:00Z' | date: '%H:%M %Z' }}", &command).unwrap()
    };
    for (profile, expected) in [
        (json!({}), "23:30 UTC"),
        (json!({"time_zone": "Asia/Tokyo"}), "08:30 JST"),
        (json!({"time_zone": "Mars/Base", "country": "us", "region": "CA"}), "15:30 PST"),
        (json!({"country": "DE"}), "00:30 CET"),
        (json!({"country": 7}), "23:30 UTC"),
    ] {
        assert_eq!(shown(profile.clone()), expected, "{profile}");
    }
}
