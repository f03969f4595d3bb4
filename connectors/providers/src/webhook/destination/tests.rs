use super::*;

#[test]
fn only_public_addresses_pass() {
    for public in [
        "1.1.1.1",
        "93.184.216.34",
        "100.63.0.1",
        "2606:4700::1111",
        "64:ff9b::101:101",
        "::ffff:1.1.1.1",
        "2002:101:101::1",
    ] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
    for not in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001:db8::1",
        "2001::1",
        "::7f00:1",
    ] {
        assert!(!is_public(not.parse().unwrap()), "{not}");
    }
}

/// Every block of both registries, by an address of it: whether it may be called. Where part of a block is reachable and little is lost, all of
/// it is refused.
#[test]
fn special_purpose_addresses_are_refused_unless_they_are_reachable() {
    for (block, public) in [
        ("0.0.0.1", false),
        ("0.0.0.0", false),
        ("10.0.0.1", false),
        ("100.64.0.1", false),
        ("127.0.0.1", false),
        ("169.254.0.1", false),
        ("172.31.255.254", false),
        ("192.0.0.1", false),
        ("192.0.0.8", false),
        ("192.0.0.9", false),
        ("192.0.0.10", false),
        ("192.0.0.170", false),
        ("192.0.0.171", false),
        ("192.0.2.1", false),
        ("192.31.196.1", true),
        ("192.52.193.1", true),
        ("192.88.99.1", false),
        ("192.168.0.1", false),
        ("192.175.48.1", true),
        ("198.18.0.1", false),
        ("198.19.255.254", false),
        ("198.51.100.1", false),
        ("203.0.113.1", false),
        ("240.0.0.1", false),
        ("255.255.255.255", false),
        ("::1", false),
        ("::", false),
        ("::ffff:192.0.2.1", false),
        ("64:ff9b::a00:1", false),
        ("64:ff9b:1::1", false),
        ("100::1", false),
        ("100:0:0:1::1", false),
        ("2001::1", false),
        ("2001:1::1", false),
        ("2001:1::2", false),
        ("2001:1::3", false),
        ("2001:2::1", false),
        ("2001:3::1", false),
        ("2001:4:112::1", false),
        ("2001:10::1", false),
        ("2001:20::1", false),
        ("2001:30::1", false),
        ("2001:db8::1", false),
        ("2002:a00:1::1", false),
        ("2620:4f:8000::1", true),
        ("3fff::1", false),
        ("3fff:fff::1", false),
        ("5f00::1", false),
        ("fc00::1", false),
        ("fdff::1", false),
        ("fe80::1", false),
    ] {
        assert_eq!(is_public(block.parse().unwrap()), public, "{block}");
    }
    assert!(is_public("3fff:1000::1".parse().unwrap()), "behind the block");
}

#[test]
fn urls_are_checked() {
    let allowed = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    assert!(parse("https://hooks.shop.example/in", &[], false).is_ok());
    assert!(
        parse("http://localhost:8080/in", &allowed, false).is_ok(),
        "the name is resolved, and refused, at the call"
    );
    assert!(parse("http://127.0.0.1:8080/in", &allowed, true).is_ok());
    for url in [
        "http://hooks.shop.example/",
        "ftp://hooks.shop.example/",
        "https://user:pass@shop.example/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "http://127.0.0.1/",
        "https://",
        "not a url",
    ] {
        assert!(parse(url, &[], false).is_err(), "{url}");
    }
}
