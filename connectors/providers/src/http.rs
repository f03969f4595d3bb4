//! What an HTTP status, its headers or a failed call mean for a command (`reliability.md`, "Delivery").

use crate::{AmbiguousReason, Outcome, RejectReason, RetryReason};
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::HeaderMap;
use std::error::Error;
use std::time::Duration;

/// No provider's wish to wait is followed for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The outcome of a status that is not a success, where the provider says no more than that: retry only 408, 429 and 5xx.
///
/// A gateway's word is not the provider's: it lost the provider's answer (502, RFC 9110, 15.6.3; 520, Cloudflare) or waited for it in vain (504, 15.6.5; 524,
/// Cloudflare; 598 and 599, other proxies), and what it passed on may have been taken. Whether that is repeated follows from key and class, as where nobody answered.
pub(crate) fn refusal(status: u16, headers: &HeaderMap) -> Outcome {
    let retry = |reason| Outcome::Retry { after: wait(headers), reason };
    match status {
        502 | 520 => Outcome::Ambiguous { reason: AmbiguousReason::BadReply },
        504 | 524 | 598 | 599 => Outcome::Ambiguous { reason: AmbiguousReason::Timeout },
        408 => retry(RetryReason::RequestTimeout),
        429 => retry(RetryReason::RateLimited),
        500..=599 => retry(RetryReason::ServerError),
        401 | 403 => rejected(RejectReason::Unauthorized),
        413 => rejected(RejectReason::TooLarge),
        _ => rejected(RejectReason::BadRequest),
    }
}

/// A final refusal that says nothing about the address.
pub(crate) fn rejected(reason: RejectReason) -> Outcome {
    Outcome::Rejected { reason, suppress: false }
}

/// The outcome of a call without a reply. What failed before the request left may be retried; after it nobody knows.
pub(crate) fn failure(error: &reqwest::Error) -> Outcome {
    if error.is_builder() {
        return rejected(RejectReason::BadRequest);
    }
    // A connect that timed out is both; nothing was sent.
    if error.is_connect() {
        return Outcome::Retry { after: None, reason: RetryReason::Connect };
    }
    let reason =
        if error.is_timeout() { AmbiguousReason::Timeout } else { AmbiguousReason::ConnectionLost };
    Outcome::Ambiguous { reason }
}

/// The first cause of this type.
pub(crate) fn cause<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        source = error.source();
    }
    None
}

/// How long the provider asks to wait: `retry-after` (seconds, or a date measured from the reply's own `date`), else `ratelimit-reset`.
pub(crate) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str| text.parse().ok().map(Duration::from_secs);
    let date = |text: &str| DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok();
    let until =
        |text: &str, now: &str| (date(text)?.as_second()).checked_sub(date(now)?.as_second());
    let retry_after = text("retry-after").and_then(|value| {
        seconds(value).or_else(|| {
            until(value, text("date")?).map(|wait| Duration::from_secs(wait.max(0).unsigned_abs()))
        })
    });
    retry_after
        .or_else(|| text("ratelimit-reset").and_then(seconds))
        .map(|wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_408_429_and_5xx_are_retried_and_a_gateway_knows_nothing() {
        const GATEWAYS: [u16; 6] = [502, 504, 520, 524, 598, 599];
        for status in 300..600 {
            let name = refusal(status, &HeaderMap::new()).name();
            let expected = match status {
                _ if GATEWAYS.contains(&status) => "ambiguous",
                408 | 429 | 500.. => "retry",
                _ => "rejected",
            };
            assert_eq!(name, expected, "{status}");
        }
    }

    #[test]
    fn the_wish_to_wait_is_read() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (pairs, seconds) in [
            (vec![("retry-after", "7"), ("ratelimit-reset", "3")], Some(7)),
            (vec![("ratelimit-reset", "3")], Some(3)),
            (vec![date, ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], Some(60)),
            (vec![date, ("retry-after", "Sun, 06 Nov 1994 08:40:37 GMT")], Some(0)),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], None),
            (vec![("retry-after", "99999999999")], Some(LONGEST_WAIT.as_secs())),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            assert_eq!(wait(&headers(&pairs)), seconds.map(Duration::from_secs), "{pairs:?}");
        }
    }
}
