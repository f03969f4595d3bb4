//! From what an author wrote to what is parsed: every `{{ }}` becomes a tag that knows its line and its place, and every tag that could fail is told its line.

use super::error::Part;
use super::marks::mark;
use super::place::{HTML_SIGNS, JSON_SIGNS, Place};
use super::print::{AT, KEEP, PRINT};
use super::scan::Tag;
use super::source::Lines;
use super::{html, json};

/// A piece of a source.
pub(super) enum Piece<'a> {
    /// What leaves as it is.
    Static(&'a str),
    /// A tag: its text with braces, what it is, and its line.
    Tag { text: &'a str, inner: &'a str, tag: &'a Tag, line: usize },
}

impl<'a> Piece<'a> {
    /// A tag of a source.
    pub(super) fn of(source: &'a str, lines: &Lines, tag: &'a Tag) -> Self {
        Piece::Tag {
            text: &source[tag.outer.clone()],
            inner: &source[tag.inner.clone()],
            tag,
            line: lines.at(tag.outer.start),
        }
    }

    /// The pieces of a source that is no MJML.
    pub(super) fn all(source: &'a str, lines: &Lines, tags: &'a [Tag]) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut copied = 0;
        for tag in tags {
            pieces.push(Piece::Static(&source[copied..tag.outer.start]));
            pieces.push(Piece::of(source, lines, tag));
            copied = tag.outer.end;
        }
        pieces.push(Piece::Static(&source[copied..]));
        pieces
    }
}

/// In which line something is wrong, and what.
pub(super) type Problem = (usize, &'static str);

/// Follows where in the part a value stands.
#[derive(Clone)]
enum Scanner {
    Html(html::Scanner),
    Json(json::Scanner),
    Plain,
}

impl Scanner {
    fn of(part: Part) -> Self {
        match part {
            Part::Html => Scanner::Html(html::Scanner::default()),
            Part::Webhook => Scanner::Json(json::Scanner::default()),
            Part::Subject | Part::Text | Part::Sms | Part::Push => Scanner::Plain,
        }
    }

    fn feed(&mut self, text: &str) {
        match self {
            Scanner::Html(scanner) => scanner.feed(text),
            Scanner::Json(scanner) => scanner.feed(text),
            Scanner::Plain => {}
        }
    }

    fn place(&self, inner: &str) -> Result<Place, &'static str> {
        match self {
            Scanner::Html(scanner) => scanner.place(),
            Scanner::Json(scanner) => {
                Ok(if ends_in_json(inner) { Place::Json } else { scanner.place() })
            }
            Scanner::Plain => Ok(Place::Plain),
        }
    }

    fn value(&mut self) {
        if let Scanner::Html(scanner) = self {
            scanner.value();
        }
    }
}

fn ends_in_json(inner: &str) -> bool {
    let last = inner.rsplit('|').next().filter(|last| last.len() < inner.len());
    last.is_some_and(|last| last.trim() == "json")
}

/// Rewrites the pieces of a part. Errors: every value that stands where none may.
pub(super) fn rewrite<'a>(
    part: Part,
    pieces: impl IntoIterator<Item = Piece<'a>>,
) -> Result<String, Vec<Problem>> {
    let mut writer = Writer {
        part,
        out: String::new(),
        scanner: Scanner::of(part),
        captures: Vec::new(),
        branches: Vec::new(),
        in_comment: false,
        problems: Vec::new(),
    };
    for piece in pieces {
        match piece {
            Piece::Static(text) => writer.text(text),
            Piece::Tag { text, inner, tag, line } if tag.prints => {
                writer.value(text, inner, line);
            }
            Piece::Tag { text, inner, line, .. } => writer.tag(text, inner, line),
        }
    }
    if writer.problems.is_empty() { Ok(writer.out) } else { Err(writer.problems) }
}

