//! Writing events of the stream as canonical JSON, without an allocation once the buffer has grown.

use super::Shopped;
use super::session::{Cart, Kind, Line};
use crate::names::{AREAS, FIRST_NAMES, customer_key};
use crate::random::mix;
use cartwheel_core::time::{DAY, Millis};

/// Categories of the stream's products, by the product's number.
const CATEGORIES: [&[u8]; 8] =
    [b"shoes", b"jackets", b"kitchen", b"garden", b"audio", b"books", b"toys", b"beauty"];

impl Shopped {
    /// Appends the event as one line of JSON, without a line feed: about 210 bytes on average, fewer than 600 always.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":\"");
        put_hex(out, self.id);
        out.extend_from_slice(b"\",\"type\":\"");
        out.extend_from_slice(self.kind.name().as_bytes());
        out.extend_from_slice(b"\",\"customer\":\"");
        out.extend_from_slice(&customer_key(self.customer));
        out.extend_from_slice(b"\",\"time\":\"");
        put_time(out, self.happened);
        self.put_subject(out);
        out.push(b'}');
    }

    /// The text from the end of the time on.
    fn put_subject(&self, out: &mut Vec<u8>) {
        match self.kind {
            Kind::CustomerCreated { consents, named } => {
                put_profile(out, self.customer, consents, named)
            }
            Kind::Subscribed | Kind::Unsubscribed => {
                out.extend_from_slice(b"\",\"channel\":\"email\",\"source\":\"preference_centre\"")
            }
            Kind::ProductViewed(line) | Kind::ProductAdded(line) => put_product(out, line),
            Kind::CartUpdated(cart) => put_cart(out, cart),
            Kind::CartEmptied(cart) => put_cart(out, Cart { lines: 0, ..cart }),
            Kind::CheckoutStarted(cart) => {
                put_cart(out, cart);
                out.extend_from_slice(b",\"checkout\":{\"id\":\"h");
                put_number(out, cart.number, 8);
                out.extend_from_slice(b"\"}");
            }
            Kind::OrderPlaced(cart) | Kind::OrderPaid(cart) => put_order(out, cart),
        }
    }
}

fn put_profile(out: &mut Vec<u8>, customer: u32, consents: bool, named: bool) {
    let bits = mix(u64::from(customer));
    let area = AREAS[bits as usize % AREAS.len()];
    out.extend_from_slice(b"\",\"profile\":{\"");
    // Who says a name says no number.
    if named {
        out.extend_from_slice(b"first_name\":\"");
        out.extend_from_slice(FIRST_NAMES[(bits >> 16) as usize % FIRST_NAMES.len()].as_bytes());
        out.extend_from_slice(b"\",\"");
    }
    out.extend_from_slice(b"email\":\"");
    out.extend_from_slice(&customer_key(customer));
    out.extend_from_slice(b"@example.test");
    if !named {
        out.extend_from_slice(b"\",\"phone\":\"+1");
        out.extend_from_slice(area.code.as_bytes());
        out.extend_from_slice(b"55501");
        put_number(out, (bits >> 32) % 100, 2);
    }
    out.extend_from_slice(b"\",\"time_zone\":\"");
    out.extend_from_slice(area.zone.as_bytes());
    out.extend_from_slice(b"\",\"consent\":{\"email\":");
    put_bool(out, consents);
    out.extend_from_slice(b",\"sms\":");
    put_bool(out, (bits >> 40).is_multiple_of(3));
    out.extend_from_slice(b"}}");
}

fn put_product(out: &mut Vec<u8>, line: Line) {
    out.extend_from_slice(b"\",\"product\":{\"id\":\"p");
    put_number(out, u64::from(line.product), 4);
    out.extend_from_slice(b"\",\"category\":\"");
    out.extend_from_slice(CATEGORIES[usize::from(line.product) % CATEGORIES.len()]);
    out.extend_from_slice(b"\",\"price\":");
    put_cents(out, line.cents);
    out.extend_from_slice(b",\"currency\":\"USD\",\"stock\":");
    out.push(b'0' + (line.product % 10) as u8);
    out.push(b'}');
}

