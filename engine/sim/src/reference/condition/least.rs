//! How much of a fact a condition asks for at least.

use super::parse::{Tree, parse};

/// Of parts that are joined by `&&` the number in `FACT >= NUMBER`.
pub fn least(text: &str, fact: &str) -> Option<f64> {
    fn of(tree: &Tree, fact: &str) -> Option<f64> {
        let Tree::Two(sign, left, right) = tree else { return None };
        let is_it = |tree: &Tree| *tree == Tree::Path(vec![fact.to_owned()]);
        match (sign.as_str(), &**left, &**right) {
            ("&&", left, right) => of(left, fact).or_else(|| of(right, fact)),
            (">=", path, Tree::Number(least)) | ("<=", Tree::Number(least), path)
                if is_it(path) =>
            {
                Some(*least)
            }
            _ => None,
        }
    }
    let tree = parse(text)?;
    of(&tree, fact)
}
