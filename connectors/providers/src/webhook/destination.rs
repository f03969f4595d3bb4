//! Which addresses may be called. A name is resolved once for a connection, and the addresses that were checked are the ones connected to.
//!
//! Source: IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890, as updated 2025-10-09). What they do not call globally reachable is
//! refused, and of IPv6 all that is not allocated as global unicast; a test has every block of both.

use crate::ConfigError;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The name leads to an address that may not be called.
#[derive(Debug, thiserror::Error)]
#[error("the destination is not a public address")]
pub(super) struct Forbidden;

/// Resolves names with the system's resolver and refuses any that leads, even in part, to an address that is not public.
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !found.iter().all(|address| is_public(address.ip())) {
                return Err(Forbidden.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// Reads the URL and applies what can be said without resolving: scheme, credentials, literal addresses (which no resolver sees).
pub(super) fn parse(
    url: &str,
    allow_http: &[String],
    allow_private: bool,
) -> Result<Url, ConfigError> {
    let problem = |text: &str| ConfigError::new("url", text);
    let url = Url::parse(url).map_err(|error| problem(&error.to_string()))?;
    let host = url.host_str().ok_or_else(|| problem("has no host"))?;
    let plain = url.scheme() == "http"
        && allow_http.iter().any(|allowed| allowed.eq_ignore_ascii_case(host));
    if url.scheme() != "https" && !plain {
        return Err(problem("must be https, unless its host is in allow_http"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(problem("must not carry a name or password"));
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if !allow_private && literal.is_ok_and(|address| !is_public(address)) {
        return Err(problem("is not a public address; allow_private would permit it"));
    }
    Ok(url)
}

/// Whether the address is one of the public internet's unicast addresses.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation();
    // This network, carrier-grade NAT, IETF protocols, the relays of 6to4 (withdrawn), benchmarks, reserved.
    let reserved = a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240;
    !special && !reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // IPv4 in disguise: mapped, compatible, NAT64 and 6to4 addresses count as what they carry.
    let v4 = |high: u16, low: u16| {
        is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
    };
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => v4(high, low) && !address.is_loopback(),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        // Teredo, ORCHID and other protocol addresses; documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Only 2000::/3 is global unicast.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
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
}
