//! `cartwheel config print|schema|reference`.

use super::origins;
use crate::failure::Failure;
use crate::flags::{ConfigCommand, Flags, Output};
use crate::reference;
use crate::settings::{Loaded, schema, secret};
use std::io::Write;

/// Shows the configuration in force, its schema, or the manual of all files.
pub fn run(flags: &Flags, command: &ConfigCommand) -> Result<(), Failure> {
    let text = match command {
        ConfigCommand::Schema => schema::text(),
        ConfigCommand::Reference => reference::text(),
        ConfigCommand::Print { show_secrets, .. } => {
            print(&Loaded::read(&origins(flags, &flags.config_dir))?, flags.output, *show_secrets)
        }
    };
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn print(loaded: &Loaded, output: Output, show_secrets: bool) -> String {
    let mut values = loaded.values();
    if !show_secrets {
        secret::redact(&mut values);
    }
    match output {
        Output::Json => format!("{values:#}\n"),
        Output::Text => loaded.annotated(&values),
    }
}
