//! What stands in conditions, without judging them.

use super::parse::{Tree, parse};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;

/// The texts of the lines of all levels, and of all segments.
pub fn texts(plan: &Plan) -> Vec<String> {
    let levels = plan.facts.levels();
    let lines =
        levels.flat_map(|(_, _, ladder)| ladder.lines.iter().map(|line| line.when.to_string()));
    lines.chain(plan.segments.iter().map(|(_, text)| text.to_string())).collect()
}

/// The durations that are written in them.
pub fn durations(texts: &[String]) -> Vec<Millis> {
    let mut found = Vec::new();
    for text in texts {
        look(&parsed(text), &mut |tree| {
            if let Tree::Span(span) = tree {
                found.push(*span);
            }
        });
    }
    found
}

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
    of(&parsed(text), fact)
}

fn parsed(text: &str) -> Tree {
    parse(text).unwrap_or_else(|| panic!("the loader took `{text}`"))
}

/// Every node.
fn look(tree: &Tree, seen: &mut impl FnMut(&Tree)) {
    seen(tree);
    match tree {
        Tree::Null
        | Tree::Bool(_)
        | Tree::Number(_)
        | Tree::Text(_)
        | Tree::Span(_)
        | Tree::Path(_) => {}
        Tree::List(all) | Tree::Call(_, all) => all.iter().for_each(|part| look(part, seen)),
        Tree::Not(inner) | Tree::Minus(inner) => look(inner, seen),
        Tree::Two(_, left, right) => {
            look(left, seen);
            look(right, seen);
        }
        Tree::Choose(test, yes, no) => {
            [test, yes, no].into_iter().for_each(|part| look(part, seen))
        }
    }
}
