//! The live view: a few lines that are drawn anew on a terminal, a line every few seconds elsewhere.

use super::inbox::Inbox;
use super::recap::minute;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::time::Millis;
use cartwheel_runtime::admin::view::Overview;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two drawings.
const DRAW: Duration = Duration::from_millis(250);
/// Between two lines.
const LINE: Duration = Duration::from_secs(5);
/// Reasons that are shown.
const REASONS: usize = 6;

/// See the module.
pub struct View {
    inbox: Arc<Inbox>,
    period: (Millis, Millis),
    drawn: Option<Drawn>,
    next: Instant,
}

/// The lines on a terminal.
struct Drawn {
    all: MultiProgress,
    progress: ProgressBar,
    lines: [ProgressBar; 3],
}

impl View {
    /// A view of a story that arrives in the present at the end of `period`.
    pub fn new(inbox: Arc<Inbox>, period: (Millis, Millis)) -> Self {
        let drawn = std::io::stdout().is_terminal().then(|| Drawn::new(period));
        Self { inbox, period, drawn, next: Instant::now() }
    }

    /// Shows, if it is time. `overview` is asked only then.
    pub fn show(&mut self, produced: u64, overview: impl FnOnce() -> Option<Overview>) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + if self.drawn.is_some() { DRAW } else { LINE };
        let Some(overview) = overview() else { return };
        let lines =
            lines(&overview, self.inbox.arrived().mails, self.inbox.arrived().texts, produced);
        match &self.drawn {
            Some(drawn) => drawn.draw(overview.clock, self.period, &lines),
            None => println!("{} | {}", minute(overview.clock), lines.join(" | ")),
        }
    }

    /// Takes the lines off the terminal: something else is to be read.
    pub fn end(&mut self) {
        if let Some(drawn) = self.drawn.take() {
            drawn.all.clear().unwrap_or_default();
        }
    }

    /// Goes on after [`View::end`].
    pub fn again(&mut self) {
        self.drawn = std::io::stdout().is_terminal().then(|| Drawn::new(self.period));
    }
}

impl Drawn {
    fn new(period: (Millis, Millis)) -> Self {
        let all = MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::stdout());
        let progress = all.add(ProgressBar::new((period.1 - period.0).unsigned_abs()));
        // Both templates are constants; a wrong one would show as indicatif's own line.
        let style = |template: &str| {
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
        };
        progress.set_style(style("{msg}  {bar:40}  {percent}%"));
        let lines = std::array::from_fn(|_| {
            all.add(ProgressBar::new_spinner().with_style(style("  {msg}")))
        });
        Self { all, progress, lines }
    }

    fn draw(&self, clock: Millis, period: (Millis, Millis), lines: &[String; 3]) {
        self.progress.set_message(minute(clock));
        self.progress.set_position((clock - period.0).clamp(0, period.1 - period.0).unsigned_abs());
        self.lines.iter().zip(lines).for_each(|(bar, line)| bar.set_message(line.clone()));
    }
}

/// What is shown: the stream, the shards, the refusals.
fn lines(overview: &Overview, mails: u64, texts: u64, produced: u64) -> [String; 3] {
    let totals = &overview.totals;
    let stream = format!(
        "{produced} shop events, {:.0}/s at {:.0}x",
        totals.events_per_second, overview.speed
    );
    let shards = format!(
        "{} customers, {} windows, {} runs, {} timers; {} sends: {mails} mails and {texts} text messages arrived",
        totals.customers, totals.windows, totals.runs, totals.timers, totals.sends
    );
    [stream, shards, refusals(overview)]
}

fn refusals(overview: &Overview) -> String {
    let mut rows: BTreeMap<(Verdict, Reason), u64> = BTreeMap::new();
    for journey in &overview.journeys {
        let all =
            journey.decisions.iter().chain(journey.steps.iter().flat_map(|step| &step.decisions));
        for row in all.filter(|row| {
            matches!(
                row.decision,
                Verdict::Refused | Verdict::Deferred | Verdict::Dropped | Verdict::HeldOut
            )
        }) {
            *rows.entry((row.decision, row.reason)).or_default() += row.count;
        }
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let shown: Vec<_> = rows
        .iter()
        .take(REASONS)
        .map(|((decision, reason), count)| format!("{decision} {reason} {count}"))
        .collect();
    if shown.is_empty() { "nothing refused yet".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_runtime::admin::{Board, BoardClock};
    use cartwheel_runtime::metrics::snapshot::{DecisionCount, ShardStats};

    #[test]
    fn the_lines_say_what_happens() {
        let board = Board::default();
        let row = |decision, reason, count| DecisionCount {
            journey: "cart".into(),
            step: None,
            decision,
            reason,
            count,
        };
        let mut stats = ShardStats::new(0, 1);
        stats.timers = 7;
        stats.decisions = vec![
            row(Verdict::Sent, Reason::GatePassed, 5),
            row(Verdict::Refused, Reason::Filter, 3),
            row(Verdict::Dropped, Reason::NoConsent, 9),
        ];
        board.post_shard(stats, Instant::now());
        board.set_journeys(vec![cartwheel_runtime::admin::view::JourneyGraph {
            journey: "cart".into(),
            version: String::new(),
            class: cartwheel_core::channel::Class::Marketing,
            priority: 0,
            tags: vec![],
            quiet_for: None,
            at: None,
            begins: cartwheel_runtime::admin::view::Begins::default(),
            while_: None,
            exits: vec![],
            goal: None,
            first: None,
            steps: vec![],
        }]);
        let [stream, shards, refused] =
            lines(&board.overview(BoardClock { clock: 0, speed: 1_440.0, demo: true }), 4, 1, 12);
        assert!(stream.starts_with("12 shop events") && stream.ends_with("1440x"), "{stream}");
        assert!(shards.contains("7 timers; 5 sends: 4 mails and 1 text messages"), "{shards}");
        assert_eq!(refused, "dropped no_consent 9, refused filter 3");
    }
}
