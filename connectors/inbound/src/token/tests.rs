use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

fn claim(channel: Channel) -> Claim {
    let address = Some(AddressHash::of(channel, "ana@example.com"));
    Claim { customer: "ana \"\u{e9}\"".into(), channel, command_id: CommandId(7), address }
}

#[test]
fn tokens_carry_their_claim() {
    let secrets = Secrets::new(b"current", None);
    for channel in Channel::ALL {
        let token = secrets.token(&claim(channel));
        assert!(
            token.starts_with("cwu2.")
                && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)),
            "{token}"
        );
        assert_eq!(secrets.verify(&token), Some(claim(channel)));
    }
    let token = secrets.token(&claim(Channel::Email));
    assert_eq!(
        secrets.url("https://u.shop.example/", &claim(Channel::Email)),
        format!("https://u.shop.example/u/{token}")
    );
}

#[test]
fn a_token_of_an_old_mail_counts() {
    let secrets = Secrets::new(b"secret", None);
    // Made by the version that knew no addresses, of the claim below.
    let old = "cwu1.eyJjIjoiYW5hIiwiaCI6ImVtYWlsIiwibSI6IjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDJhIn0.CQlogJZ0dIfyqZuoDBu7JkCpKZLNWqL4bkhH_iYlBD4";
    let claim = Claim {
        customer: "ana".into(),
        channel: Channel::Email,
        command_id: CommandId(0x2a),
        address: None,
    };
    assert_eq!((secrets.token(&claim).as_str(), secrets.verify(old)), (old, Some(claim)));
}

#[test]
fn a_version_says_whether_there_is_an_address() {
    let secrets = Secrets::new(b"secret", None);
    let payload = |address: &str| {
        let id = CommandId(1);
        format!(r#"{{"c":"ana","h":"sms","m":"{id}"{address}}}"#)
    };
    let address = AddressHash::of(Channel::Sms, "+15550100");
    let with = format!(r#","a":"{address}""#);
    let read = |version: &str, address: &str| {
        let claim = secrets.verify(&secrets.seal(version, &payload(address)));
        claim.map(|claim| claim.address)
    };
    assert_eq!(read("cwu2", &with), Some(Some(address)));
    assert_eq!(read("cwu2", ""), None);
    assert_eq!(read("cwu2", r#","a":"+15550100""#), None);
    assert_eq!(read("cwu1", &with), Some(None));
    assert_eq!(read("cwu3", &with), None);
}

/// Every token that a message can carry is one that is looked at.
#[test]
fn the_longest_customer_has_a_token() {
    let secrets = Secrets::new(b"secret", None);
    let claim = Claim { customer: "\u{1}".repeat(256), ..claim(Channel::Whatsapp) };
    assert_eq!(secrets.verify(&secrets.token(&claim)), Some(claim));
}

#[test]
fn a_token_shows_no_address() {
    let token = Secrets::new(b"secret", None).token(&claim(Channel::Email));
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    assert!(!String::from_utf8(payload).unwrap().contains("example.com"));
}

#[test]
fn secrets_rotate() {
    let old = Secrets::new(b"old", None);
    let token = old.token(&claim(Channel::Email));
    assert!(Secrets::new(b"new", Some(b"old")).verify(&token).is_some());
    assert_eq!(Secrets::new(b"new", None).verify(&token), None);
    assert_eq!(old.verify(&Secrets::new(b"new", Some(b"old")).token(&claim(Channel::Email))), None);
}

#[test]
fn any_change_is_noticed() {
    let secrets = Secrets::new(b"current", None);
    let token = secrets.token(&claim(Channel::Email));
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(secrets.verify(std::str::from_utf8(&bytes).unwrap()), None, "byte {at}");
        assert_eq!(secrets.verify(&token[..at]), None, "cut at {at}");
    }
    for text in ["", ".", "cwu1..", "cwu1.e30.", &format!("{token}."), &"x".repeat(1_000_000)] {
        assert_eq!(secrets.verify(text), None);
    }
}

#[test]
fn a_token_is_for_one_channel() {
    let secrets = Secrets::new(b"current", None);
    let (email, sms) = (secrets.token(&claim(Channel::Email)), secrets.token(&claim(Channel::Sms)));
    let (email, sms): (Vec<_>, Vec<_>) = (email.split('.').collect(), sms.split('.').collect());
    assert_eq!(secrets.verify(&[sms[0], sms[1], email[2]].join(".")), None);
    assert_eq!(secrets.verify(&sms.join(".")).map(|claim| claim.channel), Some(Channel::Sms));
}
