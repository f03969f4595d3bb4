//! A file's products, one by one.

use super::field::{Kind, Wrong};
use super::product;
use crate::record::MAX_CONTENT;
use cartwheel_core::product::ID;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::io::{self, BufRead, Read};

/// Longest line in bytes: what a product may have, written with much white space.
const MAX_LINE: usize = 4 * MAX_CONTENT;
/// Between two elements of a list in a table's cell.
const BETWEEN: char = ';';
/// A cell that removes a field.
const NULL: &str = "null";

/// How products are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line.
    Jsonl,
    /// Values between commas, with the fields' names above.
    Csv,
}

/// A line with a product on it.
#[derive(Debug)]
pub struct Row {
    /// Its number, from 1; of a row that has several lines the first.
    pub line: u64,
    /// The line as it is written; of a table its cells between commas.
    pub text: String,
    /// The content of the product's entry, or what is wrong.
    pub product: Result<Box<RawValue>, Vec<Wrong>>,
}

/// Reads a file's products, in order. Empty lines are passed over.
pub struct Rows<R>(Source<R>);

enum Source<R> {
    Jsonl { reader: R, line: u64 },
    Csv { reader: Box<csv::Reader<R>>, columns: Option<Vec<Column>>, ended: bool },
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    cells: Cells,
}

/// How a column's cells are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cells {
    Text,
    Number,
    Bool,
    List,
}

impl<R: BufRead> Rows<R> {
    /// Of a file in this form.
    pub fn new(form: Form, reader: R) -> Self {
        Self(match form {
            Form::Jsonl => Source::Jsonl { reader, line: 0 },
            Form::Csv => {
                let reader =
                    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader);
                Source::Csv { reader: Box::new(reader), columns: None, ended: false }
            }
        })
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Jsonl { reader, line } => jsonl(reader, line).transpose(),
            Source::Csv { reader, columns, ended } => {
                let row = if *ended { Ok(None) } else { csv_row(reader, columns) };
                // A table whose heading is wrong has no rows.
                *ended = matches!(&row, Ok(Some(_)) if columns.is_none());
                row.transpose()
            }
        }
    }
}

fn jsonl(reader: &mut impl BufRead, line: &mut u64) -> io::Result<Option<Row>> {
    loop {
        let mut bytes = Vec::new();
        let read = reader.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        *line += 1;
        let whole =
            if *line == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
        let text = String::from_utf8_lossy(whole.trim_ascii()).into_owned();
        let product = match std::str::from_utf8(whole.trim_ascii()) {
            Ok("") => continue,
            _ if read > MAX_LINE => {
                skip_line(reader)?;
                Err(vec![Wrong::new(
                    "",
                    format!("longer than {MAX_LINE} bytes"),
                    "write one product a line",
                )])
            }
            Err(_) => Err(vec![Wrong::new("", "this is not UTF-8", "save the file as UTF-8")]),
            Ok(text) => object(text).and_then(product),
        };
        return Ok(Some(Row { line: *line, text, product }));
    }
}

/// The rest of a line that is too long to be kept.
fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let there = reader.fill_buf()?;
        let (end, used) = match there.iter().position(|byte| *byte == b'\n') {
            Some(at) => (true, at + 1),
            None => (there.is_empty(), there.len()),
        };
        reader.consume(used);
        if end {
            return Ok(());
        }
    }
}

fn object(text: &str) -> Result<Vec<(String, Value)>, Vec<Wrong>> {
    serde_json::from_str(text).map(|Pairs(pairs)| pairs).map_err(|error| {
        let problem = format!("this is no JSON object ({error})");
        vec![Wrong::new(
            "",
            problem,
            "write one product a line, such as {\"id\": \"p1\", \"stock\": 12}",
        )]
    })
}

/// An object's fields in order, those that stand there twice among them.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Pairs;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

