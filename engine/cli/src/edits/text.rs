//! A preview for people.

use super::{Change, Fate, Kind, Preview, Unknown, Why, short};
use crate::failure::count;
use std::fmt::{Display, Formatter, Result};

impl Display for Preview {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        writeln!(out, "In place of configuration {}:", short(&self.configuration))?;
        self.journeys.iter().try_for_each(|change| write!(out, "{change}"))?;
        let fates = || self.journeys.iter().flat_map(Change::fates);
        let sum = |exit| {
            let these = fates().filter(|fate| fate.exits.is_some() == exit);
            these.map(|fate| fate.count).sum::<Option<u64>>()
        };
        if let (Some(stay), Some(exit)) = (sum(false), sum(true)) {
            writeln!(out, "{stay} windows and runs go on, {exit} exit")?;
        }
        writeln!(out)
    }
}

impl Change {
    fn fates(&self) -> impl Iterator<Item = &Fate> {
        self.windows.iter().chain(&self.steps)
    }

    /// Nothing needs to be said of steps that are left alone.
    fn is_told(&self, fate: &Fate) -> bool {
        let is_moved = fate.goes_on_at.as_ref().is_some_and(|step| *step != fate.step);
        self.change != Kind::Same && (fate.count != Some(0) || fate.exits.is_some() || is_moved)
    }
}

impl Display for Change {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let says = match self.change {
            Kind::Same => "as it was",
            Kind::Changed => "changed",
            Kind::Gone => "gone",
            Kind::New => "new",
        };
        writeln!(out, "  {}: {says}", self.journey)?;
        for fate in self.fates().filter(|fate| self.is_told(fate)) {
            writeln!(out, "    {fate}")?;
        }
        self.unknown.iter().try_for_each(|unknown| self.warn(unknown, out))
    }
}

impl Change {
    /// A name that was mistaken would have runs exit that were to go on: they are told of above, and this is why.
    fn warn(&self, Unknown { step, nearest }: &Unknown, out: &mut Formatter<'_>) -> Result {
        write!(out, "    warning: `renamed: {step}`: ")?;
        let what = match self.change {
            Kind::New => {
                write!(
                    out,
                    "no journey `{}` is in force, so nobody is at its steps",
                    self.journey
                )?;
                "journey"
            }
            Kind::Same | Kind::Changed | Kind::Gone => {
                write!(
                    out,
                    "the version in force has no step of that name, so nobody goes on by it"
                )?;
                "step"
            }
        };
        match nearest {
            Some(near) => writeln!(out, "; did you mean the {what} `{near}`?"),
            None => writeln!(out),
        }
    }
}

impl Display for Fate {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let of = if self.step.is_some() { "run" } else { "window" };
        let who = match self.count {
            Some(number) => count(number as usize, of),
            None => format!("{of}s"),
        };
        let place = self.step.as_ref().map(|step| format!(" at {step}")).unwrap_or_default();
        write!(out, "{who}{place}: ")?;
        match (&self.exits, &self.goes_on_at) {
            (Some(Why::JourneyGone), _) => {
                write!(out, "exit, there is no journey of that name any more")
            }
            (Some(Why::OnChange), _) => write!(out, "exit, as `on_change: exit` says"),
            (Some(Why::StepGone), _) => write!(
                out,
                "exit, there is no step of that name and kind any more (if it has another name: `renamed: {{ {}: NEW }}`)",
                self.step.as_deref().unwrap_or("OLD")
            ),
            (None, Some(Some(step))) if Some(step) != self.step.as_ref() && self.step.is_some() => {
                write!(out, "go on at {step}")
            }
            (None, Some(None)) => write!(out, "go on at the end"),
            (None, _) => write!(out, "go on"),
        }
    }
}
