//! How much of a fact a condition asks for at least.

use super::expr::{Condition, Expr};
use super::field::Field;
use super::operator::Comparison;
use crate::fact::Reading;
use crate::value::Value;

impl Condition {
    /// Of the parts of which each must hold those that are `FACT >= NUMBER`: the numbers.
    pub(crate) fn least_of(&self, fact: u16) -> Vec<f64> {
        let mut found = Vec::new();
        add(&self.expr, fact, &mut found);
        found
    }
}

fn add(expr: &Expr, fact: u16, found: &mut Vec<f64>) {
    let is_it = |side: &Expr| *side == Expr::Field(Field::Fact(fact, Reading::Number));
    match expr {
        Expr::Both(sides) => {
            add(&sides.0, fact, found);
            add(&sides.1, fact, found);
        }
        Expr::Compare(comparison, sides) => {
            let least = match (comparison, &sides.0, &sides.1) {
                (Comparison::GreaterOrEqual, side, Expr::Literal(Value::Number(least)))
                | (Comparison::LessOrEqual, Expr::Literal(Value::Number(least)), side)
                    if is_it(side) =>
                {
                    Some(*least)
                }
                _ => None,
            };
            found.extend(least);
        }
        _ => {}
    }
}