fn csv_row<R: Read>(
    reader: &mut csv::Reader<R>,
    columns: &mut Option<Vec<Column>>,
) -> io::Result<Option<Row>> {
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return unreadable(error).map(Some),
        }
        let line = record.position().map_or(0, csv::Position::line);
        let text = record.iter().collect::<Vec<_>>().join(",");
        match columns {
            None => match heading(&record) {
                Ok(read) => *columns = Some(read),
                Err(wrong) => return Ok(Some(Row { line, text, product: Err(wrong) })),
            },
            Some(columns) => {
                let product = cells(columns, &record).and_then(product);
                return Ok(Some(Row { line, text, product }));
            }
        }
    }
}

fn unreadable(error: csv::Error) -> io::Result<Row> {
    let line = error.position().map_or(0, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Err(error),
        csv::ErrorKind::Utf8 { err, .. } => {
            let problem = format!("value {} is not UTF-8", err.field() + 1);
            let wrong = Wrong::new("", problem, "save the file as UTF-8");
            Ok(Row { line, text: String::new(), product: Err(vec![wrong]) })
        }
        other => Err(io::Error::other(format!("{other:?}"))),
    }
}

/// The columns: `NAME`, or for a field of the shop's own `NAME:number`, `NAME:boolean`, `NAME:list`, `NAME:text`.
fn heading(record: &csv::StringRecord) -> Result<Vec<Column>, Vec<Wrong>> {
    let mut columns: Vec<Column> = Vec::new();
    let mut wrong = Vec::new();
    for cell in record {
        let cell = cell.trim_start_matches('\u{feff}').trim();
        let (name, kind) = cell.split_once(':').unwrap_or((cell, ""));
        let cells = match (Kind::of(name), kind) {
            (Some(Kind::Texts), "" | "list") | (None, "list") => Some(Cells::List),
            // Known fields are read as what they are, whatever they are written as.
            (Some(_), "") | (None, "" | "text") => Some(Cells::Text),
            (None, "number") if name != ID => Some(Cells::Number),
            (None, "boolean") if name != ID => Some(Cells::Bool),
            (Some(_) | None, _) => None,
        };
        let twice = columns.iter().any(|column| column.name == name);
        match cells {
            Some(cells) if !twice => columns.push(Column { name: name.into(), cells }),
            Some(_) => {
                wrong.push(Wrong::new(cell, "there is such a column already", "leave one of them"))
            }
            None => wrong.push(Wrong::new(
                cell,
                "this is no column",
                "write NAME, or for a field of your own NAME:number, NAME:boolean, NAME:list",
            )),
        }
    }
    if !columns.iter().any(|column| column.name == ID) {
        wrong.push(Wrong::new(
            "",
            "there is no column `id`",
            "the first line has the fields' names, such as id,price,currency,stock",
        ));
    }
    if wrong.is_empty() { Ok(columns) } else { Err(wrong) }
}

fn cells(
    columns: &[Column],
    record: &csv::StringRecord,
) -> Result<Vec<(String, Value)>, Vec<Wrong>> {
    if record.len() != columns.len() {
        let problem = format!("{} values, and the heading has {}", record.len(), columns.len());
        return Err(vec![Wrong::new(
            "",
            problem,
            "put a value that has a comma in it between quotes",
        )]);
    }
    let (mut fields, mut wrong) = (Vec::new(), Vec::new());
    for (column, cell) in columns.iter().zip(record) {
        match value(column, cell) {
            Ok(None) => {}
            Ok(Some(value)) => fields.push((column.name.clone(), value)),
            Err(problem) => wrong.push(problem),
        }
    }
    if wrong.is_empty() { Ok(fields) } else { Err(wrong) }
}

