//! "Did you mean": the nearest of some known names.

/// The known name that is nearest to `written`, if it is near enough to be a slip of the keyboard. Never `written` itself.
pub(crate) fn closest<'k>(
    written: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    let allowed = match written.chars().count() {
        0..=2 => 0,
        3..=4 => 1,
        5..=9 => 2,
        _ => 3,
    };
    let near = known
        .into_iter()
        .filter(|name| *name != written)
        .map(|name| (distance(written, name), name));
    near.filter(|(far, _)| *far <= allowed).min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

/// Edits (insert, delete, replace, swap of neighbours) between two short texts. Long ones count as far.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().flat_map(char::to_lowercase).take(65).collect();
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).take(65).collect();
    if left.len() > 64 || right.len() > 64 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &from) in left.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, &to) in right.iter().enumerate() {
            let mut cost = (last[column] + usize::from(from != to))
                .min(last[column + 1] + 1)
                .min(next[column] + 1);
            if row > 0 && column > 0 && from == right[column - 1] && left[row - 1] == to {
                cost = cost.min(before[column - 1] + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let known = ["channels", "branch", "while", "order_placed"];
        for (written, near) in [
            ("chanels", Some("channels")),
            ("brnach", Some("branch")),
            ("Branch", Some("branch")),
            ("order_place", Some("order_placed")),
            ("channels", None),
            ("colour", None),
            ("", None),
            ("if", None),
        ] {
            assert_eq!(closest(written, known), near, "{written}");
        }
    }
}
