//! The shipped configuration, built into the binary: what the demo plays, and what a new shop is made of.

use crate::failure::Fault;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../config"]
struct Files;

/// A file that is not built in, or is no text: the binary is not whole.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not built in")]
pub struct Missing(pub String);

impl Missing {
    /// For people.
    pub fn fault(&self) -> Fault {
        let help = "this program is not whole: build or install it once more";
        Fault::new(self.to_string(), Some(help.into()))
    }
}

/// The paths of all files below `config/`, in order.
pub fn paths() -> Vec<String> {
    let mut paths: Vec<String> = Files::iter().map(|path| path.to_string()).collect();
    paths.sort();
    paths
}

/// The text of the file at this path.
pub fn text(path: &str) -> Result<String, Missing> {
    let file = Files::get(path).ok_or_else(|| Missing(path.to_owned()))?;
    String::from_utf8(file.data.into_owned()).map_err(|_| Missing(path.to_owned()))
}
