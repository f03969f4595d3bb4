//! A report as a person reads it.

use crate::show::table::table;
use cartwheel_report::{
    ArmSummary, Averages, Counts, JourneySummary, Lift, Range, SplitSummary, StepSummary, Summary,
};
use std::fmt::Write;

/// The whole of it.
pub fn text(summary: &Summary) -> String {
    if summary.journeys.is_empty() {
        return "Nothing was decided in this time that reports count.\n".into();
    }
    let mut text = String::new();
    for journey in &summary.journeys {
        text += &told(journey);
    }
    // Writing into a String cannot fail.
    if summary.forgotten > 0 {
        let _ = writeln!(
            text,
            "Of {} messages it is not counted what became of them: a shorter time has fewer.",
            summary.forgotten
        );
    }
    if summary.unreadable > 0 {
        let _ = writeln!(
            text,
            "{} records could not be read: written by a newer version?",
            summary.unreadable
        );
    }
    text
}

/// A line a journey, of those that sent something.
pub fn brief(summary: &Summary) -> Vec<String> {
    let sent = summary.journeys.iter().filter(|journey| journey.counts.sent > 0);
    sent.map(|journey| {
        let Counts { sent, converted, revenue, held_out, .. } = journey.counts;
        let recovered = journey.recovery_rate.map(percent).unwrap_or_default();
        let lift = journey.lift.map_or_else(String::new, |lift| {
            let (low, high) = lift.interval;
            format!("; lift {} to {} points", points(low), points(high))
        });
        format!(
            "{}: {} entered, {sent} sent, {held_out} held out, {converted} converted ({recovered} of those entered), worth {}{lift}",
            journey.journey,
            journey.entered,
            money(revenue)
        )
    })
    .collect()
}

fn told(journey: &JourneySummary) -> String {
    let mut rows: Vec<Vec<String>> = journey.steps.iter().map(step).collect();
    if rows.len() > 1 {
        rows.push(row("all", "", &journey.counts, journey.revenue_per_recipient));
    }
    let mut text = format!("{}: {} entered", journey.journey, journey.entered);
    if let Some(rate) = journey.recovery_rate.filter(|_| journey.counts.converted > 0) {
        let _ = write!(text, ", {} of them converted", percent(rate));
    }
    text += "\n";
    if !rows.is_empty() {
        text += &indented(&table(&HEADINGS, &rows));
    }
    for split in &journey.splits {
        text += &arms(split);
    }
    if let Some(averages) = journey.averages {
        text += &elsewhere(&averages);
    }
    text + &journey.lift.map_or_else(String::new, |lift| lifted(&lift)) + "\n"
}

const HEADINGS: [&str; 13] = [
    "step",
    "arm",
    "sent#",
    "taken#",
    "delivered#",
    "opened#",
    "clicked#",
    "bounced#",
    "unsubscribed#",
    "held out#",
    "converted#",
    "revenue#",
    "each#",
];

fn step(step: &StepSummary) -> Vec<String> {
    let name = step.step.as_deref().unwrap_or("(an earlier message)");
    row(name, step.variant.as_deref().unwrap_or(""), &step.counts, step.revenue_per_recipient)
}

fn row(name: &str, arm: &str, counts: &Counts, each: Option<f64>) -> Vec<String> {
    let of_sent = |count: u64| match counts.sent {
        0 => count.to_string(),
        sent => format!("{count} ({})", percent(count as f64 / sent as f64)),
    };
    vec![
        name.into(),
        arm.into(),
        counts.sent.to_string(),
        counts.taken.to_string(),
        counts.delivered.to_string(),
        of_sent(counts.opened),
        of_sent(counts.clicked),
        counts.bounced.to_string(),
        counts.unsubscribed.to_string(),
        counts.held_out.to_string(),
        of_sent(counts.converted),
        money(counts.revenue),
        each.map_or_else(String::new, money),
    ]
}

const OF_ARMS: [&str; 8] =
    ["arm", "recipients#", "sent#", "opened#", "clicked#", "converted#", "revenue#", "best with#"];

/// The arms of a split beside each other.
fn arms(split: &SplitSummary) -> String {
    let arm = |arm: &ArmSummary| {
        let Counts { sent, opened, clicked, converted, revenue, .. } = arm.counts;
        let of = |count: u64, all: u64| {
            format!("{count} ({})", percent(count as f64 / all.max(1) as f64))
        };
        vec![
            arm.arm.clone(),
            arm.recipients.to_string(),
            sent.to_string(),
            of(opened, sent),
            of(clicked, sent),
            of(converted, arm.recipients),
            money(revenue),
            arm.win_probability.map_or_else(|| "-".into(), percent),
        ]
    };
    let rows: Vec<Vec<String>> = split.arms.iter().map(arm).collect();
    format!("  split {}:\n{}", split.split, indented(&table(&OF_ARMS, &rows)))
}

