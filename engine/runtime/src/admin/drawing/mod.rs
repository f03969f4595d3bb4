//! A journey as a drawing with its numbers: an SVG whose colours are the console's (`style.css`).

mod layout;
mod words;

use super::view::{JourneyView, StepView};
use layout::{Layout, Placed, Way, What};
use std::fmt::Write;
pub use words::{lines_of_beginning, lines_of_step};

/// A box and its distance to the next one, in pixels.
const BOX: (f64, f64) = (216.0, 72.0);
const GAP: (f64, f64) = (24.0, 48.0);
/// Around everything.
const MARGIN: f64 = 12.0;
/// Letters that fit into a box: of its name, and of the small lines, as beside a way.
const LETTERS: usize = 26;
const SMALL: usize = 36;

/// The drawing. What is cut off in a box can be read by pointing at it.
pub fn svg(view: &JourneyView) -> String {
    let Layout { boxes, ways } = layout::layout(&view.graph);
    // Lines may lie beside all boxes.
    let points = ways.iter().flat_map(|way| &way.points);
    let columns = points.map(|(_, column)| *column).fold(0.0, f64::max);
    let rows = boxes.iter().map(|it| it.row).fold(0, usize::max);
    let (width, height) = (centre(columns) + BOX.0 / 2.0 + MARGIN, top(rows) + BOX.1 + MARGIN);
    let name = escaped(&view.graph.journey);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"drawing\" role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\"><title>{name}</title>"
    );
    ways.iter().for_each(|way| line(&mut text, way));
    boxes.iter().for_each(|it| draw(&mut text, view, it));
    text + "</svg>\n"
}

/// The middle of a column, a whole pixel.
fn centre(column: f64) -> f64 {
    (MARGIN + BOX.0 / 2.0 + column * (BOX.0 + GAP.0)).round()
}

/// The upper edge of a row.
fn top(row: usize) -> f64 {
    MARGIN + row as f64 * (BOX.1 + GAP.1)
}

/// Down from box to box, straight through the rows that it passes.
fn line(text: &mut String, way: &Way) {
    let mut path = String::new();
    for pair in way.points.windows(2) {
        let ((row, column), (next, to)) = (pair[0], pair[1]);
        let (from, upper) = (centre(column), top(row) + BOX.1);
        let (to, lower) = (centre(to), top(next));
        let middle = (upper + lower) / 2.0;
        let begin = if path.is_empty() { 'M' } else { 'L' };
        // Writing into a String cannot fail.
        let _ = write!(path, "{begin}{from} {upper}C{from} {middle} {to} {middle} {to} {lower}");
    }
    let _ = write!(text, "<path class=\"way\" d=\"{path}\"/>");
    if let (Some(when), [(row, column), (_, to), ..]) = (&way.when, way.points.as_slice()) {
        let (x, y) =
            (((centre(*column) + 3.0 * centre(*to)) / 4.0).round(), top(*row) + BOX.1 + 34.0);
        let _ = write!(
            text,
            "<text class=\"when\" x=\"{x}\" y=\"{y}\">{}<title>{}</title></text>",
            escaped(&cut(when, SMALL)),
            escaped(when)
        );
    }
}

fn draw(text: &mut String, view: &JourneyView, placed: &Placed) {
    let graph = &view.graph;
    let (kind, lines, numbers) = match placed.what {
        What::Begin => {
            ("begin", lines_of_beginning(graph), words::numbers_of_beginning(&view.counts))
        }
        What::Step(number) => match graph.steps.get(number) {
            Some(step) => (step.kind.as_str(), lines_of_step(step), numbers(view, step)),
            None => return,
        },
        What::End => ("end", vec!["end".to_owned()], words::numbers_of_end(&view.counts)),
    };
    let (x, y) = (centre(placed.column), top(placed.row));
    let (left, round) =
        (x - BOX.0 / 2.0, if matches!(placed.what, What::Step(_)) { 8 } else { 24 });
    let _ = write!(
        text,
        "<g class=\"box {}\"><title>{}</title><rect x=\"{left}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/>",
        escaped(kind),
        escaped(&format!("{}\n{numbers}", lines.join("\n"))),
        BOX.0,
        BOX.1
    );
    // What does not fit, and further lines, stand in the title.
    let line = |number: usize| lines.get(number).map_or("", String::as_str);
    written(text, "name", x, y + 22.0, &cut(line(0), LETTERS));
    written(text, "says", x, y + 40.0, &cut(line(1), SMALL));
    written(text, "numbers", x, y + 60.0, &cut(&numbers, SMALL));
    *text += "</g>";
}

fn numbers(view: &JourneyView, step: &StepView) -> String {
    let counts = view.counts.steps.iter().find(|counts| counts.step == step.step);
    counts.map(words::numbers_of_step).unwrap_or_default()
}

fn written(text: &mut String, class: &str, x: f64, y: f64, what: &str) {
    if !what.is_empty() {
        let _ =
            write!(text, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(what));
    }
}

/// At most so many letters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Text in XML, also between quotes. What XML may not contain is a blank.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests;
