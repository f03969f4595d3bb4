//! `cartwheel new DIR`: a folder for a shop.

use crate::failure::{Failure, Fault, count};
use crate::files;
use crate::flags::NewFlags;
use crate::shop::{self, Shop};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Writes the shop; all or nothing is there, unless the disk fails on the way.
pub fn run(new: &NewFlags) -> Result<(), Failure> {
    let shop = Shop::of(&new.journeys).map_err(|fault| Failure::Data(vec![fault]))?;
    empty(&new.dir)?;
    let config = new.dir.join(shop::FOLDER);
    for (path, text) in &shop.files {
        files::write(&config.join(path), text)?;
    }
    Ok(std::io::stdout().write_all(told(new, &shop).as_bytes())?)
}

/// Nothing may stand where the shop goes.
fn empty(dir: &Path) -> Result<(), Failure> {
    let refused = |why: &str| {
        let help = "name a folder that is not there yet, or an empty one";
        Failure::Data(vec![Fault::new(format!("{} {why}", dir.display()), Some(help.into()))])
    };
    match std::fs::read_dir(dir) {
        Ok(entries) => {
            if entries.count() == 0 {
                Ok(())
            } else {
                Err(refused("is not empty"))
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(&format!("cannot be read: {error}"))),
    }
}

/// A path as it is to be written in a shell.
fn for_a_shell(path: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
    if !path.starts_with('-') && !path.is_empty() && path.chars().all(plain) {
        return path.to_owned();
    }
    let dashed = if path.starts_with('-') { "-- " } else { "" };
    format!("{dashed}'{}'", path.replace('\'', "'\\''"))
}

fn told(new: &NewFlags, shop: &Shop) -> String {
    let dir = new.dir.display();
    let codes = match shop.pools.as_slice() {
        [] => String::new(),
        [first, ..] => format!(
            "\nIts offers give each customer a code of their own ({}); with the first `cartwheel run`, load some:\n  cartwheel coupons load {first} codes.txt\n",
            shop.pools.join(", ")
        ),
    };
    format!(
        "{dir}/{}: {} ({}), {}, {}\n\nnext:\n  cd {}\n  cartwheel check\n  cartwheel test\n{codes}",
        shop::FOLDER,
        count(shop.journeys.len(), "journey"),
        shop.journeys.join(", "),
        count(shop.templates, "template"),
        count(shop.facts, "fact"),
        for_a_shell(&dir.to_string()),
    )
}
