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
