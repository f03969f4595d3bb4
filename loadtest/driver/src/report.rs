//! Rows of figures, as a table for people and as JSON for programs.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// Events.
    pub events: u64,
    /// Seconds from the first to the last of them.
    pub seconds: f64,
    /// CPU seconds, user and system, of the process (for one of several shards in this process: its share by events).
    pub cpu_seconds: f64,
    /// Greatest resident memory, bytes; for shards in this process: without the encoded events.
    pub peak_rss: u64,
    /// Bytes written to storage by the process in its whole life, or, by shards in this process, in the row's span (a shard's share by
    /// events); none where nothing is stored.
    pub written: Option<u64>,
    /// Events not yet read at the end.
    pub lag: u64,
}

impl Row {
    /// Events a second.
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.seconds.max(1e-9)
    }

    /// CPU seconds for a million events.
    pub fn cpu_per_million(&self) -> f64 {
        self.cpu_seconds / (self.events.max(1) as f64 / 1e6)
    }

    /// Bytes written for an event.
    pub fn written_per_event(&self) -> Option<f64> {
        self.written.map(|bytes| bytes as f64 / self.events.max(1) as f64)
    }
}

/// What the comparison with the reference model said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// Commands of the engine and of the reference, if they are equal; else none.
    pub equal_commands: Option<u64>,
    /// The first difference.
    pub difference: Option<String>,
}

/// A whole result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The command, as it was given.
    pub command: String,
    /// Processors that this process may use.
    pub processors: usize,
    /// Whether this is an optimised build; figures of others mean nothing.
    pub optimised: bool,
    /// The rows, in the order in which they were measured.
    pub rows: Vec<Row>,
    /// Commands in the sends topic, or made by the shards.
    pub commands: u64,
    /// None without a comparison.
    pub verification: Option<Verification>,
    /// What else a reader must know of how the rows came about, a sentence each.
    pub notes: Vec<String>,
}

impl Report {
    /// A report of this process's command.
    pub fn new(rows: Vec<Row>, commands: u64, verification: Option<Verification>) -> Self {
        Self {
            command: command(),
            processors: processors(),
            optimised: !cfg!(debug_assertions),
            rows,
            commands,
            verification,
            notes: Vec::new(),
        }
    }

    /// The report with one sentence more.
    pub fn note(mut self, sentence: String) -> Self {
        self.notes.push(sentence);
        self
    }

    /// One JSON object with the rows' derived figures beside what was measured.
    pub fn json(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        for (place, row) in self.rows.iter().enumerate() {
            let out = &mut value["rows"][place];
            out["events_per_second"] = row.rate().into();
            out["cpu_seconds_per_million"] = row.cpu_per_million().into();
            out["written_per_event"] = row.written_per_event().into();
        }
        value["engine_to_decode"] = self.engine_to_decode().into();
        format!("{value:#}")
    }

    /// The full engine's rate as a share of consume and decode's; none without both rows.
    pub fn engine_to_decode(&self) -> Option<f64> {
        let rate = |name: &str| self.rows.iter().find(|row| row.name == name).map(Row::rate);
        Some(rate("full engine")? / rate("consume and decode")?)
    }

    /// The table and what else is to be said.
    pub fn text(&self) -> String {
        let mut out = head(&self.command);
        let titles =
            ["", "events/s", "CPU-s/million", "peak RSS MiB", "disk B/event", "lag", "seconds"];
        let mut lines = vec![titles.map(str::to_owned)];
        lines.extend(self.rows.iter().map(cells));
        table(&mut out, &lines);
        if let Some(share) = self.engine_to_decode() {
            let _ = writeln!(out, "\nfull engine / consume and decode: {share:.2}");
        }
        let _ = writeln!(out, "commands: {}", self.commands);
        out.push_str(&compared(self.verification.as_ref()));
        for note in &self.notes {
            let _ = writeln!(out, "{note}");
        }
        out
    }
}

/// What every report begins with: the command, where it ran, and whether its figures mean anything.
pub fn head(command: &str) -> String {
    let head = format!("{command}   ({} processors)\n\n", processors());
    if cfg!(debug_assertions) {
        return head + "This is not an optimised build: the figures mean nothing.\n\n";
    }
    head
}

/// What a comparison with the reference model said, as a line.
pub(crate) fn compared(verification: Option<&Verification>) -> String {
    match verification {
        None => "not compared with the reference model\n".into(),
        Some(Verification { difference: Some(difference), .. }) => {
            format!("DIFFERS from the reference model: {difference}\n")
        }
        Some(Verification { equal_commands, .. }) => {
            format!("equal to the reference model: all {} commands\n", equal_commands.unwrap_or(0))
        }
    }
}

/// The command of this process, as it was given.
pub fn command() -> String {
    std::env::args().skip(1).fold("loadtest".to_owned(), |line, word| line + " " + &word)
}

/// Processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn cells(row: &Row) -> [String; 7] {
    [
        row.name.clone(),
        thousands(row.rate() as u64),
        format!("{:.3}", row.cpu_per_million()),
        format!("{:.0}", row.peak_rss as f64 / f64::from(1 << 20)),
        row.written_per_event().map_or("-".into(), |bytes| format!("{bytes:.1}")),
        thousands(row.lag),
        format!("{:.2}", row.seconds),
    ]
}

/// The first column to the left, the others to the right.
pub(crate) fn table<const N: usize>(out: &mut String, lines: &[[String; N]]) {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    for line in lines {
        let _ = write!(out, "{:<1$}", line[0], width(0));
        for (column, cell) in line.iter().enumerate().skip(1) {
            let _ = write!(out, "  {cell:>0$}", width(column));
        }
        out.push('\n');
    }
}

/// `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, seconds: f64) -> Row {
        Row {
            name: name.into(),
            events: 3_000_000,
            seconds,
            cpu_seconds: 1.5,
            peak_rss: 10 << 20,
            written: Some(6_000_000),
            lag: 0,
        }
    }

    #[test]
    fn figures_follow_from_what_was_measured() {
        let report =
            Report::new(vec![row("consume and decode", 1.0), row("full engine", 2.0)], 7, None)
                .note("on a warm broker".into());
        assert_eq!(report.engine_to_decode(), Some(0.5));
        let text = report.text();
        assert!(
            text.contains("1,500,000") && text.contains("0.500") && text.contains(" 2.0 "),
            "{text}"
        );
        assert!(text.ends_with("\non a warm broker\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["rows"][0]["events_per_second"], 3_000_000.0);
        assert_eq!(json["notes"][0], "on a warm broker");
        assert_eq!(
            (thousands(0), thousands(999), thousands(1_000)),
            ("0".into(), "999".into(), "1,000".into())
        );
    }
}