fn put_cart(out: &mut Vec<u8>, cart: Cart) {
    out.extend_from_slice(b"\",\"cart\":{\"id\":\"k");
    put_number(out, cart.number, 8);
    put_lines(out, cart);
}

fn put_order(out: &mut Vec<u8>, cart: Cart) {
    out.extend_from_slice(b"\",\"order\":{\"id\":\"o");
    put_number(out, cart.number, 8);
    out.extend_from_slice(b"\",\"cart\":\"k");
    put_number(out, cart.number, 8);
    put_lines(out, cart);
}

/// Total, currency and items, from the end of the id on.
fn put_lines(out: &mut Vec<u8>, cart: Cart) {
    out.extend_from_slice(b"\",\"total\":");
    put_cents(out, cart.cents());
    out.extend_from_slice(b",\"currency\":\"USD\",\"items\":[");
    for (place, line) in cart.lines().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"product\":\"p");
        put_number(out, u64::from(line.product), 4);
        out.extend_from_slice(b"\",\"quantity\":");
        out.push(b'0' + line.quantity);
        out.extend_from_slice(b",\"price\":");
        put_cents(out, line.cents);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
}

fn put_bool(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Sixteen hex digits.
fn put_hex(out: &mut Vec<u8>, number: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 16];
    for (place, digit) in text.iter_mut().enumerate() {
        *digit = DIGITS[(number >> (60 - 4 * place)) as usize & 15];
    }
    out.extend_from_slice(&text);
}

/// Decimal digits, at least `width` of them.
fn put_number(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut text = [b'0'; 20];
    let mut place = text.len();
    let mut rest = number;
    while rest > 0 {
        place -= 1;
        text[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&text[place.min(text.len() - width)..]);
}

/// `123.45`.
fn put_cents(out: &mut Vec<u8>, cents: u64) {
    put_number(out, cents / 100, 1);
    let rest = (cents % 100) as u8;
    out.extend_from_slice(&[b'.', b'0' + rest / 10, b'0' + rest % 10]);
}

/// RFC 3339 in UTC with milliseconds, of an instant in the years 1970..=9999.
fn put_time(out: &mut Vec<u8>, at: Millis) {
    let (days, millis) = ((at / DAY) as u32, (at % DAY) as u32);
    let (year, month, day) = civil(days);
    let seconds = millis / 1_000;
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut set = |place: usize, width: usize, mut number: u32| {
        for digit in text[place..place + width].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    set(0, 4, year);
    set(5, 2, month);
    set(8, 2, day);
    set(11, 2, seconds / 3_600);
    set(14, 2, seconds / 60 % 60);
    set(17, 2, seconds % 60);
    set(20, 3, millis % 1_000);
    out.extend_from_slice(&text);
}

/// Year, month and day of a number of days since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u32) -> (u32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u32::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::time::{format_rfc3339, parse_rfc3339};

    #[test]
    fn times_read_as_the_core_writes_them() {
        let last = parse_rfc3339("9999-12-30T21:59:59.999Z").unwrap();
        let leap = parse_rfc3339("2028-02-29T12:34:56.007Z").unwrap();
        for at in (0..400).map(|step| step * 633_937_654_321).chain([last, leap, leap + DAY, 0]) {
            let mut text = Vec::new();
            put_time(&mut text, at);
            assert_eq!(String::from_utf8(text).unwrap(), format_rfc3339(at));
        }
    }

    #[test]
    fn numbers_keep_their_width() {
        let mut text = Vec::new();
        put_number(&mut text, 0, 1);
        put_number(&mut text, 7, 4);
        put_number(&mut text, u64::MAX, 8);
        put_cents(&mut text, 20_405);
        put_hex(&mut text, 0xab);
        assert_eq!(text, b"0000718446744073709551615204.0500000000000000ab");
    }
}
