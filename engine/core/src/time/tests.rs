use super::*;

#[test]
fn spans_read_and_print() {
    for (text, millis, printed) in [
        ("90s", 90_000, "1m30s"),
        ("23h", 23 * HOUR, "23h"),
        ("1h30m", 90 * 60 * SECOND, "1h30m"),
        ("2w", 14 * DAY, "14d"),
        ("500ms", 500, "500ms"),
    ] {
        let span = Span::parse(text).unwrap();
        assert_eq!((span.millis(), span.to_string().as_str()), (millis, printed), "{text}");
    }
    for text in ["", "h", "7", "7 d", "1y", "-1h", "99999999999999999999d", "9999999999999d"] {
        assert!(Span::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_negative_span_prints_with_its_sign() {
    assert_eq!(Span(-90_000).to_string(), "-1m30s");
}

#[test]
fn a_date_is_its_first_instant() {
    assert_eq!(parse_instant("2026-01-01"), Some(1_767_225_600_000));
    assert_eq!(parse_instant("2026-01-01T01:00:00+01:00"), Some(1_767_225_600_000));
    for text in ["2026-1-1", "2026-02-30", "20260101", "2026-01-01 ", "+002026-01-01", ""] {
        assert_eq!((parse_date(text), parse_instant(text)), (None, None), "{text}");
    }
}

#[test]
fn a_number_is_an_instant_by_its_size() {
    for (number, at) in [
        (1_767_225_600.0, Some(1_767_225_600_000)),
        (1_767_225_600_123.0, Some(1_767_225_600_123)),
        (1.5, Some(1_500)),
        (-1.0001, Some(-1_001)),
        (1e14, None),
        (1.5e11 + 0.5, None),
        (f64::NAN, None),
    ] {
        assert_eq!(instant_of_number(number), at, "{number}");
    }
}

#[test]
fn instants_round_trip() {
    assert_eq!(parse_rfc3339("2026-01-01T10:00:00.123Z"), Some(1_767_261_600_123));
    assert_eq!(format_rfc3339(1_767_261_600_123), "2026-01-01T10:00:00.123Z");
    assert_eq!(parse_rfc3339("tomorrow"), None);
    assert_eq!(format_rfc3339(i64::MAX).get(..4), Some("9999"));
}

/// The grammar of RFC 3339, section 5.6, and nothing beside it.
#[test]
fn exactly_rfc_3339_is_read() {
    let ten = 1_767_261_600_000;
    for (text, at) in [
        ("2026-01-01T10:00:00Z", ten),
        ("2026-01-01t10:00:00z", ten),
        ("2026-01-01 10:00:00Z", ten),
        ("2026-01-01T10:00:00.5Z", ten + 500),
        ("2026-01-01T10:00:00.123456789012Z", ten + 123),
        ("2026-01-01T10:00:00+00:00", ten),
        ("2026-01-01T10:00:00-00:00", ten),
        ("2026-01-01T15:30:00+05:30", ten),
        ("2026-01-01T00:00:00.25-10:00", ten + 250),
        ("2026-01-02T09:59:00+23:59", ten),
        ("1969-12-31T23:59:59.999Z", -1),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139_000),
        ("2016-12-31T23:59:60Z", 1_483_228_799_000),
        ("2016-12-31T15:59:60.5-08:00", 1_483_228_799_500),
    ] {
        assert_eq!(parse_rfc3339(text), Some(at), "{text}");
    }
    for text in [
        "",
        "2026-01-01",
        "2026-01-01T10:00Z",
        "2026-01-01T10Z",
        "2026-01-01T10:00:00",
        "2026-01-01T10:00:00.Z",
        "2026-01-01T10:00:00,5Z",
        "2026-01-01T10:00:00+0000",
        "2026-01-01T10:00:00+00",
        "2026-01-01T10:00:00+24:00",
        "2026-01-01T10:00:00+01:60",
        "2026-01-01T10:00:00+01:00:00",
        "2026-01-01T10:00:00Z[UTC]",
        "2026-01-01T10:00:00+01:00[Europe/Berlin]",
        "2026-01-01_10:00:00Z",
        "2026-01-01  10:00:00Z",
        " 2026-01-01T10:00:00Z",
        "2026-01-01T10:00:00Z ",
        "2026-01-01T10:00:00 Z",
        "20260101T100000Z",
        "+002026-01-01T10:00:00Z",
        "-0001-01-01T10:00:00Z",
        "26-01-01T10:00:00Z",
        "2026-1-1T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "2016-12-30T23:59:60Z",
        "2016-12-31T23:58:60Z",
        "2016-12-31T23:59:61Z",
        "2026-W01-4T10:00:00Z",
        "2026-001T10:00:00Z",
        "\u{661}026-01-01T10:00:00Z",
    ] {
        assert_eq!(parse_rfc3339(text), None, "{text}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let first = Timestamp::MIN.as_millisecond();
    for (at, read) in [
        (Millis::MIN, first),
        (first, first),
        (-62_167_219_200_001, -62_167_219_200_001),
        (Millis::MAX, Timestamp::MAX.as_millisecond()),
    ] {
        assert_eq!(read_again(&format_rfc3339(at)), Some(read), "{at}");
    }
    assert_eq!(parse_rfc3339(&format_rfc3339(Millis::MIN)), None);
}

/// What jiff reads of this form is read the same.
#[test]
fn the_reader_equals_jiffs() {
    for seed in 0..20_000_i64 {
        let number = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).rotate_left(17);
        let at = number.rem_euclid(253_000_000_000_000 + 62_000_000_000_000) - 62_000_000_000_000;
        let offset = number.rotate_left(9).rem_euclid(2 * 1_439) - 1_439;
        let offset = jiff::tz::Offset::from_seconds(offset as i32 * 60).unwrap();
        let zoned = Timestamp::from_millisecond(at).unwrap().to_zoned(TimeZone::fixed(offset));
        if (0..9_999).contains(&zoned.year()) {
            let text = zoned.strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string();
            assert_eq!(parse_rfc3339(&text), Some(at), "{text}");
        }
    }
}

#[test]
fn the_quick_writer_equals_the_full_one() {
    let days = (0..2_932_894).step_by(11).chain([59, 60, 789, 11_016]);
    for at in days.map(|day| day * DAY + day * 7_919 % DAY).chain([0, 999, 253_402_207_200_999]) {
        let quick = quick_format(at).map(|text| String::from_utf8(text.to_vec()).unwrap());
        assert_eq!(quick, Some(full_format(at)), "{at}");
    }
    assert_eq!((quick_format(-1), quick_format(253_402_207_201_000)), (None, None));
}

#[test]
fn the_exact_reader_equals_the_full_one_and_is_written_again_the_same() {
    let days = (-719_528..2_932_532).step_by(7).chain([59, 60, 789, 11_016]);
    for at in days.map(|day| day * DAY + day.rem_euclid(1_000) * 7_919 % DAY) {
        let text = full_format(at);
        assert_eq!((exact_rfc3339(&text), format_rfc3339(at)), (Some(at), text));
    }
    for text in [
        "2026-13-01T10:00:00.123Z",
        "2026-00-01T10:00:00.123Z",
        "2026-01-00T10:00:00.123Z",
        "2026-01-32T10:00:00.123Z",
        "2026-02-29T10:00:00.123Z",
        "2100-02-29T10:00:00.123Z",
        "2026-04-31T10:00:00.123Z",
        "2026-01-01T24:00:00.123Z",
        "2026-01-01T10:60:00.123Z",
        "2026-12-31T23:59:60.000Z",
        "2026-01-01 10:00:00.123Z",
        "9999-12-31T10:00:00.123Z",
        "2026-01-01T10:00:00.1234",
    ] {
        assert_eq!(exact_rfc3339(text), None, "{text}");
    }
}
