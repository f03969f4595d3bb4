//! Flags of `cartwheel publish`.

use super::report::span;
use cartwheel_core::time::Span;
use clap::Args;
use std::path::PathBuf;

/// Below the help.
pub const EXAMPLES: &str = "\
Examples:
  cartwheel check --against http://127.0.0.1:9464     what would become of windows and runs
  cartwheel publish
  cartwheel --set data_dir=.data/second --set admin.listen=127.0.0.1:9474 publish      the second engine on this machine
  cartwheel publish --wait-only --admin http://engine-0:9464 --admin http://engine-1:9464
  cartwheel inspect                                   which shard decides by which";

/// Whom to wait for.
#[derive(Debug, Args)]
pub struct PublishFlags {
    /// The admin address of an engine, such as http://127.0.0.1:9464; once for each whose shards are waited for. Default: admin.listen of the configuration.
    #[arg(long, value_name = "URL")]
    pub admin: Vec<String>,

    /// A file with the bearer token; default: the variable CARTWHEEL_ADMIN_TOKEN.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Tells no process: whoever runs the engines has them read the folder anew. Checks, and waits.
    #[arg(long)]
    pub wait_only: bool,

    /// How long to wait for the shards.
    #[arg(long, value_name = "DURATION", value_parser = span, default_value = "2m")]
    pub timeout: Span,
}
