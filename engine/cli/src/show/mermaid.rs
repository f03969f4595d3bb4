//! A journey as a Mermaid flowchart: what begins it, its steps, what ends it. <https://mermaid.js.org> draws it, and so do
//! many wikis and forges.

use cartwheel_runtime::admin::view::{Begins, JourneyGraph, StepView};
use std::fmt::Write;

/// The chart.
pub fn mermaid(graph: &JourneyGraph) -> String {
    let mut chart = Chart { graph, text: "flowchart TD\n".to_owned(), ends: false };
    chart.node("begin", "([", &begins(graph), "])");
    for (number, step) in graph.steps.iter().enumerate() {
        let (open, close) = shape(&step.kind);
        chart.node(&format!("s{number}"), open, &label(step), close);
    }
    let first = graph.first.clone();
    chart.way("begin", first.as_deref(), None);
    for (number, step) in graph.steps.iter().enumerate() {
        for edge in &step.next {
            chart.way(&format!("s{number}"), edge.to.as_deref(), edge.when.as_deref());
        }
    }
    if chart.ends {
        chart.node("done", "([", "end", "])");
    }
    chart.any_time();
    chart.text
}

struct Chart<'g> {
    graph: &'g JourneyGraph,
    text: String,
    /// Some way leads to the end.
    ends: bool,
}

impl Chart<'_> {
    fn line(&mut self, line: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.text, "  {line}");
    }

    fn node(&mut self, id: &str, open: &str, label: &str, close: &str) {
        self.line(&format!("{id}{open}\"{}\"{close}", escaped(label)));
    }

    /// From a node to a step, or to the end.
    fn way(&mut self, from: &str, to: Option<&str>, when: Option<&str>) {
        let step = to.and_then(|to| self.graph.steps.iter().position(|step| step.step == to));
        let to = step.map_or_else(|| "done".to_owned(), |number| format!("s{number}"));
        self.ends |= step.is_none();
        let label = when.map(|when| format!("|\"{}\"|", escaped(when))).unwrap_or_default();
        self.line(&format!("{from} -->{label} {to}"));
    }

    /// What ends a run wherever it is, and what it is for.
    fn any_time(&mut self) {
        let graph = self.graph;
        let mut leaves: Vec<String> = Vec::new();
        for exit in &graph.exits {
            leaves.push(
                exit.when
                    .as_ref()
                    .map_or_else(|| exit.on.clone(), |when| format!("{} if {when}", exit.on)),
            );
        }
        leaves.extend(graph.while_.as_ref().map(|condition| format!("not {condition}")));
        if leaves.is_empty() && graph.goal.is_none() {
            return;
        }
        self.node("always", "[[", "at any time", "]]");
        if !leaves.is_empty() {
            self.node("left", "([", "leaves early", "])");
        }
        for leave in leaves {
            self.line(&format!("always -.->|\"{}\"| left", escaped(&leave)));
        }
        if let Some(goal) = &graph.goal {
            self.node("goal", "([", "goal", "])");
            let label = format!("{} within {} of a message", goal.on, goal.within);
            self.line(&format!("always -.->|\"{}\"| goal", escaped(&label)));
        }
    }
}

/// Lines of a label are apart by this in a label.
const BREAK: &str = "\n";

fn begins(graph: &JourneyGraph) -> String {
    let Begins { events, when, moved_by } = &graph.begins;
    let mut lines = vec![graph.journey.clone()];
    if !events.is_empty() {
        lines.push(events.join(" or "));
    }
    lines.extend(when.as_ref().map(|when| format!("if {when}")));
    lines.extend(graph.at.as_ref().map(|at| format!("at {at}")));
    lines.extend(graph.quiet_for.as_ref().map(|quiet| format!("after {quiet} of quiet")));
    if !moved_by.is_empty() {
        lines.push(format!("also without {}", moved_by.join(", ")));
    }
    lines.join(BREAK)
}

fn label(step: &StepView) -> String {
    let kind = step.kind.replace('_', " ");
    match step.kind.as_str() {
        // Named by what they do, unless somebody has named them.
        "wait" | "wait_until" | "wait_for" => format!("{kind} {}", step.says),
        "send" | "set" | "emit" if !step.says.is_empty() => {
            format!("{kind} {}{BREAK}{}", step.step, step.says)
        }
        _ => format!("{kind} {}", step.step),
    }
}

