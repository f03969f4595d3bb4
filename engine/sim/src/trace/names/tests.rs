//! Every slip is told in its place, with the nearest name, before anything runs.

use crate::trace::{Beside, Fault, read};
use cartwheel_core::journey::load::{Checked, SourceFile, Sources, check_declared};
use cartwheel_core::policy::Policy;

const JOURNEY: &str = "journey: welcome
trigger: { event: [customer_created, wish_made], when: \"event.cart.extras != 'x'\" }
steps:
  - split: offer
    arms:
      gift: { share: 50%, steps: [{ send: hello, channels: [email], with: { coupon: spring } }] }
      letter: { share: 50%, steps: [{ emit: letter_sent }] }
";
const SALE: &str = "journey: sale
trigger: { broadcast: spring_sale, who: profile.vip == true }
steps: [{ send: hello, channels: [email] }]
";
const LOOK: &str = "journey: look
trigger: { event: product_viewed, when: \"catalogue[event.product.id].colour == 'red'\" }
steps: [{ send: hello, channels: [email] }]
";
const FACTS: &str = "facts: { visits: { count: shop_visited } }\n";
const EVENTS: &str = "events: { page_liked: {}, shop_visited: {}, wish_made: { cart.extras: any } }\nprofile: { vip: boolean }\n";

fn source(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

/// What is wrong with these lines of the trace of a journey in a shop.
fn told_of(file: &str, text: &str) -> Vec<Fault> {
    let policy = Policy { coupons: vec!["spring".into()], ..Policy::default() };
    let journeys = [("a.yaml", JOURNEY), ("b.yaml", SALE), ("c.yaml", LOOK)];
    let (journeys, facts) =
        (journeys.map(|(path, text)| source(path, text)), source("facts.yaml", FACTS));
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    let checked = check_declared(&policy, sources, Some(&source("events.yaml", EVENTS)));
    let Checked { plan: Some(plan), known, .. } = &checked else {
        panic!("{:?}", checked.problems)
    };
    let beside = Beside {
        policy: &policy,
        journeys: Some(&journeys),
        facts: Some(&facts),
        shown: None,
        plan: Some(plan),
        events: Some(known),
    };
    read(&source(file, text), beside).err().unwrap_or_default()
}

fn told(lines: &str) -> Vec<Fault> {
    told_of("welcome.trace", &format!("day 2026-03-02\n09:00 ana customer_created\n{lines}\n"))
}

#[test]
fn what_means_something_is_taken() {
    for line in [
        "10:00 ana wish_made cart.extras=5 cart.colour=red",
        "10:00 ana shop_visited",
        "10:00 ana letter_sent",
        "10:00 ana page_liked",
        "10:00 ana cart_updated cart.id=k1 profile.nickname=Ana",
        "10:00 ana message_opened of hello",
        "10:00 control pause welcome",
        "10:00 control resume welcome missed_within=6h",
        "10:00 control winner welcome offer gift",
        "10:00 control winner welcome offer",
        "10:00 coupons spring S-1",
        "10:00 broadcast spring_sale share=20",
        "10:00 catalogue p1 time=09:00 stock=5 price=\"20.50\" name=Lamp colour=red badges=[\"new\"] category=null",
        "10:00 record {\"type\":\"tick\",\"customer\":\"bea\"}\n10:00 expect bea nothing",
        "10:00 clock tick",
        "10:00 expect ana nothing",
    ] {
        let told = told(line);
        assert!(told.is_empty(), "{line}: {told:?}");
    }
}

#[test]
fn a_slip_is_told_with_its_place_and_the_nearest_name() {
    for (line, value, help) in [
        ("10:00 ana wish_mad", "wish_mad", "did you mean `wish_made`?"),
        ("10:00 ana cart_updatd cart.id=1", "cart_updatd", "did you mean `cart_updated`?"),
        ("10:00 ana shop_visitd", "shop_visitd", "did you mean `shop_visited`?"),
        ("10:00 ana page_likd", "page_likd", "did you mean `page_liked`?"),
        ("10:00 ana letter_snt", "letter_snt", "did you mean `letter_sent`?"),
        ("10:00 ana tick", "tick", "declare it in events.yaml: `tick: {}`"),
        ("10:00 clock ana", "ana", "declare it in events.yaml"),
        ("10:00 ana cart_updated cart.totl=5", "cart.totl", "did you mean `cart.total`?"),
        (
            "10:00 ana wish_made profile.emial=a@b.c",
            "profile.emial",
            "did you mean `profile.email`",
        ),
        ("10:00 control pause welcom", "welcom", "did you mean `welcome`?"),
        ("10:00 control stop zzz", "zzz", "known here: look, sale, welcome"),
        ("10:00 control winner welcom offer gift", "welcom", "did you mean `welcome`?"),
        ("10:00 control winner welcome ofer gift", "ofer", "did you mean `offer`?"),
        ("10:00 control winner welcome offer gft", "gft", "did you mean `gift`?"),
        ("10:00 control winner sale offer gift", "offer", "splits here: welcome offer"),
        ("10:00 coupons sprng S-1", "sprng", "did you mean `spring`?"),
        ("10:00 broadcast sprng_sale", "sprng_sale", "did you mean `spring_sale`?"),
        ("10:00 catalogue p1 stock=abc", "abc", "null, which removes it"),
        ("10:00 catalogue p1 price=[1]", "[1]", "write a value"),
        ("10:00 catalogue p1 badges=[\"a\",{}]", "[\"a\",{}]", "write a value"),
        ("10:00 catalogue p1 sotck=5", "sotck", "did you mean `stock`?"),
        ("10:00 expect anna nothing", "anna", "did you mean `ana`?"),
    ] {
        let faults = told(line);
        let [fault] = faults.as_slice() else { panic!("{line}: {faults:?}") };
        assert_eq!((fault.line(), &fault.text[fault.span.clone()]), (3, value), "{line}");
        assert!(fault.message.contains(value), "{line}: {}", fault.message);
        let told = fault.help.as_deref().unwrap_or_default();
        assert!(told.contains(help), "{line}: {told}");
    }
}

#[test]
fn a_trace_is_of_journeys_that_are_there() {
    let story = "day 2026-03-02\n09:00 ana customer_created\n";
    assert!(told_of("welcome.trace", story).is_empty());
    assert!(told_of("zz.trace", &format!("journeys all\n{story}")).is_empty());
    let of_file = told_of("welcom.trace", story);
    assert_eq!((of_file.len(), of_file[0].line()), (1, 1));
    assert!(of_file[0].help.as_deref().unwrap_or_default().contains("did you mean `welcome`?"));
    let named = told_of("zz.trace", &format!("journeys sale welcom\n{story}"));
    assert_eq!(named.len(), 1);
    assert_eq!(&named[0].text[named[0].span.clone()], "welcom");
    let own = "journey\n  journey: j\n  trigger: { event: go }\n  steps: [{ send: hi, channels: [email] }]\n";
    assert!(told_of("zz.trace", &format!("{own}{story}09:00 ana go\n")).is_empty());
    let slip =
        told_of("zz.trace", &format!("{own}{story}09:00 ana gone\n09:00 control pause welcome\n"));
    assert_eq!(slip.len(), 2, "{slip:?}");
}
