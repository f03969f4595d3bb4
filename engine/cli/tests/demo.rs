//! The demo from its first event to its recap, on the mock broker: a small shop, four hours, as fast as it goes.

use std::process::{Command, Output};

fn play() -> String {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_cartwheel"));
    demo.args([
        "demo",
        "--exit",
        "--port",
        "0",
        "--hours",
        "4",
        "--customers",
        "300",
        "--visits",
        "2000",
        "--speed",
        "1000000",
    ]);
    let output: Output = demo.args(["--start", "2026-03-02T18:00:00Z"]).output().unwrap();
    let (told, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}{complaints}");
    told.into_owned()
}

/// The part of the recap that tells of the story.
fn recap(told: &str) -> &str {
    let start = told.find("4 hours in the shop").unwrap();
    &told[start..told.find("Three customers").unwrap()]
}

#[test]
fn the_same_story_comes_to_the_same_recap() {
    let told = play();
    let recap_of_one = recap(&told);
    for part in [
        "carts abandoned",
        "cart_abandonment / cart_reminder by email",
        "welcome / welcome_offer by email",
        "Fingerprint",
    ] {
        assert!(recap_of_one.contains(part), "{part} in {told}");
    }
    assert!(told.contains("cartwheel explain ana --admin http://127.0.0.1:"), "{told}");
    assert_eq!(recap(&play()), recap_of_one, "batches fall differently, decisions do not");
}
