use super::*;

#[test]
fn a_token_carries_all_that_it_is_bound_to() {
    let secrets = Secrets::new(b"current", None);
    for channel in Channel::ALL {
        let customer = "ana \"\u{e9}\"".to_owned();
        let offer = Offer { channel, customer, ..offer("price") };
        let token = secrets.answer_token(&offer);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        assert!(token.starts_with("cwa1.") && token.bytes().all(plain), "{token}");
        assert_eq!(secrets.verify_answer(&token), Some(offer.clone()));
        let url = secrets.answer_url("https://u.shop.example/", &offer);
        assert_eq!(url, format!("https://u.shop.example/a/{token}"));
    }
}

/// Whatever of it is another makes another token, which the first one's MAC does not sign.
#[test]
fn no_part_of_it_can_be_another() {
    let secrets = Secrets::new(b"current", None);
    let first = secrets.answer_token(&offer("price"));
    let mac = first.rsplit_once('.').unwrap().1;
    for other in [
        offer("shipping"),
        Offer { customer: "bob".into(), ..offer("price") },
        Offer { channel: Channel::Sms, ..offer("price") },
        Offer { command_id: CommandId(9), ..offer("price") },
        Offer { run_id: RunId(9), ..offer("price") },
        Offer { journey: "other".into(), ..offer("price") },
        Offer { step: "other".into(), ..offer("price") },
        Offer { expires: 1, ..offer("price") },
    ] {
        let token = secrets.answer_token(&other);
        assert_ne!(token, first);
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(secrets.verify_answer(&format!("{signed}.{mac}")), None, "{other:?}");
    }
}

#[test]
fn a_link_of_one_kind_is_none_of_another() {
    let secrets = Secrets::new(b"current", None);
    let claim = crate::Claim {
        customer: "ana".into(),
        channel: Channel::Email,
        command_id: CommandId(7),
        address: None,
    };
    assert_eq!(secrets.verify_answer(&secrets.token(&claim)), None);
    assert_eq!(secrets.verify(&secrets.answer_token(&offer("price"))), None);
    // Even where the payload would do.
    let payload = serde_json::to_string(&offer("price")).unwrap();
    assert_eq!(secrets.verify_answer(&secrets.seal("cwa2", &payload)), None);
    assert_eq!(secrets.verify(&secrets.seal("cwa1", r#"{"c":"ana","h":"email","m":"7"}"#)), None);
}

#[test]
fn secrets_rotate_and_any_change_is_noticed() {
    let old = Secrets::new(b"old", None);
    let token = old.answer_token(&offer("price"));
    assert!(Secrets::new(b"new", Some(b"old")).verify_answer(&token).is_some());
    assert_eq!(Secrets::new(b"new", None).verify_answer(&token), None);
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(old.verify_answer(std::str::from_utf8(&bytes).unwrap()), None, "byte {at}");
        assert_eq!(old.verify_answer(&token[..at]), None, "cut at {at}");
    }
    for text in ["", ".", "cwa1..", "cwa1.e30.", &format!("{token}."), &"x".repeat(1_000_000)] {
        assert_eq!(old.verify_answer(text), None);
    }
}

/// Every token that a message can carry is one that is looked at.
#[test]
fn the_longest_names_have_a_token() {
    let secrets = Secrets::new(b"secret", None);
    let (name, customer) = ("x".repeat(64), "\u{1}".repeat(256));
    let longest = Offer { customer, journey: name.clone(), step: name.clone(), ..offer(&name) };
    assert_eq!(secrets.verify_answer(&secrets.answer_token(&longest)), Some(longest));
}
