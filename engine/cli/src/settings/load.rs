//! Reads cartwheel.yaml and lays environment and command line over it.
//!
//! The file is read twice: once straight into [`Settings`], so that a fault has its line and column, and once as a tree that
//! figment merges with the other layers, so that each value keeps its origin.

use super::environment::{COMMAND_LINE, ENVIRONMENT, Layer, PREFIX};
use super::place::{self, Found};
use super::{Settings, secret, validate, veil};
use crate::failure::{Failure, Fault};
use crate::files;
use cartwheel_core::journey::load::locate;
use cartwheel_sim::trace::suggest;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde_saphyr::Error as YamlError;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The name of the file in the configuration folder.
pub const FILE: &str = "cartwheel.yaml";

/// Where a configuration comes from.
#[derive(Clone, Debug)]
pub struct Origins {
    /// The folder with cartwheel.yaml.
    pub dir: PathBuf,
    /// Environment variables, name and value; those of others are passed over.
    pub env: Vec<(String, String)>,
    /// Overrides of the command line: path such as `engine.margin`, and value.
    pub flags: Vec<(String, String)>,
}

/// A configuration that has been read, merged and validated.
#[derive(Debug)]
pub struct Loaded {
    /// What holds.
    pub settings: Settings,
    /// The path of cartwheel.yaml.
    path: String,
    /// Its text.
    text: String,
    /// The layers, for the origin of each value.
    pub(super) layers: Figment,
}

impl Loaded {
    /// Reads the configuration; every failure is [`Failure::Config`].
    pub fn read(origins: &Origins) -> Result<Self, Failure> {
        let path = origins.dir.join(FILE);
        let text = files::text(&path).map_err(|fault| unreadable(fault, &path))?;
        let shown = path.display().to_string();
        serde_saphyr::from_str::<Settings>(&text)
            .map_err(|error| Failure::config(fault_of_file(&shown, &text, &error)))?;
        let layers = Figment::from(Defaults { dir: &origins.dir })
            .merge(File { dir: &origins.dir, text: &text })
            .merge(Layer::environment(&origins.env))
            .merge(Layer::flags(&origins.flags));
        let settings: Settings = layers.extract_lossy().map_err(|errors| {
            let fault = |error| fault_of_layer(error, &shown, &text);
            Failure::Config(errors.into_iter().map(fault).collect())
        })?;
        let loaded = Self { settings, path: shown, text, layers };
        let wrong = validate::faults(&loaded.settings).into_iter();
        let wrong: Vec<Fault> = wrong.map(|wrong| wrong.placed(&loaded)).collect();
        if wrong.is_empty() { Ok(loaded) } else { Err(Failure::Config(wrong)) }
    }

    /// What a person should mend although it works: secrets in files that others than their owner may read. The file is named, never what is in it.
    pub fn warnings(&self) -> Vec<Fault> {
        let mut files = secret::files(&self.values());
        if self.holds_a_secret() {
            files.push((&self.path).into());
        }
        let warning = |file: PathBuf| {
            let file = file.display();
            let message =
                format!("{file} holds a secret and can be read by its group or by others");
            Fault::new(message, Some(format!("chmod 600 {file}")))
        };
        files.into_iter().filter(|file| secret::is_open(file)).map(warning).collect()
    }

    /// The key and the flag or variable that gives the value at `path`, or the whole of which it is a part.
    fn given_outside(&self, path: &[String]) -> Option<(String, String)> {
        let keys = (1..=path.len()).rev().map(|length| path[..length].join("."));
        let (key, value) = keys
            .filter_map(|key| Some((key.clone(), self.layers.find_value(&key).ok()?)))
            .next()?;
        if value.as_dict().is_some() {
            return None;
        }
        let given = match &*self.layers.get_metadata(value.tag())?.name {
            COMMAND_LINE => format!("--set {key}"),
            ENVIRONMENT => variable(&key),
            _ => return None,
        };
        Some((key, given))
    }

    /// Whether cartwheel.yaml itself has a secret in it.
    fn holds_a_secret(&self) -> bool {
        let values: serde_json::Value = serde_saphyr::from_str(&self.text).unwrap_or_default();
        let mut redacted = values.clone();
        secret::redact(&mut redacted);
        values != redacted
    }

    /// A fault of the value at `path`: it names the flag or the variable where the value comes from one, else it is placed in the file where the
    /// file has that value or a parent.
    pub fn fault(&self, path: &[&str], message: String, help: Option<String>) -> Fault {
        self.fault_inside(path, 0..0, message, help)
    }

    /// The same of these bytes of the value, which is a text; of all of it where there are none.
    pub fn fault_inside(
        &self,
        path: &[&str],
        inside: Range<usize>,
        message: String,
        help: Option<String>,
    ) -> Fault {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        if let Some((key, given)) = self.given_outside(&path) {
            let message = message.strip_prefix(&format!("{key}: ")).unwrap_or(&message);
            return Fault::new(format!("{given}: {message}"), help);
        }
        let Some(Found { at, text }) = place::of_path(&self.text, &path) else {
            return Fault::new(message, help);
        };
        let part = text.filter(|_| !inside.is_empty());
        let span = part.map_or(at.clone(), |text| locate(&self.text, &at, &text, &inside));
        Fault::at(&self.path, &veil::veiled(&self.text), span, message, help)
    }
}

/// The defaults as a layer.
struct Defaults<'o> {
    dir: &'o Path,
}

