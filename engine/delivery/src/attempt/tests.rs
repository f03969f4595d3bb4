use super::*;
use cartwheel_core::receipt::{AmbiguousReason, RetryReason};
use std::time::Duration;

const NOW: Now = Now { mono: 1_000, wall: 1_000_000 };
/// Without width the back-off is 0, so that the table shows instants.
const POLICY: RetryPolicy = RetryPolicy { base: 0, cap: 0, max_attempts: 3 };

fn retry(after: Option<u64>) -> Outcome {
    Outcome::Retry { after: after.map(Duration::from_millis), reason: RetryReason::ServerError }
}

fn lost() -> Outcome {
    Outcome::Ambiguous { reason: AmbiguousReason::Timeout }
}

#[test]
fn the_table() {
    use Class::{Marketing as M, Transactional as T};
    use Disposition::{Accepted, Ambiguous, RetryAt};
    let accepted = || Outcome::Accepted { provider_id: None };
    let locked = || Outcome::Rejected { reason: RejectReason::Unauthorized, suppress: false };
    let bad = || Outcome::Rejected { reason: RejectReason::BadAddress, suppress: true };
    let rejected = Disposition::Rejected { reason: RejectReason::BadAddress, suppress: true };
    let conflict = || Outcome::Rejected { reason: RejectReason::KeyConflict, suppress: false };
    let fatal = Disposition::Rejected { reason: RejectReason::KeyConflict, suppress: false };
    let unsendable =
        || Outcome::Unsendable { reason: RejectReason::BadRequest, detail: "why".to_owned() };
    let refused = Disposition::Rejected { reason: RejectReason::BadRequest, suppress: false };
    let (expired, exhausted) =
        (Disposition::GiveUp(GiveUp::Expired), Disposition::GiveUp(GiveUp::Exhausted));
    let key = Some(1_000_500);
    #[rustfmt::skip]
    let table = [
        // outcome           class number uncertain key  not_after-now  verdict
        (accepted(),         M,    1,     false,  None,  60_000, Accepted),
        (accepted(),         M,    9,     true,   None,  -1,     Accepted),
        (bad(),              T,    1,     false,  None,  60_000, rejected),
        (unsendable(),       M,    1,     false,  None,  60_000, refused),
        (retry(None),        M,    1,     false,  None,  60_000, RetryAt(1_000)),
        (retry(Some(700)),   M,    2,     false,  None,  60_000, RetryAt(1_700)),
        (retry(None),        M,    3,     false,  None,  60_000, exhausted),
        (retry(Some(700)),   M,    1,     false,  None,  701,    RetryAt(1_700)),
        (retry(Some(700)),   M,    1,     false,  None,  700,    expired),
        (retry(Some(u64::MAX)), M, 1,     false,  None,  60_000, expired),
        (retry(None),        M,    1,     false,  None,  0,      expired),
        // a wrong key of the account: until not_after, however often
        (locked(),           M,    1,     false,  None,  60_000, RetryAt(1_000)),
        (locked(),           M,    99,    false,  None,  60_000, RetryAt(1_000)),
        (locked(),           M,    99,    false,  None,  0,      expired),
        (locked(),           T,    99,    true,   None,  60_000, RetryAt(1_000)),
        (locked(),           M,    2,     true,   None,  60_000, Ambiguous),
        // may have been taken, no key: the class decides
        (lost(),             M,    1,     false,  None,  60_000, Ambiguous),
        (lost(),             T,    1,     false,  None,  60_000, RetryAt(1_000)),
        (lost(),             T,    3,     false,  None,  60_000, Ambiguous),
        (lost(),             T,    1,     false,  None,  0,      Ambiguous),
        // a later refusal does not tell what became of the first call
        (retry(None),        T,    2,     true,   None,  60_000, RetryAt(1_000)),
        (retry(None),        T,    3,     true,   None,  60_000, Ambiguous),
        (retry(None),        M,    2,     true,   None,  60_000, Ambiguous),
        // the key was used before: by an earlier call of unknown outcome, or nobody knows by what
        (conflict(),         M,    2,     true,   key,   60_000, Disposition::AlreadySent),
        (conflict(),         T,    9,     true,   key,   0,      Disposition::AlreadySent),
        (conflict(),         M,    2,     false,  key,   60_000, fatal),
        (conflict(),         T,    2,     true,   None,  60_000, fatal),
        // with a key, inside its life
        (lost(),             M,    1,     false,  key,   60_000, RetryAt(1_000)),
        (retry(Some(499)),   M,    2,     true,   key,   60_000, RetryAt(1_499)),
        (retry(Some(500)),   M,    2,     true,   key,   60_000, Ambiguous),
        (retry(Some(500)),   M,    2,     false,  key,   60_000, RetryAt(1_500)),
        (retry(Some(500)),   T,    2,     true,   key,   60_000, RetryAt(1_500)),
    ];
    for (line, (outcome, class, number, uncertain, key_until, left, verdict)) in
        table.into_iter().enumerate()
    {
        let attempt = Attempt {
            command: CommandId(7),
            class,
            number,
            excused: 0,
            uncertain,
            key_until,
            not_after: NOW.wall + left,
        };
        assert_eq!(judge(&POLICY, &attempt, &outcome, NOW), verdict, "line {line}");
    }
}

#[test]
fn calls_refused_for_the_accounts_sake_do_not_count() {
    let class = Class::Marketing;
    let attempt = |number| Attempt {
        command: CommandId(7),
        class,
        number,
        excused: 90,
        uncertain: false,
        key_until: None,
        not_after: NOW.wall + 60_000,
    };
    assert_eq!(judge(&POLICY, &attempt(92), &retry(None), NOW), Disposition::RetryAt(1_000));
    assert_eq!(
        judge(&POLICY, &attempt(93), &retry(None), NOW),
        Disposition::GiveUp(GiveUp::Exhausted)
    );
}

#[test]
fn the_back_off_is_spread_capped_and_the_same_again() {
    let policy = RetryPolicy { base: 1_000, cap: 60_000, max_attempts: 99 };
    for number in 1..99 {
        let width = (1_000i64 << (number - 1).min(20)).min(60_000);
        let delays: Vec<_> = (0..200).map(|id| backoff(&policy, CommandId(id), number)).collect();
        assert!(delays.iter().all(|delay| (0..=width).contains(delay)));
        assert!(
            delays.iter().any(|delay| *delay < width / 4)
                && delays.iter().any(|delay| *delay > width * 3 / 4)
        );
        assert_eq!(backoff(&policy, CommandId(5), number), delays[5]);
    }
    backoff(
        &RetryPolicy { base: Millis::MAX, cap: Millis::MAX, max_attempts: 1 },
        CommandId(1),
        u32::MAX,
    );
}
