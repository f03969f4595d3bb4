use super::*;
use crate::admin::graphs;
use crate::admin::view::{JourneyCounts, JourneyGraph, ReasonCount, StepCounts};
use cartwheel_core::channel::Class;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::policy::Policy;
use std::path::Path;

const CART: &str = "\
journey: cart
trigger: { event: cart_updated, when: event.cart.total >= 20, quiet_for: 1h }
steps:
  - send: reminder
    channels: [email, { sms: { if_no: opened, within: 4h } }]
  - branch:
      - when: cart.total >= 500 && cart.currency == \"USD\"
        steps:
          - { send: concierge, channels: [email] }
          - exit: true
      - when: cart.total >= 100
        steps:
          - { send: reviews, channels: [email] }
          - wait: 1d
  - send: incentive
    channels: [email]
";

fn graph_of(text: &str) -> JourneyGraph {
    let source = SourceFile { path: "j.yaml".into(), text: text.into() };
    graphs(&load(&Policy::default(), &[source][..]).unwrap()).remove(0)
}

fn count(decision: Verdict, reason: Reason, count: u64) -> ReasonCount {
    ReasonCount { decision, reason, count }
}

fn view(graph: JourneyGraph) -> JourneyView {
    let (journey, version) = (graph.journey.clone(), graph.version.clone());
    let sent = [
        count(Verdict::Sent, Reason::GatePassed, 12_345),
        count(Verdict::Sent, Reason::Fallback, 5),
        count(Verdict::Deferred, Reason::Cap, 31),
    ];
    let steps = vec![StepCounts { step: "reminder".into(), runs: 7, decisions: sent.into() }];
    let decisions = vec![
        count(Verdict::Entered, Reason::Window, 3_056),
        count(Verdict::Converted, Reason::Goal, 90),
    ];
    let class = Class::Marketing;
    let counts = JourneyCounts { journey, version, class, runs: 7, windows: 631, decisions, steps };
    JourneyView { graph, counts }
}

/// Every journey that ships.
fn shipped() -> Vec<JourneyGraph> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let source = |path: &Path| SourceFile {
        path: path.display().to_string(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    let entries = std::fs::read_dir(config.join("journeys")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let journeys: Vec<SourceFile> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| source(&path))
        .collect();
    let facts = source(&config.join("facts.yaml"));
    let settings = std::fs::read_to_string(config.join("cartwheel.yaml")).unwrap();
    // The line of the policy that names the pools of coupons.
    let line = settings.lines().find_map(|line| line.trim().strip_prefix("coupons: ["));
    let pools = line.and_then(|line| line.strip_suffix(']')).unwrap_or_default();
    let coupons = pools.split(", ").map(str::to_owned).collect();
    let policy = Policy { coupons, ..Policy::default() };
    graphs(&load(&policy, Sources { journeys: &journeys, facts: Some(&facts) }).unwrap())
}

#[test]
fn arms_lie_side_by_side_and_what_passes_a_row_has_a_place_in_it() {
    let graph = graph_of(CART);
    let Layout { boxes, ways } = layout::layout(&graph);
    let row = |name: &str| {
        let number = graph.steps.iter().position(|step| step.step == name).unwrap();
        let found = boxes.iter().find(|it| it.what == What::Step(number)).unwrap();
        (found.row, found.column)
    };
    let names = ["reminder", "branch-2", "concierge", "reviews", "incentive"];
    assert_eq!(names.map(|name| row(name).0), [1, 2, 3, 3, 5]);
    assert!(row("concierge").1 + 0.98 <= row("reviews").1);
    let skips = ways.iter().find(|way| way.when.as_deref() == Some("none of these")).unwrap();
    assert_eq!(skips.points.iter().map(|point| point.0).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert!(skips.points[1].1 >= row("reviews").1 + 0.98, "{skips:?}");
}

#[test]
fn no_two_boxes_of_a_journey_that_ships_share_a_place_and_every_line_goes_down() {
    for graph in shipped() {
        let Layout { boxes, ways } = layout::layout(&graph);
        // A line's places in the rows that it passes, and the boxes.
        let between = ways.iter().flat_map(|way| {
            let last = way.points.len() - 1;
            way.points[1..last].to_vec()
        });
        let mut places: Vec<(usize, f64)> = boxes.iter().map(|it| (it.row, it.column)).collect();
        places.extend(between);
        places.sort_by(|one, other| one.partial_cmp(other).unwrap());
        for pair in places.windows(2) {
            let apart = pair[1].1 - pair[0].1;
            assert!(pair[0].0 != pair[1].0 || apart >= 0.98, "{}: {pair:?}", graph.journey);
        }
        for way in ways {
            let down = way.points.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1);
            assert!(down, "{}: {way:?}", graph.journey);
        }
    }
}

#[test]
fn every_box_has_its_words_and_its_numbers() {
    let text = svg(&view(graph_of(CART)));
    for part in [
        ">631 wait for quiet · 3,056 entered<",
        ">send reminder<",
        ">7 here · 12,350 sent · 31 put off<",
        ">90 reached the goal<",
        "<title>cart.total &gt;= 500 &amp;&amp; cart.currency == &quot;USD&quot;</title>",
        ">cart.total &gt;= 500 &amp;&amp; cart.currency …<",
        "<g class=\"box wait\">",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // Every step is a box, and so are the beginning and the end.
    assert_eq!(text.matches("<rect ").count(), 7 + 2);
    assert_eq!(text.matches("<g ").count(), text.matches("</g>").count());
}

#[test]
fn what_a_journey_is_called_is_no_markup() {
    let mut graph = graph_of(CART);
    graph.journey = "</title><script>\u{1}\"".into();
    let text = svg(&view(graph));
    assert!(text.contains("&lt;/title&gt;&lt;script&gt; &quot;"), "{text}");
    assert!(!text.contains("<script"), "{text}");
}

#[test]
fn arms_that_lead_to_the_same_step_are_one_line() {
    let graph = graph_of(
        "journey: j\ntrigger: { event: a }\nsteps:\n  - branch:\n      - { when: profile.a == 1, steps: [] }\n      - { when: profile.b == 1, steps: [] }\n",
    );
    let Layout { boxes, ways } = layout::layout(&graph);
    assert_eq!(boxes.len(), 3);
    let when: Vec<_> = ways.iter().filter_map(|way| way.when.as_deref()).collect();
    assert_eq!(when, ["profile.a == 1, or profile.b == 1, or none of these"]);
}
