//! What can go wrong in a command, the exit code that says so (sysexits.h), and how a person or a program is told.

use crate::flags::Output;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report,
    Severity,
};
use serde_json::json;
use std::io::IsTerminal;
use std::ops::Range;

/// The command line is wrong.
pub const EXIT_USAGE: u8 = 64;
/// Journeys, traces or other given data are wrong.
pub const EXIT_DATA: u8 = 65;
/// Somebody else does not answer: the broker, the running engine.
pub const EXIT_UNAVAILABLE: u8 = 69;
/// A reader or writer failed.
pub const EXIT_IO: u8 = 74;
/// Not now: the same command may succeed later.
pub const EXIT_TEMPORARY: u8 = 75;
/// The configuration is wrong.
pub const EXIT_CONFIG: u8 = 78;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Given files are wrong: journeys, traces, templates.
    #[error("{}", count(.0.len(), "problem"))]
    Data(Vec<Fault>),
    /// The configuration is wrong.
    #[error("{}", count(.0.len(), "problem"))]
    Config(Vec<Fault>),
    /// Somebody else does not answer, or not as it must.
    #[error("unavailable")]
    Unavailable(Fault),
    /// The same command may succeed later.
    #[error("try again later")]
    Temporary(Fault),
    /// Output or input failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// One fault, with its place where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where.
    pub place: Option<Place>,
}

/// A range in a file's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The file's path as shown.
    pub path: String,
    /// The file's whole text.
    pub text: String,
    /// The bytes concerned.
    pub span: Range<usize>,
}

impl Fault {
    /// A fault without a place in a file.
    pub fn new(message: impl Into<String>, help: Option<String>) -> Self {
        Self { message: message.into(), help, place: None }
    }

    /// A fault at `span` of the file `path` with this text.
    pub fn at(
        path: &str,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        let place = Place { path: path.into(), text: text.into(), span: clamp(text, span) };
        Self { message: message.into(), help, place: Some(place) }
    }

    fn report(&self, severity: Severity) -> Report {
        let mut diagnostic = MietteDiagnostic::new(self.message.clone()).with_severity(severity);
        diagnostic.help.clone_from(&self.help);
        let Some(place) = &self.place else { return Report::new(diagnostic) };
        let label = LabeledSpan::underline(place.span.clone());
        Report::new(diagnostic.with_label(label))
            .with_source_code(NamedSource::new(&place.path, tame(&place.text)))
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Value {
        let place = self.place.as_ref();
        let position = place.map(Place::line_and_column);
        json!({
            "message": self.message,
            "help": self.help,
            "path": place.map(|place| &place.path),
            "line": position.map(|(line, _)| line),
            "column": position.map(|(_, column)| column),
        })
    }
}

impl Place {
    /// Both from 1; columns count characters.
    pub fn line_and_column(&self) -> (usize, usize) {
        let before = &self.text[..self.span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Keeps a range inside the text and on character boundaries: a report must never fail.
fn clamp(text: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// A file's text without characters that a terminal would obey, each with a mark of its length in its place.
fn tame(text: &str) -> String {
    let tamed = |letter: char| {
        if letter.is_ascii_control() && !"\n\r\t".contains(letter) { '?' } else { letter }
    };
    text.chars().map(tamed).collect()
}

impl Failure {
    /// One fault of the configuration.
    pub fn config(fault: Fault) -> Self {
        Self::Config(vec![fault])
    }

    /// Somebody else does not answer.
    pub fn unavailable(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Unavailable(Fault::new(message, Some(help.into())))
    }

    /// The exit code by sysexits.h.
    pub fn code(&self) -> u8 {
        match self {
            Self::Data(_) => EXIT_DATA,
            Self::Config(_) => EXIT_CONFIG,
            Self::Unavailable(_) => EXIT_UNAVAILABLE,
            Self::Temporary(_) => EXIT_TEMPORARY,
            Self::Io(_) => EXIT_IO,
        }
    }

    /// Whether only the reader of our output went away (`cartwheel ... | head`).
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// Tells standard error (text) or standard output (JSON).
    pub fn print(&self, output: Output) {
        match output {
            Output::Json => println!("{}", json!({ "ok": false, "problems": self.problems() })),
            Output::Text => eprint!("{}", self.text(std::io::stderr().is_terminal())),
        }
    }

    /// What is wrong, one by one.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Data(faults) | Self::Config(faults) => faults,
            Self::Unavailable(fault) | Self::Temporary(fault) => std::slice::from_ref(fault),
            Self::Io(_) => &[],
        }
    }

    fn problems(&self) -> Vec<serde_json::Value> {
        match self {
            Self::Io(error) => vec![of_system(error).json()],
            _ => self.faults().iter().map(Fault::json).collect(),
        }
    }

    fn text(&self, colour: bool) -> String {
        match self {
            Self::Io(error) => {
                render(&[of_system(error)], Severity::Error, colour)
                    + &format!("error: {}\n", count(1, "problem"))
            }
            _ => render(self.faults(), Severity::Error, colour) + &format!("error: {self}\n"),
        }
    }
}

/// What the system refused.
fn of_system(error: &std::io::Error) -> Fault {
    let help = crate::files::remedy(error.kind()).unwrap_or(
        "a file, disk, pipe or socket failed: see what the system says of it, and try again",
    );
    Fault::new(error.to_string(), Some(help.into()))
}

/// Warnings, for a person at standard error.
pub fn warn(faults: &[Fault]) {
    eprint!("{}", render(faults, Severity::Warning, std::io::stderr().is_terminal()));
}

fn render(faults: &[Fault], severity: Severity, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(120).with_links(false);
    let mut text = String::new();
    for fault in faults {
        // Writing into a String cannot fail.
        let _ = handler.render_report(&mut text, fault.report(severity).as_ref());
        text.push('\n');
    }
    text
}

/// `1 problem`, `2 problems`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_its_line_and_a_caret() {
        let fault = Fault::at(
            "a.yaml",
            "one: 1\ntwö: 2\n",
            7..11,
            "unknown key `twö`",
            Some("did you mean `two`?".into()),
        );
        let text = Failure::config(fault.clone()).text(false);
        for part in ["unknown key `twö`", "a.yaml:2:1", "did you mean `two`?", "1 problem"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(fault.json()["line"], 2);
    }

    #[test]
    fn a_span_beside_the_text_is_brought_back() {
        assert_eq!(clamp("aö", 2..9), 1..3);
        assert_eq!(clamp("", 5..6), 0..0);
    }

    #[test]
    fn a_file_cannot_write_to_the_terminal() {
        let fault = Fault::at("a.yaml", "a: \u{1b}[31mred\n", 3..8, "this is wrong", None);
        let text = Failure::config(fault).text(false);
        assert!(!text.contains('\u{1b}') && text.contains("?[31mred"), "{text}");
    }
}
