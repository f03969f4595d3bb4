//! A shop's file of products: read twice, once to see whether every line is right, once to write.

use crate::failure::{Failure, Fault};
use cartwheel_sim::trace::suggest;
use cartwheel_streams::product::{Form, Kind, Row, Rows, Wrong};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Seek};
use std::path::Path;

/// Standard input.
const STDIN: &str = "-";
/// Faults told at most.
const MAX_FAULTS: usize = 20;
/// Of a line at most so many bytes are shown.
const SHOWN: usize = 400;

/// A file of products.
pub struct Products {
    name: String,
    form: Form,
    file: File,
}

impl Products {
    /// The file at `path`; what comes from standard input is kept in a file until the end. Errors: it cannot be read, or its name says nothing of its form.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        if name == STDIN {
            let mut file = tempfile::tempfile()?;
            io::copy(&mut io::stdin().lock(), &mut file)?;
            return Ok(Self { name: "standard input".into(), form: Form::Jsonl, file });
        }
        let form = match path.extension().and_then(|ending| ending.to_str()) {
            Some("jsonl" | "ndjson") => Form::Jsonl,
            Some("csv") => Form::Csv,
            Some(_) | None => {
                let help = "name it .jsonl (a JSON object a line) or .csv (the fields' names in the first line)";
                return Err(data(format!("{name}: its name does not say how it is written"), help));
            }
        };
        let file = File::open(path)
            .map_err(|error| data(format!("{name}: {error}"), "name a file that can be read"))?;
        Ok(Self { name, form, file })
    }

    /// How many products there are. Errors: every line that is wrong, the first twenty of them.
    pub fn check(&mut self) -> Result<u64, Failure> {
        let (mut number, mut faults, mut wrong_lines) = (0, Vec::new(), 0u64);
        let name = self.name.clone();
        let mut names = BTreeSet::new();
        for row in self.rows()? {
            let row = row?;
            match &row.product {
                Ok(product) => {
                    number += 1;
                    note(product, &mut names);
                }
                Err(wrong) => {
                    wrong_lines += 1;
                    faults.extend(wrong.iter().map(|wrong| fault(&name, &row, wrong)));
                    faults.truncate(MAX_FAULTS);
                }
            }
        }
        if wrong_lines > 0 {
            if faults.len() == MAX_FAULTS {
                eprintln!("{name}: {wrong_lines} lines are wrong; the first problems:");
            }
            return Err(Failure::Data(faults));
        }
        if number == 0 {
            return Err(data(
                format!("there is no product in {name}"),
                "write one a line, such as {\"id\": \"p1\", \"stock\": 12}",
            ));
        }
        slips(&name, &names);
        Ok(number)
    }

    /// The contents of the entries, in order. Errors: the file cannot be read, or has changed and is wrong now.
    pub fn contents(
        &mut self,
    ) -> Result<impl Iterator<Item = Result<Box<RawValue>, Failure>>, Failure> {
        let name = self.name.clone();
        Ok(self.rows()?.map(move |row| {
            let row = row?;
            match &row.product {
                Ok(product) => Ok(product.clone()),
                Err(wrong) => Err(Failure::Data(
                    wrong.iter().map(|wrong| fault(&name, &row, wrong)).collect(),
                )),
            }
        }))
    }

    /// The file's name as it is told.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn rows(&mut self) -> Result<Rows<BufReader<&File>>, Failure> {
        self.file.rewind()?;
        Ok(Rows::new(self.form, BufReader::new(&self.file)))
    }
}

fn data(message: String, help: &str) -> Failure {
    Failure::Data(vec![Fault::new(message, Some(help.into()))])
}

/// The names of a product's fields.
fn note(product: &RawValue, names: &mut BTreeSet<String>) {
    let fields: Result<std::collections::BTreeMap<&str, &RawValue>, _> =
        serde_json::from_str(product.get());
    for name in fields.into_iter().flatten().map(|(name, _)| name) {
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }
}

/// A field of the shop's own that is nearly one that the product knows is perhaps meant to be that one.
fn slips(file: &str, names: &BTreeSet<String>) {
    let known = Kind::KNOWN.map(|(name, _)| name);
    for name in names.iter().filter(|name| Kind::of(name).is_none() && *name != "id") {
        if let Some(near) = suggest::nearest(name, known.iter().copied()) {
            eprintln!(
                "warning: {file}: `{name}` is kept as a field of your own; if `{near}` is meant, call it so"
            );
        }
    }
}

/// A fault at its line, with the value marked where it can be found.
fn fault(file: &str, row: &Row, wrong: &Wrong) -> Fault {
    let place = row.place(&wrong.field);
    let mut end = row.text.len().min(SHOWN.max(place.end.min(place.start + SHOWN)));
    while !row.text.is_char_boundary(end) {
        end -= 1;
    }
    // Reports count lines: as many as come before are empty.
    let before = usize::try_from(row.line).unwrap_or(1).saturating_sub(1);
    let text = "\n".repeat(before) + &row.text[..end];
    let span = before + place.start..before + place.end;
    let message = match wrong.field.as_str() {
        "" => wrong.problem.clone(),
        field => format!("{field}: {}", wrong.problem),
    };
    Fault::at(file, &text, span, message, Some(wrong.help.clone()))
}
