//! `cartwheel coupons`.

use super::streams::AgainFlags;
use clap::{Args, Subcommand};
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
FILE has one code a line, of at most 64 bytes; `-` reads them from standard input.

Examples:
  cartwheel coupons load winback20 codes.txt --dry-run     is every line right?
  cartwheel coupons load winback20 codes.txt
  cartwheel control finish                                 finishes what was cut off, and writes nothing new

How many are left of each pool: cartwheel inspect. What becomes of messages when none is: engine/docs/semantics.md, \"Coupons\"";

/// What to do with coupons.
#[derive(Debug, Subcommand)]
pub enum CouponsCommand {
    /// Loads the codes of a file into a pool.
    Load(LoadFlags),
}

/// Which codes.
#[derive(Debug, Args)]
pub struct LoadFlags {
    /// The pool, one of `coupons` of the policy.
    #[arg(value_name = "POOL")]
    pub pool: String,

    /// A file of codes, one a line; `-`: from standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Another pool that may have had the codes as well; may be repeated. Without, a code that another pool has had within 30 days is refused.
    #[arg(long, value_name = "POOL")]
    pub also_in: Vec<String>,

    /// Reads the file and says what is wrong with it; contacts nothing and writes nothing.
    #[arg(long, conflicts_with_all = ["anew", "from"])]
    pub dry_run: bool,

    /// How to go on where the stream cannot.
    #[command(flatten)]
    pub again: AgainFlags,
}
