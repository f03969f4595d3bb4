//! How much the events' amounts come to.

/// Parts of one. Amounts add up in whole parts, so that their order does not matter.
const PARTS: f64 = 10_000.0;

/// So many ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum(pub i64);

/// An amount in ten-thousandths; saturates.
pub fn parts(amount: f64) -> i64 {
    (amount * PARTS).round() as i64
}

impl Sum {
    /// So many ten-thousandths more. Ends at the greatest sum that there is.
    pub fn add(&mut self, parts: i64) {
        self.0 = self.0.saturating_add(parts);
    }

    /// The sum.
    pub fn amount(self) -> f64 {
        self.0 as f64 / PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_add_up_exactly_in_any_order() {
        let sum = |amounts: &[f64]| {
            let mut sum = Sum::default();
            amounts.iter().for_each(|amount| sum.add(parts(*amount)));
            sum.amount()
        };
        assert_ne!(0.1 + 0.2, 0.3);
        assert_eq!((sum(&[0.1, 0.2]), sum(&[0.2, 0.1])), (0.3, 0.3));
        assert_eq!((sum(&[1e300, 1.0]), sum(&[f64::NAN])), (i64::MAX as f64 / PARTS, 0.0));
        assert_eq!(sum(&[19.99; 100]), 1_999.0);
    }
}
