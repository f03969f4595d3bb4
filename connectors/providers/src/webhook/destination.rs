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
mod tests;
