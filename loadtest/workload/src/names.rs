//! Names, places and addresses that belong to nobody: `example.test` (RFC 6761) and the 555-01xx numbers kept for fiction.

/// The customer string of a number: `c` and ten digits.
pub fn customer_name(number: u32) -> String {
    let mut name = String::with_capacity(11);
    name.extend(customer_key(number).iter().map(|&byte| char::from(byte)));
    name
}

/// [`customer_name`] as bytes, without an allocation; the record's key.
#[inline]
pub fn customer_key(number: u32) -> [u8; 11] {
    let mut key = *b"c0000000000";
    let mut rest = number;
    let mut place = key.len();
    while rest > 0 {
        place -= 1;
        key[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    key
}

/// The number of a customer string that [`customer_name`] made.
pub fn customer_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('c').filter(|digits| digits.len() == 10)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// An American area code with its IANA time zone and its standard offset from UTC in hours.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// Three digits.
    pub code: &'static str,
    /// IANA name.
    pub zone: &'static str,
    /// Hours that local standard time is ahead of UTC.
    pub offset: i64,
}

const fn area(code: &'static str, zone: &'static str, offset: i64) -> Area {
    Area { code, zone, offset }
}

/// Where shoppers live.
pub const AREAS: [Area; 25] = [
    area("212", "America/New_York", -5),
    area("312", "America/Chicago", -6),
    area("213", "America/Los_Angeles", -8),
    area("617", "America/New_York", -5),
    area("303", "America/Denver", -7),
    area("512", "America/Chicago", -6),
    area("206", "America/Los_Angeles", -8),
    area("305", "America/New_York", -5),
    area("602", "America/Phoenix", -7),
    area("404", "America/New_York", -5),
    area("214", "America/Chicago", -6),
    area("415", "America/Los_Angeles", -8),
    area("313", "America/Detroit", -5),
    area("801", "America/Denver", -7),
    area("615", "America/Chicago", -6),
    area("503", "America/Los_Angeles", -8),
    area("215", "America/New_York", -5),
    area("314", "America/Chicago", -6),
    area("702", "America/Los_Angeles", -8),
    area("704", "America/New_York", -5),
    area("808", "Pacific/Honolulu", -10),
    area("612", "America/Chicago", -6),
    area("202", "America/New_York", -5),
    area("907", "America/Anchorage", -9),
    area("504", "America/Chicago", -6),
];

/// A zone without daylight saving for each whole hour from UTC-11 to UTC+12, in that order.
const STEADY_ZONES: [&str; 24] = [
    "Pacific/Pago_Pago",
    "Pacific/Honolulu",
    "Pacific/Gambier",
    "Pacific/Pitcairn",
    "America/Phoenix",
    "America/Costa_Rica",
    "America/Bogota",
    "America/Puerto_Rico",
    "America/Sao_Paulo",
    "America/Noronha",
    "Atlantic/Cape_Verde",
    "Atlantic/Reykjavik",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Brisbane",
    "Pacific/Noumea",
    "Pacific/Tarawa",
];

/// A zone and its offset in hours where the clock shows `hour` (0..24) at this instant, in epoch milliseconds.
pub(crate) fn zone_with_hour(at: i64, hour: i64) -> (&'static str, i64) {
    let utc = at.div_euclid(3_600_000).rem_euclid(24);
    let offset = (hour - utc + 11).rem_euclid(24) - 11;
    (STEADY_ZONES[(offset + 11) as usize], offset)
}

pub(crate) const FIRST_NAMES: [&str; 40] = [
    "Ada", "Bruno", "Clara", "Dario", "Elsa", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Kira",
    "Leon", "Mara", "Nils", "Olga", "Pavel", "Rosa", "Simon", "Tara", "Uri", "Vera", "Wim",
    "Xenia", "Yusuf", "Zoe", "Amir", "Bella", "Carlos", "Dina", "Emil", "Farah", "Goran", "Hana",
    "Ivan", "Julia", "Karim", "Lena", "Marco", "Nadia", "Otto",
];

pub(crate) const LAST_NAMES: [&str; 40] = [
    "Abbott", "Becker", "Castro", "Dahl", "Evans", "Fischer", "Garcia", "Hughes", "Ibrahim",
    "Jensen", "Kovac", "Lopez", "Moreau", "Novak", "Okafor", "Park", "Quinn", "Rossi", "Silva",
    "Tanaka", "Ueda", "Vogel", "Walsh", "Xu", "Young", "Zeman", "Adler", "Bauer", "Chen", "Duarte",
    "Ekman", "Ferrari", "Gupta", "Hansen", "Ito", "Jones", "Klein", "Larsen", "Meyer", "Nguyen",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_round_trip() {
        assert_eq!(customer_name(1_234_567), "c0001234567");
        for number in [0, 9, 10, u32::MAX] {
            assert_eq!(customer_number(&customer_name(number)), Some(number));
        }
        for name in ["ana", "c12", "c+000000001", "c9999999999", "d0000000001"] {
            assert_eq!(customer_number(name), None, "{name}");
        }
    }

    #[test]
    fn a_zone_with_the_wished_hour_always_exists() {
        for utc in 0..24 {
            let at = 1_767_225_600_000 + utc * 3_600_000;
            let (_, offset) = zone_with_hour(at, 10);
            assert_eq!((utc + offset).rem_euclid(24), 10);
        }
        assert_eq!(zone_with_hour(1_767_225_600_000, 9).0, "Asia/Tokyo");
    }
}
