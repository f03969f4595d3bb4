//! What an editor says of the files that ship, and of slips in them: each file names its schema in its first line, and is held against it as a YAML language
//! server does.

use super::shipped;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What stands before the schema's path in a file's first line.
const NAMES: &str = "# yaml-language-server: $schema=";

/// Every YAML file of the configuration.
fn files() -> Vec<PathBuf> {
    let of = |dir: PathBuf| std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let all = of(shipped()).chain(of(shipped().join("journeys")));
    all.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect()
}

/// What the editor marks in this text of a file: the place in the file, and what is wrong there.
fn marked(path: &Path, text: &str) -> Vec<String> {
    let name = text.lines().next().and_then(|line| line.strip_prefix(NAMES));
    let name = name.unwrap_or_else(|| panic!("{}: names no schema", path.display()));
    let schema = std::fs::read_to_string(path.parent().unwrap().join(name)).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let value: Value = serde_saphyr::from_str(text).unwrap();
    let errors = validator.iter_errors(&value);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn an_editor_has_nothing_to_say_of_what_ships() {
    let files = files();
    assert!(files.len() >= 24, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(marked(&path, &text), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn an_editor_marks_a_slip_in_every_kind_of_file() {
    for (name, is, slip) in [
        ("journeys/cart_abandonment.yaml", "quiet_for: 1h", "quite_for: 1h"),
        ("journeys/cart_abandonment.yaml", "channels: [email]", "channels: [mail]"),
        ("facts.yaml", "{ count: order_placed", "{ cuont: order_placed"),
        ("events.yaml", "ticket.satisfaction: number", "ticket.satisfaction: nubmer"),
        ("cartwheel.yaml", "max_defer: 24h", "max_defers: 24h"),
        ("customer.yaml", "profile:\n", "profil:\n"),
    ] {
        let path = shipped().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(is), "{name}: {is}");
        let found = marked(&path, &text.replacen(is, slip, 1));
        assert!(!found.is_empty(), "{name}: {slip}");
    }
}
