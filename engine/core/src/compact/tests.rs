use super::*;
use proptest::prelude::*;

fn read<T>(out: &[u8], read: impl Fn(&mut Bytes<'_>) -> Option<T>) -> T {
    let mut bytes = Bytes(out);
    let value = read(&mut bytes).unwrap();
    assert!(bytes.0.is_empty());
    for end in 0..out.len() {
        assert!(read(&mut Bytes(&out[..end])).is_none());
    }
    value
}

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    write(&mut writer);
    writer.flush();
    out
}

fn float(value: f64) -> usize {
    let out = written(|writer| writer.float(value));
    assert_eq!(read(&out, |bytes| bytes.float()).to_bits(), value.to_bits(), "{value}");
    out.len()
}

proptest! {
    #[test]
    fn numbers_read_back(number: u64, bits in 0..64_u32) {
        for number in [number >> bits, u64::MAX >> bits, (u64::MAX >> bits) + (bits > 0) as u64] {
            prop_assert_eq!(read(&written(|writer| writer.number(number)), |bytes| bytes.number()), number);
            let signed = number as i64;
            prop_assert_eq!(read(&written(|writer| writer.signed(signed)), |bytes| bytes.signed()), signed);
        }
    }

    #[test]
    fn floats_read_back_bit_for_bit(bits: u64, scaled: i64, shift in 0..64_u32, places in 0..5) {
        float(f64::from_bits(bits));
        let scaled = (scaled >> shift) as f64;
        float(scaled / 10_f64.powi(places));
        float(scaled * 10_f64.powi(places));
        float(scaled / 100.0 * f64::from_bits(1.0_f64.to_bits() + 1));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let mut rest = Bytes(&bytes);
        while rest.value().is_some() {}
    }
}

#[test]
fn lengths_are_as_promised() {
    for (number, len) in
        [(0, 1), (127, 1), (128, 2), ((1 << 56) - 1, 8), (1 << 56, 9), (u64::MAX, 9)]
    {
        let out = written(|writer| writer.number(number));
        assert_eq!((out.len(), read(&out, |bytes| bytes.number())), (len, number));
    }
    for (value, len) in
        [(0.0, 2), (-63.0, 2), (79.9, 3), (-0.01, 2), (1e9, 6), (0.1 + 0.2, 9), (1e300, 9)]
    {
        assert_eq!(float(value), len, "{value}");
    }
    for value in [
        -0.0,
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
        f64::MAX,
        i64::MIN as f64,
    ] {
        assert_eq!(float(value), 9, "{value}");
    }
}

/// Many of them, so that the buffer is emptied in between.
#[test]
fn values_read_back() {
    let text = |len: usize| Value::Text("ë".repeat(len).into());
    let mut values = vec![
        Value::Null,
        Value::Bool(false),
        Value::Bool(true),
        Value::Number(9.5),
        Value::Number(0.1 + 0.2),
    ];
    values.extend((0..200).map(text));
    let out = written(|writer| values.iter().for_each(|value| writer.value(value)));
    let mut bytes = Bytes(&out);
    values.iter().for_each(|value| assert_eq!(bytes.value().as_ref(), Some(value)));
    assert!(bytes.0.is_empty());
    assert_eq!(written(|writer| writer.value(&text(1_000))).len(), 2_002);
}

#[test]
fn integers_of_a_fixed_width_read_back() {
    for number in [0, 1, -1, i64::from(i32::MAX), i64::from(i32::MIN)] {
        for len in 4..=8 {
            let out = written(|writer| writer.first(len, number.to_le_bytes()));
            assert_eq!((out.len(), read(&out, |bytes| bytes.integer(len))), (len, number));
        }
    }
}