/// A cell's value; none for an empty one, which says nothing of the field.
fn value(column: &Column, cell: &str) -> Result<Option<Value>, Wrong> {
    let wrong = |help: &str| Wrong::new(&column.name, format!("`{cell}` does not fit"), help);
    Ok(Some(match (cell.trim(), column.cells) {
        ("", _) => return Ok(None),
        (NULL, _) if column.name != ID => Value::Null,
        (cell, Cells::Text) => cell.into(),
        ("true", Cells::Bool) => true.into(),
        ("false", Cells::Bool) => false.into(),
        (_, Cells::Bool) => return Err(wrong("write true or false")),
        (cell, Cells::Number) => match serde_json::from_str(cell) {
            Ok(Value::Number(number)) => number.into(),
            _ => return Err(wrong("write a number, such as 4.5")),
        },
        (cell, Cells::List) => {
            cell.split(BETWEEN).map(str::trim).filter(|part| !part.is_empty()).collect()
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: Form, text: &str) -> Vec<(u64, Result<String, String>)> {
        let row = |row: io::Result<Row>| {
            let row = row.unwrap();
            let shown = |wrong: Vec<Wrong>| {
                wrong
                    .iter()
                    .map(|wrong| format!("{}: {}", wrong.field, wrong.problem))
                    .collect::<Vec<_>>()
                    .join("; ")
            };
            (row.line, row.product.map(|product| product.get().to_owned()).map_err(shown))
        };
        Rows::new(form, text.as_bytes()).map(row).collect()
    }

    #[test]
    fn a_line_is_a_product() {
        let text = "\u{feff}{\"id\":\"p1\",\"price\":20.5,\"own\":null}\r\n\n  {\"id\":7,\"badges\":[\"new\"]}";
        assert_eq!(
            read(Form::Jsonl, text),
            [
                (1, Ok(r#"{"id":"p1","own":null,"price":"20.5"}"#.into())),
                (3, Ok(r#"{"badges":["new"],"id":"7"}"#.into()))
            ]
        );
    }

    #[test]
    fn a_table_is_read_by_its_heading() {
        let text = "id,price,stock,badges,weight:number,vegan:boolean,sku\n\
            p1,20.50,12,new; sale,1.5,true,007\n\
            \"p,2\",,null,,,,\"two\nlines\"\n\
            p3,1,2,,,,x\n";
        assert_eq!(
            read(Form::Csv, text),
            [
                (2, Ok(r#"{"badges":["new","sale"],"id":"p1","price":"20.5","sku":"007","stock":12,"vegan":true,"weight":1.5}"#.into())),
                (3, Ok(r#"{"id":"p,2","sku":"two\nlines","stock":null}"#.into())),
                (5, Ok(r#"{"id":"p3","price":"1","sku":"x","stock":2}"#.into())),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_rest_is_read() {
        let text = "{\"id\":\"p1\",\"price\":\"$2\",\"stock\":1.5}\n{\n[1]\n{\"stock\":1}\n{\"id\":\"a\",\"id\":\"b\"}\n{\"id\":\"p2\"}";
        let rows = read(Form::Jsonl, text);
        let wrong = |row: usize| rows[row].1.clone().unwrap_err();
        assert_eq!(wrong(0), "price: \"$2\" does not fit; stock: 1.5 does not fit");
        assert!(wrong(1).contains("no JSON object") && wrong(2).contains("no JSON object"));
        assert_eq!(
            (wrong(3).as_str(), wrong(4).as_str()),
            ("id: it is missing", "id: it stands there twice")
        );
        assert_eq!(rows[5], (6, Ok(r#"{"id":"p2"}"#.into())));
        let table = read(Form::Csv, "id,weight:number,vegan:boolean\np1,heavy,yes\np2,1\n");
        assert_eq!(
            table,
            [
                (2, Err("weight: `heavy` does not fit; vegan: `yes` does not fit".into())),
                (3, Err(": 2 values, and the heading has 3".into()))
            ]
        );
        let heading = read(Form::Csv, "price,price,stock:number\np1,1\n");
        assert_eq!(heading.len(), 1, "a table whose heading is wrong has no rows");
        assert!(heading[0].1.as_ref().unwrap_err().contains("there is no column `id`"));
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let text = format!("{}\n{{\"id\":\"p\"}}\n", "x".repeat(3 * MAX_LINE));
        let rows = read(Form::Jsonl, &text);
        assert!(rows[0].1.as_ref().unwrap_err().contains("longer than"));
        assert_eq!(rows[1], (2, Ok(r#"{"id":"p"}"#.into())));
    }
}
