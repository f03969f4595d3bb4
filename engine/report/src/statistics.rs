//! Proportions, and how sure one can be of them.

/// The standard normal distribution's quantile of 97.5 %: 95 % lie within so many deviations.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
    /// Of those.
    pub hits: u64,
    /// All.
    pub of: u64,
}

/// From, to.
pub type Interval = (f64, f64);

impl Proportion {
    /// As a number from 0 to 1; none of nothing.
    pub fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// The 95 % interval by the score method: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    pub fn interval(self) -> Option<Interval> {
        let (rate, of) = (self.rate()?, self.of as f64);
        let centre = 2.0 * of * rate + Z * Z;
        let width = Z * (Z * Z + 4.0 * of * rate * (1.0 - rate)).sqrt();
        let scale = 2.0 * (of + Z * Z);
        Some((((centre - width) / scale).max(0.0), ((centre + width) / scale).min(1.0)))
    }
}

/// The 95 % interval of `one - other` for two independent groups by the hybrid score method: R. G. Newcombe, "Interval estimation for the difference between
/// independent proportions", Statistics in Medicine 17 (1998), method 10. It holds for small groups and for rates near 0, too.
pub fn difference(one: Proportion, other: Proportion) -> Option<Interval> {
    let (p, q) = (one.rate()?, other.rate()?);
    let ((p_low, p_high), (q_low, q_high)) = (one.interval()?, other.interval()?);
    let below = ((p - p_low).powi(2) + (q_high - q).powi(2)).sqrt();
    let above = ((p_high - p).powi(2) + (q - q_low).powi(2)).sqrt();
    Some(((p - q - below).max(-1.0), (p - q + above).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(actual: Option<Interval>, (low, high): Interval) -> bool {
        actual.is_some_and(|(l, h)| (l - low).abs() < 5e-5 && (h - high).abs() < 5e-5)
    }

    /// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I, method 3.
    #[test]
    fn one_proportion_as_it_was_published() {
        for (hits, of, interval) in
            [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611))]
        {
            let proportion = Proportion { hits, of };
            assert!(close(proportion.interval(), interval), "{:?}", proportion.interval());
        }
        assert_eq!(Proportion::default().interval(), None);
    }

    /// The same, "Interval estimation for the difference", table II, method 10.
    #[test]
    fn a_difference_as_it_was_published() {
        let published = [
            ((56, 70), (48, 80), (0.0524, 0.3339)),
            ((9, 10), (3, 10), (0.1705, 0.8090)),
            ((6, 7), (2, 7), (0.0582, 0.8062)),
            ((5, 56), (0, 29), (-0.0381, 0.1926)),
            ((0, 10), (0, 20), (-0.1611, 0.2775)),
            ((10, 10), (0, 20), (0.6791, 1.0)),
        ];
        for ((hits, of), (others, of_others), interval) in published {
            let told =
                difference(Proportion { hits, of }, Proportion { hits: others, of: of_others });
            assert!(close(told, interval), "{hits}/{of}: {told:?}");
        }
        assert_eq!(difference(Proportion { hits: 1, of: 2 }, Proportion::default()), None);
    }
}
