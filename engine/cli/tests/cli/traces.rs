//! What a trace may bring, and what of it may stand beside it.

use super::check::with_journey;
use super::*;

#[test]
fn a_policy_in_a_trace_holds_for_the_journeys_beside_it() {
    let dir = with_journey(
        "journey: j\nclass: marketing\ntrigger: { event: go }\nsteps:\n  - send: bestsellers\n    channels: [email]\n",
    );
    let trace = "day 2026-03-02\npolicy\n  caps: [{ name: one, limit: 1, per: 7d, blocked: skip }]\n--- one a week\n\
                 10:00 ana customer_created profile.email=ana@example.test profile.consent.email=true\n10:00 ana go\n10:00 expect ana send bestsellers email\n\
                 10:01 ana go\n10:01 expect ana refused reentry\n";
    std::fs::write(dir.path().join("journeys/j.trace"), trace).unwrap();
    expect(&cartwheel(dir.path(), &["test"], &[]), 0, &["j.trace: one a week"]);
    expect(&cartwheel(dir.path(), &["check"], &[]), 0, &[]);
    let wrong = trace.replace("scope", "").replace("name: one,", "name: one, scope: 'tag:nobody',");
    std::fs::write(dir.path().join("journeys/j.trace"), wrong).unwrap();
    expect(&cartwheel(dir.path(), &["test"], &[]), 65, &["the cap `one` counts the tag `nobody`"]);
}

#[test]
fn a_trace_with_its_own_journey_needs_none_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    copy(&shipped(), dir.path());
    std::fs::remove_dir_all(dir.path().join("journeys")).unwrap();
    std::fs::create_dir(dir.path().join("journeys")).unwrap();
    let path = dir.path().join("journeys/alone.trace");
    let text = "day 2026-03-02\njourney\n  journey: j\n  trigger: { event: go }\n  steps: [{ send: hi, channels: [email] }]\n\
                --- nobody asked her\n10:00 ana go\n10:00 expect ana dropped no_consent\n";
    std::fs::write(&path, text).unwrap();
    expect(&cartwheel(dir.path(), &["test"], &[]), 0, &["alone.trace: nobody asked her"]);
    std::fs::write(&path, "day 2026-03-02\n10:00 ana go\n").unwrap();
    let parts = ["there is no journey `alone`", "the journey itself below a line"];
    expect(&cartwheel(dir.path(), &["test"], &[]), 65, &parts);
}

#[test]
fn a_time_that_cannot_be_read_has_a_remedy() {
    let dir = with_journey(
        "journey: j\nclass: transactional\ntrigger: { event: go }\nsteps: [{ wait: 1h }]\n",
    );
    let trace = "day 2026-03-02\n10:00 ana go time=yesterday\n";
    std::fs::write(dir.path().join("journeys/j.trace"), trace).unwrap();
    let parts = ["`bad_time`", "09:15", "expect dead bad_time"];
    expect(&cartwheel(dir.path(), &["test"], &[]), 65, &parts);
}

#[test]
fn a_trace_of_a_journey_that_is_gone_is_told_by_check_as_well() {
    let dir = tempfile::tempdir().unwrap();
    copy(&shipped(), dir.path());
    std::fs::remove_file(dir.path().join("journeys/birthday.yaml")).unwrap();
    let parts = ["birthday.trace", "there is no journey `birthday`", "or the trace away"];
    for command in ["check", "test"] {
        expect(&cartwheel(dir.path(), &[command], &[]), 65, &parts);
    }
    std::fs::remove_file(dir.path().join("journeys/birthday.trace")).unwrap();
    expect(&cartwheel(dir.path(), &["check"], &[]), 0, &["22 journeys"]);
}

#[test]
fn what_nobody_knows_is_told_before_anything_runs() {
    let text = "day 2026-03-02\n--- slips\n10:00 ana cart_updatd cart.id=k1\n10:00 control winner welcome offer\n\
                10:00 coupons comebak10 A-1\n10:00 catalogue p1 stock=abc\n10:00 catalogue p1 pricee=3\n10:00 ana order_placed order.totl=5\n";
    let dir = tempfile::tempdir().unwrap();
    copy(&shipped(), dir.path());
    let path = dir.path().join("journeys/welcome.trace");
    std::fs::write(&path, text).unwrap();
    let parts = [
        "welcome.trace:3:11",
        "did you mean `cart_updated`?",
        "there is no split `offer` in journey `welcome`",
        "welcome.trace:5:15",
        "did you mean `comeback10`?",
        "`stock` of a product is a number, and not `abc`",
        "did you mean `price`?",
        "did you mean `order.total`?",
        "6 problems",
    ];
    for command in ["check", "test"] {
        expect(&cartwheel(dir.path(), &[command], &[]), 65, &parts);
    }
    // The mark of an encoding is no text.
    std::fs::write(&path, "\u{feff}day 2026-03-02\n10:00 ana page_viewed\n").unwrap();
    expect(&cartwheel(dir.path(), &["check"], &[]), 0, &[]);
}