struct Writer {
    part: Part,
    out: String,
    scanner: Scanner,
    /// Where the text around each `capture` stood.
    captures: Vec<Scanner>,
    /// Where each branch began, so that `else` begins there too.
    branches: Vec<Scanner>,
    in_comment: bool,
    problems: Vec<Problem>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.in_comment {
            self.out.push_str(text);
            return;
        }
        self.scanner.feed(text);
        let signs = match self.part {
            Part::Html => HTML_SIGNS,
            Part::Webhook => JSON_SIGNS,
            Part::Subject | Part::Text | Part::Sms | Part::Push => "",
        };
        if self.captures.is_empty() {
            self.out.push_str(text);
        } else {
            self.out.push_str(&mark(text, signs));
        }
    }

    fn value(&mut self, text: &str, inner: &str, line: usize) {
        let place = match self.scanner.place(inner) {
            Ok(place) => place.name(),
            Err(why) => return self.problems.push((line, why)),
        };
        self.scanner.value();
        let (open, close) = hyphens(text);
        let tag = if self.captures.is_empty() { PRINT } else { KEEP };
        self.out.push_str(&format!("{{%{open} {tag} {line} {place} {inner} {close}%}}"));
    }

    fn tag(&mut self, text: &str, inner: &str, line: usize) {
        let keyword = inner.split_whitespace().next().unwrap_or_default();
        let evaluates = matches!(
            keyword,
            "if" | "unless" | "case" | "for" | "tablerow" | "assign" | "capture" | "ifchanged"
        );
        if evaluates {
            let (open, _) = hyphens(text);
            self.out.push_str(&format!("{{%{open} {AT} {line} %}}"));
        }
        self.out.push_str(text);
        match keyword {
            "comment" => self.in_comment = true,
            "endcomment" => self.in_comment = false,
            "capture" => {
                let around = std::mem::replace(&mut self.scanner, Scanner::of(self.part));
                self.captures.push(around);
            }
            "endcapture" => {
                if let Some(around) = self.captures.pop() {
                    self.scanner = around;
                }
            }
            "if" | "unless" | "case" | "for" | "tablerow" | "ifchanged" => {
                self.branches.push(self.scanner.clone());
            }
            "else" | "elsif" | "when" => {
                if let Some(begun) = self.branches.last() {
                    self.scanner = begun.clone();
                }
            }
            "endif" | "endunless" | "endcase" | "endfor" | "endtablerow" | "endifchanged" => {
                self.branches.pop();
            }
            _ => {}
        }
    }
}

/// The hyphens of a tag, which take blanks away around it.
fn hyphens(text: &str) -> (&'static str, &'static str) {
    let hyphen = |is: bool| if is { "-" } else { "" };
    let braces = text.len().saturating_sub(2);
    (
        hyphen(text.get(2..).is_some_and(|inner| inner.starts_with('-'))),
        hyphen(text.get(..braces).is_some_and(|inner| inner.ends_with('-'))),
    )
}

#[cfg(test)]
mod tests {
    use super::super::scan::tags;
    use super::*;

    fn compiled(part: Part, source: &str) -> Result<String, Vec<Problem>> {
        rewrite(part, Piece::all(source, &Lines::of(source), &tags(source)))
    }

    #[test]
    fn values_know_their_line_and_place() {
        for (part, source, expected) in [
            (Part::Text, "a\n{{- b | c -}}", "a\n{%- print 2 plain  b | c  -%}"),
            (Part::Html, "<p>{{ a }}</p>", "<p>{% print 1 text  a  %}</p>"),
            (
                Part::Html,
                "<a href=\"{{ a }}{{ b }}/{{ c }}\">",
                "<a href=\"{% print 1 url  a  %}{% print 1 url_rest  b  %}/{% print 1 attribute  c  %}\">",
            ),
            (
                Part::Html,
                "{% if a %}<a href=\"{% else %}<a title=\"{% endif %}{{ b }}",
                "{% at 1 %}{% if a %}<a href=\"{% else %}<a title=\"{% endif %}{% print 1 attribute  b  %}",
            ),
            (
                Part::Webhook,
                "{\"a\": \"{{ a }}\", \"b\": {{ b }}, \"c\": {{ c | json }}}",
                "{\"a\": \"{% print 1 json_text  a  %}\", \"b\": {% print 1 json_value  b  %}, \"c\": {% print 1 json  c | json  %}}",
            ),
        ] {
            assert_eq!(compiled(part, source).as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn a_capture_is_a_page_of_its_own() {
        let source = "<img alt=\"{% capture x %}<b>{{ a }}</b>{% endcapture %}{{ x }}\">{{ x }}";
        let written = compiled(Part::Html, source).unwrap();
        assert!(written.contains(&mark("<b>", HTML_SIGNS)), "{written}");
        assert!(written.contains("{% keep 1 text  a  %}"), "{written}");
        assert!(written.contains("{% print 1 attribute  x  %}\">{% print 1 text  x  %}"));
    }

    #[test]
    fn comments_do_not_count() {
        let source = "{% comment %}<a href=\"{% endcomment %}{{ a }}";
        assert!(compiled(Part::Html, source).unwrap().ends_with("{% print 1 text  a  %}"));
    }

    #[test]
    fn what_may_not_stand_there_is_named_with_its_line() {
        let problems = compiled(Part::Html, "<style>\n{{ a }}</style>\n<p {{ b }}>").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3]);
    }
}
