//! A question by mail and its answer: what a customer presses in a mail that a real SMTP server took comes back as an event, and the journey goes on
//! by it.

use crate::kill_nine::PARTITIONS;
use crate::mail::MailServer;
use crate::processes::{Deployment, create_topics, until};
use crate::shoppers::{Story, produce};
use cartwheel_core::id::{CustomerId, in_holdout};
use cartwheel_core::time::{DAY, HOUR, Millis};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

const LIMIT: Duration = Duration::from_secs(120);

/// What the public listener answers.
fn call(port: u16, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the public listener");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The paths of the answers in a mail, in their order in its text.
fn answers(mail: &str) -> Vec<String> {
    let mail = mail.replace("=\r\n", "").replace("=\n", "");
    let is_of_link = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    let places = mail.match_indices("/a/cwa1.").map(|(place, _)| &mail[place..]);
    let path = |rest: &str| rest.chars().take_while(|letter| is_of_link(*letter)).collect();
    places.map(path).collect()
}

/// A customer who left a cart more than three days ago, on a partition where time has passed since.
fn story(who: &str) -> Story {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let begin = now.as_millis() as Millis - 3 * DAY - HOUR;
    let profile = json!({"profile": {"email": format!("{who}@example.test"), "time_zone": "UTC", "consent": {"email": true}}});
    let cart = json!({"cart": {"id": "k1", "total": 80, "items": [{"product": "p1", "name": "Blue lamp", "quantity": 1, "price": 80}]}});
    let mut story = Story::default();
    story.at(begin, who, "consent_changed", profile);
    story.at(begin + 1, who, "cart_updated", cart);
    for hour in 1..=73 {
        for guest in 0..4 {
            story.at(begin + hour * HOUR, &format!("guest{guest}"), "page_viewed", json!({}));
        }
    }
    story.sorted()
}

#[test]
fn what_is_pressed_in_a_mail_is_what_the_journey_goes_on_by() {
    let broker = cartwheel_broker::Broker::shared().expect("a broker");
    let mail = MailServer::start();
    let deployment = Deployment::as_shipped(broker.bootstrap(), mail.port(), "answers");
    let kafka = deployment.kafka();
    create_topics(&kafka, PARTITIONS, Some(30 * DAY));
    let held = |name: &str| {
        ["survey", "cart_abandonment"].iter().any(|of| in_holdout(of, CustomerId::of(name), 500))
    };
    let who = (0..).map(|n| format!("asked{n}")).find(|name| !held(name)).expect("one of many");
    produce(&kafka, &story(&who));
    let (engine, deliver) = (deployment.run(), deployment.deliver());

    let asked = || mail.mails().into_iter().find(|mail| mail.contains("What held you back?"));
    until("the question", LIMIT, || asked().is_some());
    let links = answers(&asked().expect("a mail"));
    // The text's, then those of the HTML.
    assert_eq!(links.len(), 8, "{links:?}");
    assert_eq!(links[..4], links[4..]);
    let (port, doubt) = (deployment.inbound(), &links[2]);
    let waited = || {
        let explained = deployment.explain(&who);
        let mut of_survey = explained.into_iter().filter(|line| line["journey"] == "survey");
        of_survey.find(|line| line["decision"] == "waited")
    };

    // A scanner follows every link, twice.
    for link in links.iter().chain(&links) {
        let page = call(port, "GET", link);
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("<form method=\"post\">"),
            "{page}"
        );
    }
    let mut bent = doubt.clone();
    bent.pop();
    for wrong in [bent.as_str(), "/a/x", "/a", "/b"] {
        let page = call(port, "POST", wrong);
        assert!(page.starts_with("HTTP/1.1 404"), "{wrong}: {page}");
    }
    assert_eq!(waited(), None, "nobody has answered");

    // The customer presses the button, and once more.
    for _ in 0..2 {
        let page = call(port, "POST", doubt);
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("Your answer: doubt"), "{page}");
    }
    until("the answer", LIMIT, || waited().is_some());
    let explained = deployment.explain(&who);
    let took =
        explained.iter().find(|line| line["journey"] == "survey" && line["decision"] == "branched");
    let took = took.unwrap_or_else(|| panic!("no branch: {explained:#?}"));
    assert_eq!(took["values"]["waited.event.survey.answer"], "doubt");
    assert_eq!(took["values"]["arm"], 2.0);
    assert_eq!(took["values"]["when"], "waited.event.survey.answer == \"doubt\"");
    // A journey that was never entered: the orders settle it, whatever an event says.
    let told = deployment.command(&["explain", &who, "--journey", "referral"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    for part in [
        "As far back as decisions are kept they were never in referral.",
        "it begins with order_placed or review_submitted",
        "which the event decides",
        "orders 0",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let told = deployment.command(&["explain", &who, "--journey", "second_purchase"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("if orders == 1, which is false now: it would not begin"), "{told}");
    // Without consent it does not matter which event comes.
    let told = deployment.command(&["explain", "guest0", "--journey", "welcome"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("which is false now: it would not begin"), "{told}");
    assert_eq!(deployment.delivered("cartwheel_answers_total", "applied"), 2.0);
    assert_eq!(deployment.delivered("cartwheel_unsubscribes_total", "applied"), 0.0);
    assert_eq!(deliver.said(&who), 0, "no customer stands in the log");
    deliver.stop();
    engine.stop();
}
