//! From settings to running parts: what `run` and `deliver` have in common.
//!
//! [`log`] opens standard error for log lines, [`engine`] and [`deliver`] make options of the settings, [`admin`] the listener's,
//! [`ask`] asks a running engine, [`hangup`] has it read its configuration anew, [`interrupt`] lets a command end where it can, [`append`] appends until then; [`serve`] runs a part until a signal ends it and [`reload`] gives it another configuration meanwhile, and [`refusal`] says in words why one did not start.

pub mod admin;
pub mod append;
pub mod ask;
pub mod deliver;
pub mod engine;
pub mod hangup;
pub mod interrupt;
pub mod log;
pub mod refusal;
mod reload;
pub mod serve;
mod signals;