impl Provider for Defaults<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named("default")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let values =
            serde_json::to_value(Settings::default()).map_err(|error| error.to_string())?;
        Ok(tree(values, self.dir)?)
    }
}

/// The text of cartwheel.yaml as a layer.
struct File<'o> {
    dir: &'o Path,
    text: &'o str,
}

impl Provider for File<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(FILE)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let options =
            serde_saphyr::options! { leading_zero_numbers_as_strings: true, strict_booleans: true };
        let values = serde_saphyr::from_str_with_options(self.text, options)
            .map_err(|error| error.to_string())?;
        Ok(tree(values, self.dir)?)
    }
}

/// A layer of values whose relative paths start at `dir`.
fn tree(mut values: serde_json::Value, dir: &Path) -> Result<Map<Profile, Dict>, String> {
    rebase(&mut values, dir);
    let root = Value::serialize(values)
        .map_err(|error| error.to_string())?
        .into_dict()
        .unwrap_or_default();
    Ok(Map::from([(Profile::Default, root)]))
}

/// Keys that end in `_file` or `_dir` are paths, wherever they stand.
fn rebase(values: &mut serde_json::Value, dir: &Path) {
    let serde_json::Value::Object(entries) = values else { return };
    for (key, value) in entries {
        match value {
            serde_json::Value::String(path) if key.ends_with("_file") || key.ends_with("_dir") => {
                *path = dir.join(&*path).to_string_lossy().into_owned();
            }
            inner => rebase(inner, dir),
        }
    }
}

/// Without a remedy it is not there.
fn unreadable(mut fault: Fault, path: &Path) -> Failure {
    if std::fs::metadata(path).is_err() {
        let help = "name the folder that holds cartwheel.yaml with --config-dir DIR; `cartwheel new DIR` makes a shop";
        fault.help = Some(help.into());
    }
    if let Some(place) = &mut fault.place {
        place.text = veil::veiled(&place.text);
    }
    Failure::config(fault)
}

/// The variable that sets a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

fn fault_of_file(path: &str, text: &str, error: &YamlError) -> Fault {
    let error = error.without_snippet();
    let span = error.location().map_or(0..0, |location| place::bytes(text, location));
    let (message, help) = match error {
        YamlError::SerdeUnknownField { field, expected, .. } => unknown("key", field, expected),
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            unknown("value", variant, expected)
        }
        other => {
            let told = other.render_with_options(
                serde_saphyr::render_options! { snippets: serde_saphyr::SnippetMode::Off },
            );
            // The place is shown beside it.
            let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(what, _)| what);
            with_remedy(told)
        }
    };
    Fault::at(path, &veil::veiled(text), span, message, help)
}

/// What is wrong, and what to write in its place, where the message says so behind a semicolon.
fn with_remedy(told: &str) -> (String, Option<String>) {
    match told.split_once("; write ") {
        Some((what, remedy)) => (what.into(), Some(format!("write {remedy}"))),
        None if told.contains("expected string scalar") => (told.into(), Some(QUOTES.into())),
        None if told.contains("expected sequence") => {
            (told.into(), Some("write a list: `[a, b]`".into()))
        }
        None => (told.into(), None),
    }
}

/// Where something else stands for a text.
const QUOTES: &str = "write a text, in quotes where it could be read as something else";

fn unknown(what: &str, word: &str, expected: &[&'static str]) -> (String, Option<String>) {
    (format!("unknown {what} `{word}`"), Some(suggest::help(word, expected.iter().copied())))
}

/// What is wrong, without what was found.
fn without_value(kind: &figment::error::Kind) -> String {
    use figment::error::Kind;
    match kind {
        Kind::InvalidType(_, wanted) | Kind::InvalidValue(_, wanted) => {
            format!("what was given is not {wanted}")
        }
        _ => "what was given cannot be used".into(),
    }
}

/// A fault of a layer: of the file at its place, else it says which variable or flag.
fn fault_of_layer(error: figment::Error, shown: &str, text: &str) -> Fault {
    use figment::error::Kind;
    let (mut message, help) = match &error.kind {
        Kind::UnknownField(field, expected) => unknown("key", field, expected),
        kind if error.path.iter().any(|key| secret::may_be_secret(key)) => {
            (without_value(kind), None)
        }
        Kind::UnknownVariant(variant, expected) => unknown("value", variant, expected),
        kind @ Kind::InvalidType(_, wanted) if wanted == "a string" => {
            (kind.to_string(), Some(QUOTES.into()))
        }
        other => with_remedy(&other.to_string()),
    };
    let mut path = error.path.clone();
    if let Kind::UnknownField(field, _) = &error.kind
        && path.last() != Some(field)
    {
        path.push(field.clone());
    }
    match error.metadata.as_ref().map(|metadata| &*metadata.name) {
        Some(ENVIRONMENT) => message = format!("{}: {message}", variable(&path.join("."))),
        Some(COMMAND_LINE) => message = format!("--set {}: {message}", path.join(".")),
        Some(_) | None => message = format!("{}: {message}", path.join(".")),
    }
    let of_file = error.metadata.as_ref().is_some_and(|metadata| metadata.name == FILE);
    if let Some(found) = place::of_path(text, &path).filter(|_| of_file) {
        return Fault::at(shown, &veil::veiled(text), found.at, message, help);
    }
    Fault::new(message, help)
}
