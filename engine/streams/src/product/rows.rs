//! A file's products, one by one.

use super::field::{Kind, Wrong};
use super::product;
use super::table::{self, Table};
use crate::record::MAX_CONTENT;
use cartwheel_core::product::ID;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::ops::Range;

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
    /// As it is written, without the end of the line.
    pub text: String,
    /// The content of the product's entry, or what is wrong.
    pub product: Result<Box<RawValue>, Vec<Wrong>>,
    /// Where the fields stand in the text, if something is wrong; under the empty name, what is wrong with all of it.
    places: Vec<(String, Range<usize>)>,
}

impl Row {
    /// Where in the text the field stands; all of it where that cannot be told.
    pub fn place(&self, field: &str) -> Range<usize> {
        let known = self.places.iter().find(|(name, _)| name == field);
        known.map_or(0..self.text.len(), |(_, place)| place.clone())
    }
}

/// Reads a file's products, in order. Empty lines are passed over.
pub struct Rows<R>(Source<R>);

enum Source<R> {
    Jsonl { reader: R, line: u64 },
    Csv { table: Table<R>, columns: Option<Vec<Column>>, ended: bool },
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
                Source::Csv { table: Table::new(reader, MAX_LINE), columns: None, ended: false }
            }
        })
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Jsonl { reader, line } => jsonl(reader, line).transpose(),
            Source::Csv { table, columns, ended } => {
                if *ended {
                    return None;
                }
                csv_row(table, columns, ended).transpose()
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
        let places = product.as_ref().err().map_or_else(Vec::new, |wrong| names(&text, wrong));
        return Ok(Some(Row { line: *line, text, product, places }));
    }
}

/// Where the names of these fields stand in an object.
fn names(text: &str, wrong: &[Wrong]) -> Vec<(String, Range<usize>)> {
    let place = |wrong: &Wrong| {
        let name = format!("\"{}\"", wrong.field);
        let at = text.find(&name)?;
        Some((wrong.field.clone(), at..at + name.len()))
    };
    wrong.iter().filter(|wrong| !wrong.field.is_empty()).filter_map(place).collect()
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

/// The next row below the heading, or what is wrong with the table; then it has `ended` perhaps.
fn csv_row<R: BufRead>(
    table: &mut Table<R>,
    columns: &mut Option<Vec<Column>>,
    ended: &mut bool,
) -> io::Result<Option<Row>> {
    while let Some(written) = table.next()? {
        *ended = written.broken;
        let values: Vec<String> = written.values().collect();
        let product = match (&written.fault, columns.as_ref()) {
            (Some((wrong, _)), _) => Err(vec![wrong.clone()]),
            (None, Some(columns)) => cells(columns, &values).and_then(product),
            (None, None) => match heading(&values) {
                Ok(read) => {
                    *columns = Some(read);
                    continue;
                }
                Err(wrong) => Err(wrong),
            },
        };
        // A table whose heading is wrong has no rows.
        *ended |= columns.is_none();
        let places = match &product {
            Ok(_) => Vec::new(),
            Err(_) => places(&written, &values, columns.as_deref()),
        };
        return Ok(Some(Row { line: written.line, text: written.text, product, places }));
    }
    Ok(None)
}

/// Where the fields of a row stand, or the columns of the heading.
fn places(
    written: &table::Row,
    values: &[String],
    columns: Option<&[Column]>,
) -> Vec<(String, Range<usize>)> {
    let names: Vec<&str> = match columns {
        Some(columns) => columns.iter().map(|column| column.name.as_str()).collect(),
        None => values.iter().map(|value| value.trim()).collect(),
    };
    let of_row = written.fault.iter().map(|(wrong, place)| (wrong.field.as_str(), place));
    let all = of_row.chain(names.into_iter().zip(&written.cells));
    all.map(|(name, place)| (name.to_owned(), place.clone())).collect()
}

/// The columns: `NAME`, or for a field of the shop's own `NAME:number`, `NAME:boolean`, `NAME:list`, `NAME:text`.
fn heading(cells: &[String]) -> Result<Vec<Column>, Vec<Wrong>> {
    let mut columns: Vec<Column> = Vec::new();
    let mut wrong = Vec::new();
    for cell in cells {
        let cell = cell.trim();
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

fn cells(columns: &[Column], row: &[String]) -> Result<Vec<(String, Value)>, Vec<Wrong>> {
    if row.len() != columns.len() {
        let problem = format!("{} values, and the heading has {}", row.len(), columns.len());
        return Err(vec![Wrong::new(
            "",
            problem,
            "put a value that has a comma in it between quotes",
        )]);
    }
    let (mut fields, mut wrong) = (Vec::new(), Vec::new());
    for (column, cell) in columns.iter().zip(row) {
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
    fn what_is_wrong_is_found_where_it_stands() {
        let place = |form, text: &str, field: &str| {
            let row = Rows::new(form, text.as_bytes()).last().unwrap().unwrap();
            assert!(row.product.is_err(), "{row:?}");
            (row.line, row.text[row.place(field)].to_owned())
        };
        let table = "id,sku,stock\r\n\r\np1,\"a,\"\"b\",x\r\n";
        assert_eq!(place(Form::Csv, table, "stock"), (3, "x".into()));
        assert_eq!(place(Form::Csv, "id, kg:weight\n", "kg:weight"), (1, " kg:weight".into()));
        assert_eq!(place(Form::Csv, "id,stock\np1,1,2\n", ""), (2, "p1,1,2".into()));
        let open = "id,stock\np1,\"1\np2,2\n";
        assert_eq!(place(Form::Csv, open, ""), (2, "\"".into()));
        let line = r#"{"id":"p1","stock":1.5}"#;
        assert_eq!(place(Form::Jsonl, line, "stock"), (1, "\"stock\"".into()));
        assert_eq!(place(Form::Jsonl, "[1]", ""), (1, "[1]".into()));
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let text = format!("{}\n{{\"id\":\"p\"}}\n", "x".repeat(3 * MAX_LINE));
        let rows = read(Form::Jsonl, &text);
        assert!(rows[0].1.as_ref().unwrap_err().contains("longer than"));
        assert_eq!(rows[1], (2, Ok(r#"{"id":"p"}"#.into())));
    }
}
