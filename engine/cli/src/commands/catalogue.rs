//! `cartwheel catalogue`: products, to every partition.

use super::origins;
use crate::failure::{Failure, count};
use crate::flags::{CatalogueFlags, Flags, Output};
use crate::settings::Loaded;
use crate::streams::products::Products;
use crate::streams::{Session, now};
use cartwheel_core::time::{Millis, SECOND, format_rfc3339};
use cartwheel_streams::{Entry, Stream};
use serde_json::json;
use std::time::{Duration, Instant};

/// Between two lines that say how far it is.
const PROGRESS: Duration = Duration::from_secs(5);
/// How far ahead of this machine's clock `--time` may lie: nothing older would count until then.
const AHEAD: Millis = 60 * SECOND;

/// Checks the file, then writes it.
pub fn run(flags: &Flags, catalogue: &CatalogueFlags) -> Result<(), Failure> {
    let mut products = match &catalogue.file {
        None => None,
        Some(path) => {
            let mut products = Products::open(path)?;
            let number = products.check()?;
            Some((products, number))
        }
    };
    let time = as_of(catalogue.time)?;
    if let (true, Some((products, number))) = (catalogue.dry_run, &products) {
        match flags.output {
            Output::Json => {
                println!("{}", json!({ "ok": true, "dry_run": true, "products": number }))
            }
            Output::Text => println!(
                "{} in {}: every line is right",
                count(*number as usize, "product"),
                products.name()
            ),
        }
        return Ok(());
    }
    let loaded = Loaded::read(&origins(flags, &flags.config_dir))?;
    let again = &catalogue.going_on.again;
    let mut session = Session::open(&loaded, Stream::Catalogue, *again, catalogue.rate)?;
    let written = match &mut products {
        None => 0,
        Some((products, number)) => write(&mut session, products, *number, time)?,
    };
    match flags.output {
        Output::Json => println!("{}", session.json(written)),
        Output::Text if products.is_some() => {
            print!(
                "{} written, as of {}\n{}",
                count(written as usize, "product"),
                format_rfc3339(time),
                session.text()
            );
        }
        Output::Text => print!("{}", session.text()),
    }
    Ok(())
}

fn as_of(time: Option<Millis>) -> Result<Millis, Failure> {
    let now = now();
    match time {
        Some(time) if time > now + AHEAD => {
            let message = format!(
                "--time {}: that lies ahead of this machine's clock ({})",
                format_rfc3339(time),
                format_rfc3339(now)
            );
            let help =
                "until then nothing newer would count; give the time at which the file was made";
            Err(Failure::Data(vec![crate::failure::Fault::new(message, Some(help.into()))]))
        }
        time => Ok(time.unwrap_or(now)),
    }
}

/// Writes all products; whatever ends it early, how many are everywhere is told.
fn write(
    session: &mut Session<'_>,
    products: &mut Products,
    number: u64,
    time: Millis,
) -> Result<u64, Failure> {
    let (mut written, mut told) = (0, Instant::now());
    let mut chunk = Vec::new();
    let name = products.name().to_owned();
    let mut all = products.contents()?.peekable();
    while let Some(content) = all.next() {
        chunk.push(Entry::new(Stream::Catalogue, time, &content?).value());
        if chunk.len() < session.chunk() && all.peek().is_some() {
            continue;
        }
        session.write(&chunk).inspect_err(|_| {
            eprintln!("{written} of {number} products of {name} are in every partition")
        })?;
        written += chunk.len() as u64;
        chunk.clear();
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            eprintln!("{written} of {number} products ({} %)", written * 100 / number.max(1));
        }
    }
    Ok(written)
}
