//! `cartwheel new`, `cartwheel render`, `cartwheel graph`: what one begins a shop with, and looks at while one writes.

use cartwheel_core::channel::Channel;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What a new shop begins with.
#[derive(Debug, Args)]
pub struct NewFlags {
    /// The folder; it is made if it is not there.
    pub dir: PathBuf,

    /// Which of the journeys that ship; an unknown name tells all of them.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_values_t = DEFAULT_JOURNEYS.map(str::to_owned))]
    pub journeys: Vec<String>,
}

/// A first message, one that is waited for, and one that is no marketing.
const DEFAULT_JOURNEYS: [&str; 3] = ["cart_abandonment", "order_updates", "welcome"];

/// What to render, and for whom.
#[derive(Debug, Args)]
pub struct RenderFlags {
    /// The template: the name of its folder.
    pub template: String,

    /// A file that says what is known of the customer.
    #[arg(long, value_name = "FILE")]
    pub customer: Option<PathBuf>,

    /// The channel; default: the first that the template has a part for.
    #[arg(long, value_parser = channel)]
    pub channel: Option<Channel>,

    /// What of it to print; default: what a person reads in a terminal, which is all but the HTML.
    #[arg(long, value_enum)]
    pub part: Option<ShownPart>,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShownPart {
    /// The subject of an e-mail.
    Subject,
    /// The text of an e-mail, of an SMS, of a push message.
    Text,
    /// The HTML of an e-mail.
    Html,
    /// The body of a webhook.
    Body,
    /// Each, with its name above it.
    All,
}

fn channel(name: &str) -> Result<Channel, String> {
    let names = Channel::ALL.map(Channel::name);
    let found = Channel::ALL.into_iter().find(|channel| channel.name() == name);
    found.ok_or_else(|| format!("write one of {}", names.join(", ")))
}

/// What to draw.
#[derive(Debug, Args)]
pub struct GraphFlags {
    /// The journey's name.
    pub journey: String,
}
