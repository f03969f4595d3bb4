use super::*;
use proptest::prelude::*;

fn parsed(channel: Channel, text: &str) -> Result<String, AddressError> {
    Address::parse(channel, text).map(Address::into_string)
}

#[test]
fn a_mail_address_has_one_form() {
    for (text, form) in [
        ("ana@example.com", "ana@example.com"),
        ("  Ana.Lopez+shop@EXAMPLE.com\u{a0}", "Ana.Lopez+shop@example.com"),
        ("info@b\u{fc}cher.example", "info@xn--bcher-kva.example"),
        ("info@bu\u{308}cher.example", "info@xn--bcher-kva.example"),
        ("info@B\u{dc}CHER.example", "info@xn--bcher-kva.example"),
        ("kontakt@xn--bcher-kva.example", "kontakt@xn--bcher-kva.example"),
        ("kontakt@XN--BCHER-KVA.example", "kontakt@xn--bcher-kva.example"),
        ("a@\u{4f8b}\u{3048}\u{3002}\u{30c6}\u{30b9}\u{30c8}", "a@xn--r8jz45g.xn--zckzah"),
        ("mu\u{308}ller@example.test", "m\u{fc}ller@example.test"),
        ("o'brien@example.com", "o'brien@example.com"),
    ] {
        assert_eq!(parsed(Channel::Email, text).as_deref(), Ok(form), "{text}");
    }
}

#[test]
fn what_is_no_mail_address_says_why() {
    use AddressError::*;
    for (text, why) in [
        ("", Empty),
        (" \t ", Empty),
        ("ana", NotMail),
        ("@example.com", NotMail),
        ("ana@", NotMail),
        ("Ana <ana@example.com>", DisplayName),
        ("<ana@example.com>", DisplayName),
        ("ana@example.com, bea@example.com", Several),
        ("ana@example.com;bea@example.com", Several),
        ("ana@x@example.com", Several),
        ("ana@example.com\r\nBcc: eve@example.com", Control),
        ("ana lopez@example.com", Local),
        (".ana@example.com", Local),
        ("a..b@example.com", Local),
        ("\"a b\"@example.com", Local),
        ("ana@exa mple.com", Domain),
        ("ana@-example.com", Domain),
        ("ana@example..com", Domain),
        ("ana@[192.0.2.1]", Domain),
        ("ana@xn--\u{fc}.example", Domain),
    ] {
        assert_eq!(parsed(Channel::Email, text), Err(why), "{text}");
    }
    let long = |local: usize, label: usize| {
        let domain = format!("{0}.{0}.{0}.example", "d".repeat(label));
        parsed(Channel::Email, &format!("{}@{domain}", "l".repeat(local)))
    };
    assert!(long(64, 59).is_ok());
    assert_eq!(long(65, 10), Err(TooLong));
    assert_eq!(long(64, 63), Err(TooLong));
    assert_eq!(long(10, 64), Err(Domain));
}

#[test]
fn a_phone_number_has_one_form() {
    for (text, form) in [
        ("+15550100", Ok("+15550100")),
        (" +1 (555) 010-0199 ", Ok("+15550100199")),
        ("+44 (0)20 7946\u{a0}0018", Ok("+442079460018")),
        ("+49.30/1234\u{2011}5678", Ok("+493012345678")),
        ("15550100199", Err(AddressError::NotPhone)),
        ("0015550100199", Err(AddressError::NotPhone)),
        ("+0155501001", Err(AddressError::NotPhone)),
        ("+123456", Err(AddressError::NotPhone)),
        ("+1234567890123456", Err(AddressError::NotPhone)),
        ("+1555CALLNOW", Err(AddressError::NotPhone)),
        ("+\u{661}5550100199", Err(AddressError::NotPhone)),
        ("", Err(AddressError::Empty)),
    ] {
        let form = form.map(str::to_owned);
        assert_eq!(parsed(Channel::Sms, text), form, "{text}");
        assert_eq!(parsed(Channel::Whatsapp, text), form, "{text}");
    }
}

#[test]
fn tokens_are_trimmed_and_webhooks_have_none() {
    assert_eq!(parsed(Channel::Push, " aB:c_1 ").as_deref(), Ok("aB:c_1"));
    assert_eq!(parsed(Channel::Push, "a b"), Err(AddressError::NotToken));
    assert_eq!(parsed(Channel::Push, ""), Err(AddressError::Empty));
    assert_eq!(parsed(Channel::Webhook, "anything").as_deref(), Ok(""));
}

#[test]
fn a_hash_is_of_the_one_form_and_prints_as_it_is_read() {
    let hash = AddressHash::of(Channel::Email, " Ana@B\u{fc}cher.example");
    assert_eq!(hash, AddressHash::of(Channel::Email, "ana@xn--bcher-kva.example"));
    assert_ne!(hash, AddressHash::of(Channel::Push, "ana@xn--bcher-kva.example"));
    let text = hash.to_string();
    assert_eq!(AddressHash::parse(&text), Some(hash));
    assert_eq!(AddressHash::parse(&text.to_uppercase()), Some(hash));
    for other in ["", &text[1..], &format!("+{}", &text[1..]), &format!("{text}0")] {
        assert_eq!(AddressHash::parse(other), None, "{other}");
    }
}

proptest! {
    /// The form of the form is the form, whatever comes in, and nothing in it can end a header line.
    #[test]
    fn the_form_is_final(text in "\\PC{0,40}(@\\PC{0,40})?", channel in 0..4usize) {
        let channel = Channel::ALL[channel];
        if let Ok(address) = Address::parse(channel, &text) {
            prop_assert_eq!(parsed(channel, address.as_str()), Ok(address.as_str().to_owned()));
            prop_assert!(!address.as_str().contains(|char: char| char.is_control() || char.is_whitespace()));
        }
    }
}
