//! What messages came to: counts from the log of decisions and from the receipts, and what holdouts say of their worth. Pure: whoever has the records
//! hands them in.
//!
//! [`Report`] takes accepted records of the sends topic, then events; [`Summary`] is what it tells. A message and what became of it count where the
//! message lies in the [`Period`]; a run, and whether it reached its goal, where its first message does. So what happens after the period still counts.

mod counts;
mod averages;
mod messages;
mod period;
mod report;
mod splits;
pub mod statistics;
mod summary;

pub use averages::{Averages, Range};
pub use counts::{Counts, Runs};
pub use period::Period;
pub use report::Report;
pub use splits::{ArmSummary, SplitSummary};
pub use summary::{JourneySummary, Lift, StepSummary, Summary};
