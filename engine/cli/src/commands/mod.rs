//! One file a command. A command is listed in [`Command`] once it does what its help says.

mod broadcast;
mod catalogue;
mod check;
mod completions;
mod config;
mod control;
mod coupons;
mod deliver;
mod dlq;
mod explain;
mod facts;
mod graph;
mod inspect;
mod demo;
mod man;
mod new;
mod publish;
mod render;
mod report;
mod run;
mod test;

use crate::failure::Failure;
use crate::flags::{AdminFlags, Command, Flags};
use crate::settings::{Loaded, Origins};
use crate::wire::ask;
use std::path::Path;

/// Does what was asked.
pub fn run(flags: &Flags) -> Result<(), Failure> {
    match &flags.command {
        Command::Run(run) => run::run(flags, run),
        Command::Deliver => deliver::run(flags),
        Command::Demo(demo) => demo::run(flags, demo),
        Command::Explain(explain) => explain::run(flags, explain),
        Command::Inspect(admin) => inspect::run(flags, admin),
        Command::Catalogue(catalogue) => catalogue::run(flags, catalogue),
        Command::Broadcast(broadcast) => broadcast::run(flags, broadcast),
        Command::Control(command) => control::run(flags, command),
        Command::Coupons(command) => coupons::run(flags, command),
        Command::Facts(command) => facts::run(flags, command),
        Command::Dlq(command) => dlq::run(flags, command),
        Command::Report(report) => report::run(flags, report),
        Command::New(new) => new::run(new),
        Command::Render(render) => render::run(flags, render),
        Command::Graph(graph) => graph::run(flags, graph),
        Command::Publish(publish) => publish::run(flags, publish),
        Command::Check(check) => check::run(flags, check),
        Command::Test(test) => test::run(flags, test),
        Command::Config(command) => config::run(flags, command),
        Command::Completions { shell } => completions::run(*shell),
        Command::Man { dir } => man::run(dir),
    }
}

/// Where this process takes its configuration from, for the folder `dir`.
fn origins(flags: &Flags, dir: &Path) -> Origins {
    // A name or value that is not Unicode cannot be one of ours.
    let env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Origins { dir: dir.to_owned(), env: env.collect(), flags: flags.overrides() }
}

/// The running engine that is asked: the one that the flags name, else that of the configuration.
fn asked(flags: &Flags, admin: &AdminFlags) -> Result<ask::Engine, Failure> {
    ask::Engine::named(admin, || {
        Ok(Loaded::read(&origins(flags, &flags.config_dir))?.settings.admin.listen)
    })
}
