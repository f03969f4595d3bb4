//! A condition of which only a part is known: what it comes to whatever the rest is.

use super::expr::{Condition, Expr};
use super::field::Field;
use crate::value::ValueRef;

impl Condition {
    /// Whether it is true whatever the fields are that are not `known`; none: these have a say. `read` is asked for the others alone.
    pub fn holds_whatever<'v>(
        &self,
        known: impl Fn(Field) -> bool,
        read: impl Fn(Field) -> ValueRef<'v>,
    ) -> Option<bool> {
        whatever(&self.expr, &known, &read)
    }
}

fn whatever<'v>(
    expr: &Expr,
    known: &impl Fn(Field) -> bool,
    read: &impl Fn(Field) -> ValueRef<'v>,
) -> Option<bool> {
    let (first, second) = match expr {
        Expr::Not(inner) => return whatever(inner, known, read).map(|is| !is),
        Expr::Both(sides) | Expr::Either(sides) => {
            (whatever(&sides.0, known, read), whatever(&sides.1, known, read))
        }
        _ => {
            let mut all = true;
            expr.each_field(&mut |field| all &= known(field));
            return all.then(|| expr.is_true(read));
        }
    };
    // What settles it: false for both, true for either.
    let settles = matches!(expr, Expr::Either(_));
    match (first, second) {
        (Some(is), _) | (_, Some(is)) if is == settles => Some(settles),
        (Some(_), Some(_)) => Some(!settles),
        (None, _) | (_, None) => None,
    }
}
