//! The rows of a table of values between commas, as RFC 4180 has them. Where a row ends, and whether its quotes are right, is one question: a reader that
//! takes what follows a quote without its other one for one long value would lose the lines behind it. So such a row is broken, and nothing is read behind it.

use super::Wrong;
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// Most lines of a row: a value between quotes may have ends of lines in it.
pub const MAX_LINES: u64 = 16;
/// What some write in front of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";
const QUOTES: &str = "a value between quotes ends with a quote, and behind it stands a comma or the end of the line; a quote in the value is written twice";

/// What is wrong with a row, and where in its text.
pub(super) type Fault = (Wrong, Range<usize>);

/// A row as it is written.
#[derive(Debug)]
pub(super) struct Row {
    /// The number of its first line, from 1.
    pub line: u64,
    /// Its lines, without the end of the last.
    pub text: String,
    /// Where its cells are in the text, quotes included.
    pub cells: Vec<Range<usize>>,
    /// What is wrong with the whole of it.
    pub fault: Option<Fault>,
    /// Nobody can tell where it ends: it is the last that is read.
    pub broken: bool,
}

impl Row {
    /// The values of its cells.
    pub fn values(&self) -> impl Iterator<Item = String> {
        self.cells.iter().map(|cell| {
            let written = &self.text[cell.clone()];
            let between = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            between.map_or_else(|| written.to_owned(), |value| value.replace("\"\"", "\""))
        })
    }
}

/// Reads a table row by row. Lines with nothing on them are passed over.
pub(super) struct Table<R> {
    reader: R,
    /// Lines read.
    line: u64,
    /// Longest row in bytes.
    most: usize,
}

impl<R: BufRead> Table<R> {
    /// Rows of at most so many bytes.
    pub fn new(reader: R, most: usize) -> Self {
        Self { reader, line: 0, most }
    }

    /// The next row; none at the end. Errors: the file cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Row>> {
        loop {
            let mut row = Reading::default();
            if !self.line(&mut row.bytes)? {
                return Ok(None);
            }
            let first = self.line;
            let fault = self.read_on(&mut row, first)?;
            if fault.is_some() || !row.bytes.trim_ascii().is_empty() {
                return Ok(Some(row.finish(first, fault)));
            }
        }
    }

    /// Reads on as long as a quote is open; why the row is broken.
    fn read_on(&mut self, row: &mut Reading, first: u64) -> io::Result<Option<Fault>> {
        loop {
            if let Err(fault) = row.scan() {
                return Ok(Some(fault));
            }
            let open = row.open();
            if row.bytes.len() > self.most {
                let by = format!("within {} bytes", self.most);
                return Ok(Some(open.map_or_else(|| long(self.most), |open| unclosed(open, &by))));
            }
            let Some(open) = open else { return Ok(None) };
            if self.line + 1 - first == MAX_LINES {
                return Ok(Some(unclosed(open, &format!("within {MAX_LINES} lines"))));
            }
            if !self.line(&mut row.bytes)? {
                return Ok(Some(unclosed(open, "before the file ends")));
            }
        }
    }

    /// Appends the next line with its end, or what has room. Whether there is one.
    fn line(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let room = (self.most + 1).saturating_sub(bytes.len());
        let read = self.reader.by_ref().take(room as u64).read_until(b'\n', bytes)?;
        self.line += u64::from(read > 0);
        if self.line == 1 && bytes.starts_with(BOM) {
            bytes.drain(..BOM.len());
        }
        Ok(read > 0)
    }
}

/// Where in a cell a byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    /// In front of its first byte.
    #[default]
    Start,
    /// In a value without quotes.
    Bare,
    /// Between quotes, the first of which stands there.
    Quoted(usize),
    /// Behind a quote that closes what was opened there, or is the first of two that mean one.
    Closed(usize),
}

/// A row that is being read.
#[derive(Default)]
struct Reading {
    bytes: Vec<u8>,
    scanned: usize,
    within: Within,
    commas: Vec<usize>,
}

impl Reading {
    /// Goes through what is new.
    fn scan(&mut self) -> Result<(), Fault> {
        for at in self.scanned..self.bytes.len() {
            let byte = self.bytes[at];
            self.within = match self.within {
                Within::Quoted(open) if byte == b'"' => Within::Closed(open),
                Within::Quoted(open) => Within::Quoted(open),
                Within::Closed(open) if byte == b'"' => Within::Quoted(open),
                Within::Start if byte == b'"' => Within::Quoted(at),
                _ if byte == b'\r' && self.is_alone(at) => return Err(alone(at)),
                Within::Start | Within::Bare | Within::Closed(_) if byte == b',' => {
                    self.commas.push(at);
                    Within::Start
                }
                Within::Closed(open) if matches!(byte, b'\r' | b'\n') => Within::Closed(open),
                Within::Closed(open) => return Err(self.behind(open, at)),
                Within::Start | Within::Bare => Within::Bare,
            };
        }
        self.scanned = self.bytes.len();
        Ok(())
    }

    /// Whether no end of the line follows that carriage return.
    fn is_alone(&self, at: usize) -> bool {
        !matches!(self.bytes.get(at + 1), None | Some(b'\n'))
    }

    /// Where the quote stands that is open.
    fn open(&self) -> Option<usize> {
        match self.within {
            Within::Quoted(open) => Some(open),
            Within::Start | Within::Bare | Within::Closed(_) => None,
        }
    }