/// The marks around a node's label, by the kind of its step.
fn shape(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "wait" | "wait_until" | "wait_for" => ("(", ")"),
        "branch" => ("{", "}"),
        "split" => ("{{", "}}"),
        "set" | "emit" => ("[/", "/]"),
        "exit" => ("([", "])"),
        _ => ("[", "]"),
    }
}

/// Text in a quoted label: what Mermaid or HTML would read is written by its number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("<br/>"),
            '"' | '#' | '<' | '>' | '&' | '`' | ';' | '\\' | '|' => {
                let _ = write!(out, "#{};", u32::from(letter));
            }
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;
    use cartwheel_core::journey::load::{SourceFile, Sources, load};
    use cartwheel_core::policy::Policy;
    use cartwheel_runtime::admin::graphs;

    fn charts(journeys: &[(&str, &str)]) -> Vec<String> {
        let source = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let facts = source("facts.yaml", &shipped::text("facts.yaml").unwrap());
        let journeys: Vec<_> = journeys.iter().map(|(path, text)| source(path, text)).collect();
        let coupons = ["winback15", "survey10"].map(str::to_owned).into();
        let policy = Policy { coupons, ..Policy::default() };
        let sources = Sources { journeys: &journeys, facts: Some(&facts) };
        graphs(&load(&policy, sources).unwrap()).iter().map(mermaid).collect()
    }

    const CART: &str = "\
journey: cart
trigger: { event: cart_updated, when: event.cart.total >= 20, quiet_for: 1h, moved_by: [cart_viewed] }
key: event.cart.id
exit:
  - { on: order_placed, when: 'event.order.coupon != \"x\"' }
while: profile.vip != true
goal: { on: order_placed, within: 5d }
steps:
  - send: reminder
    channels: [email, { sms: { if_no: opened, within: 4h } }]
  - branch:
      - when: cart.total >= 500
        steps:
          - { send: concierge, channels: [email] }
          - exit: true
  - wait: { for: cart_viewed, at_most: 23h }
  - split: arm
    arms:
      a: { share: 50%, steps: [ { set: { seen: true } } ] }
      b: { share: 50%, steps: [ { emit: cart_given_up } ] }
";

    #[test]
    fn a_journey_is_drawn() {
        assert_eq!(charts(&[("cart.yaml", CART)])[0], include_str!("cart.mmd"));
    }

    #[test]
    fn what_begins_by_time_says_when() {
        let journey = "journey: b\ntrigger: { at: next(profile.birthday), zone: customer }\nsteps:\n  - { send: a, channels: [email] }\n";
        let chart = &charts(&[("b.yaml", journey)])[0];
        assert!(chart.contains("begin([\"b<br/>at next(profile.birthday)\"])"), "{chart}");
        assert!(chart.contains("s0 --> done") && !chart.contains("always"), "{chart}");
    }

    #[test]
    fn every_journey_that_ships_is_a_chart_of_nodes_and_ways() {
        let texts: Vec<(String, String)> = crate::shop::journeys()
            .into_iter()
            .map(|name| format!("journeys/{name}.yaml"))
            .map(|path| (path.clone(), shipped::text(&path).unwrap()))
            .collect();
        let texts: Vec<(&str, &str)> =
            texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        for chart in charts(&texts) {
            let mut lines = chart.lines();
            assert_eq!(lines.next(), Some("flowchart TD"));
            let lines: Vec<&str> = lines.map(str::trim_start).collect();
            let id = |text: &str| {
                text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>()
            };
            let is_way = |line: &&&str| line.contains(" -->") || line.contains(" -.->");
            let nodes: Vec<String> =
                lines.iter().filter(|line| !is_way(line)).map(|line| id(line)).collect();
            for line in lines.iter().filter(is_way) {
                let to = line.rsplit(' ').next().unwrap();
                assert!(nodes.contains(&id(line)) && nodes.iter().any(|node| node == to), "{line}");
            }
            // A label is between two quotes; nothing in it ends it or is read as something else.
            for line in &lines {
                let parts: Vec<&str> = line.split('"').collect();
                assert!(parts.len() == 3 || parts.len() == 1, "{line}");
                if let [_, label, _] = parts[..] {
                    let label = label.replace("<br/>", "");
                    assert!(!label.contains(['<', '>', '|', '`', '\\', '&']), "{line}");
                }
            }
        }
    }
}
