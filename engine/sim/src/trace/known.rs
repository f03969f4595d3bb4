//! Whether what is to be done with a journey names one that there is. The same for a line of a trace and for `cartwheel control`.

use super::suggest;
use cartwheel_core::journey::plan::{Journey, Plan};

use std::collections::BTreeSet;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A journey.
    Journey,
    /// A split of it.
    Split,
    /// An arm of that.
    Arm,
}

/// A name that nobody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Of what it would be the name.
    pub named: Named,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The journey of this name.
pub fn journey<'j>(journeys: &[&'j Journey], name: &str) -> Result<&'j Journey, Stranger> {
    journeys.iter().copied().find(|journey| journey.name == name).ok_or_else(|| {
        let known: BTreeSet<&str> = journeys.iter().map(|journey| journey.name.as_str()).collect();
        let message = format!("there is no journey `{name}`");
        Stranger { named: Named::Journey, message, help: suggest::help(name, known) }
    })
}

/// Whether the journey has this split, and that this arm; none: its lots decide again.
pub fn winner(
    journeys: &[&Journey],
    name: &str,
    split: &str,
    arm: Option<&str>,
) -> Result<(), Stranger> {
    let journey = journey(journeys, name)?;
    let Some(found) = journey.splits().find(|known| known.name == split) else {
        let names: Vec<&str> = journey.splits().map(|split| split.name.as_str()).collect();
        let message = format!("there is no split `{split}` in journey `{name}`");
        let help = match names.is_empty() {
            true => elsewhere(journeys),
            false => suggest::help(split, names),
        };
        return Err(Stranger { named: Named::Split, message, help });
    };
    let Some(arm) = arm.filter(|arm| found.arms.iter().all(|known| known.name != *arm)) else {
        return Ok(());
    };
    let message = format!("there is no arm `{arm}` in split `{split}` of journey `{name}`");
    let help = suggest::help(arm, found.arms.iter().map(|arm| arm.name.as_str()));
    Err(Stranger { named: Named::Arm, message, help })
}

/// What is wrong with a field of a broadcast that no journey reads and that is nearly what one does; others may be there for templates.
pub fn broadcast_field(plan: &Plan, name: &str) -> Option<(String, String)> {
    let read = plan.fields.iter().filter_map(|field| match field.path.as_slice() {
        [root, name, ..] if root == "broadcast" => Some(name.as_str()),
        _ => None,
    });
    let read: BTreeSet<&str> = read.collect();
    let near = suggest::nearest(name, read.iter().copied()).filter(|_| !read.contains(name))?;
    let message = format!("no journey reads a broadcast's `{name}`");
    Some((message, format!("did you mean `{near}`? Otherwise give it another name")))
}

/// For a journey without splits: which have one.
fn elsewhere(journeys: &[&Journey]) -> String {
    let of = |journey: &Journey| {
        let name = journey.name.to_string();
        journey.splits().map(|split| format!("{name} {}", split.name)).collect::<Vec<_>>()
    };
    let all: Vec<String> = journeys.iter().copied().flat_map(of).collect();
    match all.as_slice() {
        [] => "it has none, as no journey here has: a winner is an arm of a step `split:`".into(),
        _ => format!("it has none; splits here: {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::journey::load::{SourceFile, load};
    use cartwheel_core::policy::Policy;

    fn source(name: &str, steps: &str) -> SourceFile {
        let text = format!("journey: {name}\ntrigger: {{ event: seen }}\nsteps:\n{steps}");
        SourceFile { path: format!("{name}.yaml"), text }
    }

    #[test]
    fn a_slip_is_told_with_the_nearest_name() {
        let send = "  - { send: hello, channels: [email] }\n";
        let arm = |name| {
            format!(
                "      {name}: {{ share: 50%, steps: [{{ send: {name}, channels: [email] }}] }}\n"
            )
        };
        let split = format!("  - split: offer\n    arms:\n{}{}", arm("gift"), arm("letter"));
        let sources = [source("plain", send), source("lots", &split)];
        let plan = load(&Policy::default(), &sources).expect("a plan");
        let all: Vec<&Journey> = plan.journeys.iter().collect();
        assert_eq!(winner(&all, "lots", "offer", Some("gift")), Ok(()));
        assert_eq!(winner(&all, "lots", "offer", None), Ok(()));
        for (name, split, arm, named, help) in [
            ("lotz", "offer", None, Named::Journey, "did you mean `lots`?"),
            ("lots", "ofer", None, Named::Split, "did you mean `offer`?"),
            ("lots", "offer", Some("gitf"), Named::Arm, "did you mean `gift`?"),
            ("lots", "offer", Some("zzz"), Named::Arm, "known here: gift, letter"),
            ("plain", "offer", None, Named::Split, "it has none; splits here: lots offer"),
        ] {
            let stranger = winner(&all, name, split, arm).unwrap_err();
            assert_eq!((stranger.named, stranger.help.as_str()), (named, help));
        }
        let plain = load(&Policy::default(), &sources[..1]).expect("a plan");
        let plain: Vec<&Journey> = plain.journeys.iter().collect();
        let stranger = winner(&plain, "plain", "offer", None).unwrap_err();
        assert!(stranger.help.contains("as no journey here has"), "{}", stranger.help);
    }
}