    fn behind(&self, open: usize, at: usize) -> Fault {
        let lines = self.bytes[open..at].iter().filter(|byte| **byte == b'\n').count();
        let closed = match lines {
            0 => "closed".to_owned(),
            1 => "closed in the next line".to_owned(),
            lines => format!("closed {lines} lines below"),
        };
        let problem = format!("the quote that opens here is {closed}, and no comma follows");
        (Wrong::new("", problem, QUOTES), open..if lines == 0 { at } else { open + 1 })
    }

    /// The row that began in this line.
    fn finish(mut self, line: u64, fault: Option<Fault>) -> Row {
        while matches!(self.bytes.last(), Some(b'\r' | b'\n')) {
            self.bytes.pop();
        }
        let broken = fault.is_some();
        match String::from_utf8(self.bytes) {
            Ok(text) => {
                let cells = cells(&self.commas, text.len());
                Row { line, text, cells, fault, broken }
            }
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let at = error.utf8_error().valid_up_to();
                let wrong = Wrong::new("", "this is not UTF-8", "save the file as UTF-8");
                let fault = Some((wrong, at..at + char::REPLACEMENT_CHARACTER.len_utf8()));
                Row { line, text, cells: Vec::new(), fault, broken }
            }
        }
    }
}

fn cells(commas: &[usize], end: usize) -> Vec<Range<usize>> {
    let begins = std::iter::once(0).chain(commas.iter().map(|comma| comma + 1));
    let ends = commas.iter().copied().chain([end]);
    begins.zip(ends).map(|(begin, end)| begin..end).collect()
}

fn unclosed(open: usize, by: &str) -> Fault {
    let problem = format!("the quote that opens here is not closed {by}");
    (Wrong::new("", problem, QUOTES), open..open + 1)
}

fn long(most: usize) -> Fault {
    let wrong = Wrong::new("", format!("longer than {most} bytes"), "write one product a line");
    (wrong, 0..most)
}

fn alone(at: usize) -> Fault {
    let help = "end lines with a line feed: tr '\\r' '\\n' < FILE";
    (Wrong::new("", "there is a carriage return and no line feed behind it", help), at..at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows: the first line's number, the values.
    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut table = Table::new(text.as_bytes(), 100);
        let mut rows = Vec::new();
        while let Some(row) = table.next().unwrap() {
            assert_eq!(row.fault, None, "{row:?}");
            rows.push((row.line, row.values().collect()));
        }
        rows
    }

    /// The fault of the last row: line and column of its place, what is wrong. Nothing is read behind it.
    fn fault(text: &str) -> (usize, usize, String) {
        let mut table = Table::new(text.as_bytes(), 100);
        loop {
            let row = table.next().unwrap().expect("a row that is broken");
            if let Some((wrong, place)) = row.fault {
                assert!(row.broken);
                let before = &row.text[..place.start];
                let line = row.line as usize + before.matches('\n').count();
                return (line, before.rsplit('\n').next().unwrap().len() + 1, wrong.problem);
            }
        }
    }

    #[test]
    fn rows_are_read_with_the_numbers_of_their_lines() {
        let row = |line, values: &[&str]| (line, values.iter().map(ToString::to_string).collect());
        let text =
            "\u{feff}a,b\r\n\r\n1,\"x,\"\"y\"\"\"\n  \n\"two\nlines\",\n5\" wide,2\"\n\"\",\"z\"";
        assert_eq!(
            rows(text),
            [
                row(1, &["a", "b"]),
                row(3, &["1", "x,\"y\""]),
                row(5, &["two\nlines", ""]),
                row(7, &["5\" wide", "2\""]),
                row(8, &["", "z"]),
            ]
        );
        assert_eq!(rows(""), []);
    }

    #[test]
    fn a_quote_without_its_other_one_is_found_where_it_opens() {
        let open = |by: &str| format!("the quote that opens here is not closed {by}");
        let end = open("before the file ends");
        assert_eq!(fault("id,n\np1,\"a\np2,b\n"), (2, 4, end.clone()));
        assert_eq!(fault("id,n\n\"a\nb\",\"c\np2,b\n"), (3, 4, end));
        let next = "the quote that opens here is closed in the next line, and no comma follows";
        assert_eq!(fault("id,n\np1,\"a\np2,\"b\"\n"), (2, 4, next.to_owned()));
        let same = "the quote that opens here is closed, and no comma follows";
        assert_eq!(fault("p1,\"5\" wide\",2\n"), (1, 4, same.to_owned()));
        let many = format!("p1,\"a\n{}", "b\n".repeat(20));
        assert_eq!(fault(&many), (1, 4, open("within 16 lines")));
        let long = format!("p1,\"{}", "b".repeat(200));
        assert_eq!(fault(&long), (1, 4, open("within 100 bytes")));
    }

    #[test]
    fn a_row_has_an_end_of_its_own() {
        assert_eq!(fault(&"b".repeat(200)), (1, 1, "longer than 100 bytes".to_owned()));
        let alone = "there is a carriage return and no line feed behind it".to_owned();
        assert_eq!(fault("id,n\rp1,2\r"), (1, 5, alone));
    }

    #[test]
    fn what_is_not_utf_8_is_one_row_alone() {
        let mut table = Table::new(&b"a,\xff\nb,c\n"[..], 100);
        let first = table.next().unwrap().unwrap();
        assert!(!first.broken && first.fault.unwrap().0.problem.contains("not UTF-8"));
        assert_eq!(table.next().unwrap().unwrap().values().collect::<Vec<_>>(), ["b", "c"]);
    }
}
