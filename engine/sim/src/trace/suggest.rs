//! "Did you mean": the known word nearest to one that is not known.

/// The nearest of `known`, if it is near enough to be meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let scored =
        known.into_iter().map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    scored
        .filter(|(score, _)| *score > 0.78)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// What to tell a person who wrote `word` where one of `known` was expected.
pub fn help<'k>(word: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => match known.into_iter().collect::<Vec<_>>().as_slice() {
            [] => "there is none here".into(),
            known => format!("known here: {}", known.join(", ")),
        },
    }
}

/// The same, and what else may be done.
pub fn help_or<'k>(
    word: &str,
    known: impl IntoIterator<Item = &'k str> + Clone,
    other: &str,
) -> String {
    let help = help(word, known);
    let mark = if help.ends_with('?') { "" } else { ";" };
    format!("{help}{mark} or {other}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["margin", "hold_after", "max_batch"];
        assert_eq!(help("hold_afer", known), "did you mean `hold_after`?");
        assert_eq!(help("colour", known), "known here: margin, hold_after, max_batch");
        assert_eq!(help("colour", []), "there is none here");
        assert_eq!(help_or("margn", known, "leave it"), "did you mean `margin`? or leave it");
        assert_eq!(help_or("colour", [], "leave it"), "there is none here; or leave it");
    }
}