fn elsewhere(averages: &Averages) -> String {
    let range = |(from, to): Range| format!("{from}-{to} %");
    format!(
        "  elsewhere usual: opened {}, clicked {}, converted {}\n",
        range(averages.opened),
        range(averages.clicked),
        range(averages.converted)
    )
}

fn lifted(lift: &Lift) -> String {
    let Lift { treated, held_out, difference, interval, relative, revenue_per_run } = lift;
    let rate = |converted: u64, runs: u64| percent(converted as f64 / runs.max(1) as f64);
    let relative = relative.map_or_else(String::new, |relative| {
        format!(", {}{} of what comes without messages", sign(relative), percent(relative.abs()))
    });
    let verdict = match interval {
        (low, _) if *low > 0.0 => "more than by chance",
        (_, high) if *high < 0.0 => "less than by chance",
        _ => "which may be chance",
    };
    format!(
        "  lift: {} of {} runs converted that were sent messages, {} of {} that were held out: {}{} points (95 %: {} to {}), {verdict}{relative}; {}{} a run\n",
        rate(treated.converted, treated.runs),
        treated.runs,
        rate(held_out.converted, held_out.runs),
        held_out.runs,
        sign(*difference),
        points(difference.abs()),
        points(interval.0),
        points(interval.1),
        sign(*revenue_per_run),
        money(revenue_per_run.abs())
    )
}

fn sign(number: f64) -> &'static str {
    if number < 0.0 { "-" } else { "+" }
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

fn points(rate: f64) -> String {
    format!("{:.2}", rate * 100.0)
}

fn money(amount: f64) -> String {
    format!("{amount:.2}")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_report::Runs;

    fn summary() -> Summary {
        let counts = Counts {
            sent: 200,
            taken: 198,
            opened: 80,
            clicked: 30,
            held_out: 210,
            converted: 24,
            revenue: 1_234.5,
            ..Counts::default()
        };
        let runs = |converted| Runs { runs: 200, converted, revenue: 51.0 * converted as f64 };
        let of = |step: &str, counts| StepSummary {
            step: Some(step.into()),
            variant: None,
            counts,
            revenue_per_recipient: Some(6.1725),
        };
        let journey = JourneySummary {
            journey: "cart_abandonment".into(),
            entered: 500,
            counts,
            recovery_rate: Some(0.048),
            revenue_per_recipient: Some(6.1725),
            splits: vec![SplitSummary {
                split: "offer".into(),
                arms: vec![ArmSummary {
                    arm: "gift".into(),
                    counts,
                    recipients: 160,
                    win_probability: Some(0.972),
                }],
            }],
            steps: vec![of("cart_reminder", counts), of("cart_reviews", Counts::default())],
            lift: Lift::of(runs(40), runs(10)),
            averages: Averages::of("cart_abandonment"),
        };
        Summary { journeys: vec![journey], unreadable: 0, forgotten: 0 }
    }

    #[test]
    fn a_report_has_counts_rates_averages_and_lift() {
        let told = text(&summary());
        for part in [
            "cart_abandonment: 500 entered, 4.8 % of them converted\n",
            "80 (40.0 %)",
            "  all ",
            "  split offer:\n",
            "24 (15.0 %)",
            "97.2 %",
            "elsewhere usual: opened 40-45 %, clicked 15-20 %, converted 8-12 %",
            "20.0 % of 200 runs converted that were sent messages, 5.0 % of 200 that were held out: +15.00 points (95 %: 8.",
            "more than by chance, +300.0 % of what comes without messages; +7.65 a run",
        ] {
            assert!(told.contains(part), "{part} in\n{told}");
        }
        assert!(!told.contains("newer version"));
        assert!(text(&Summary::default()).starts_with("Nothing"));
    }

    #[test]
    fn a_line_a_journey_is_enough_for_a_recap() {
        assert_eq!(
            brief(&summary())[0].split("; ").next(),
            Some(
                "cart_abandonment: 500 entered, 200 sent, 210 held out, 24 converted (4.8 % of those entered), worth 1234.50"
            )
        );
    }
}
