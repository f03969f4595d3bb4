//! The command line of `loadtest storm`.

use crate::job::PeersJob;
use cartwheel_core::time::{Millis, SECOND, Span};
use clap::Args;

/// `loadtest storm`.
#[derive(Clone, Debug, Args)]
pub struct Storm {
    /// How many timers are due at once: one of each of so many customers, each of which leads to a message.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub timers: u32,
    /// From the first deadline to the last, which are spread evenly; at most a minute. The clock starts at the first, so the figure is never below this.
    #[arg(long, default_value = "1s", value_parser = within)]
    pub within: Span,
    /// From the moment at which the carts are written to the first deadline: until then the engine must have taken all of them in, or the run is void
    /// [default: 10 s, and a second more for each 100,000 timers].
    #[arg(long, value_parser = Span::parse)]
    pub lead: Option<Span>,
    /// So many customers' messages, spread over all, are compared with the reference model's; of the others it is checked that each has one,
    /// due when it should be. As many as --timers compares all.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub sample: u32,
    /// The engine and what it does.
    #[command(flatten)]
    pub job: PeersJob,
}

impl Storm {
    /// See the field.
    pub fn lead(&self) -> Millis {
        let usual = 10 * SECOND + Millis::from(self.timers) / 100;
        self.lead.map_or(usual, |lead| lead.0)
    }
}

fn within(text: &str) -> Result<Span, String> {
    let span = Span::parse(text).map_err(|error| error.to_string())?;
    if span.0 > 60 * SECOND {
        return Err("the timers of a storm are due within a minute at most".into());
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::{Command, Flags};
    use clap::Parser;

    fn storm(more: &[&str]) -> Option<Storm> {
        match Flags::try_parse_from(["loadtest", "storm"].iter().chain(more)).ok()?.command {
            Command::Storm(storm) => Some(storm),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_lead_grows_with_the_timers() {
        assert_eq!(storm(&[]).unwrap().lead(), 110_000);
        assert_eq!(storm(&["--timers", "20000"]).unwrap().lead(), 10_200);
        assert_eq!(storm(&["--lead", "3s"]).unwrap().lead(), 3_000);
        assert!(storm(&["--within", "61s"]).is_none() && storm(&["--timers", "0"]).is_none());
    }
}
