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

/// Points of each posterior at which it is computed, from so many deviations below its mean to as many above.
const POINTS: u32 = 2_000;
const DEVIATIONS: f64 = 12.0;

/// For each of several independent groups the probability that its rate is the greatest of all. What is known of a rate is its posterior over the uniform prior,
/// Beta(1 + hits, 1 + others); the probability is the integral of its density times the others' distributions: for two groups E. Miller, "Formulas for Bayesian A/B
/// testing" (2014), gives the same as a sum. Integrated by the trapezium rule at fixed points, to about six digits.
pub fn best(groups: &[Proportion]) -> Vec<f64> {
    let mut points: Vec<f64> = groups.iter().flat_map(|group| group.points()).collect();
    points.sort_unstable_by(f64::total_cmp);
    points.dedup();
    let densities: Vec<Vec<f64>> = groups.iter().map(|group| group.densities(&points)).collect();
    let below: Vec<Vec<f64>> = densities.iter().map(|all| cumulated(&points, all)).collect();
    let wins = (0..groups.len()).map(|own| {
        let at = |place: usize| {
            let others = below.iter().enumerate().filter(|(other, _)| *other != own);
            others.map(|(_, below)| below[place]).product::<f64>() * densities[own][place]
        };
        let product: Vec<f64> = (0..points.len()).map(at).collect();
        whole(&points, &product) / whole(&points, &densities[own])
    });
    let wins: Vec<f64> = wins.collect();
    let total: f64 = wins.iter().sum();
    wins.into_iter().map(|win| win / total).collect()
}

impl Proportion {
    /// Where the posterior of its rate is computed.
    fn points(self) -> impl Iterator<Item = f64> {
        let (a, b) = self.posterior();
        let mean = a / (a + b);
        let deviation = (mean * (1.0 - mean) / (a + b + 1.0)).sqrt();
        let low = (mean - DEVIATIONS * deviation).max(0.0);
        let step = ((mean + DEVIATIONS * deviation).min(1.0) - low) / f64::from(POINTS);
        (0..=POINTS).map(move |place| low + step * f64::from(place))
    }

    fn posterior(self) -> (f64, f64) {
        (1.0 + self.hits as f64, 1.0 + self.of.saturating_sub(self.hits) as f64)
    }

    /// The posterior's density at the points, but for a factor.
    fn densities(self, points: &[f64]) -> Vec<f64> {
        let (a, b) = self.posterior();
        // 0 * ln 0 is none: there the factor is 1.
        let power =
            |base: f64, exponent: f64| if exponent > 0.0 { exponent * base.ln() } else { 0.0 };
        let logarithm = |x: f64| power(x, a - 1.0) + power(1.0 - x, b - 1.0);
        let all: Vec<f64> = points.iter().map(|x| logarithm(x.clamp(0.0, 1.0))).collect();
        let greatest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        all.into_iter().map(|logarithm| (logarithm - greatest).exp()).collect()
    }
}

/// The integral up to each point.
fn integral(points: &[f64], values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let between = points.windows(2).zip(values.windows(2)).map(|(x, y)| match (x, y) {
        ([from, to], [one, other]) => (to - from) * (one + other) / 2.0,
        _ => 0.0,
    });
    std::iter::once(0.0)
        .chain(between.map(|part| {
            sum += part;
            sum
        }))
        .collect()
}

fn whole(points: &[f64], values: &[f64]) -> f64 {
    integral(points, values).last().copied().unwrap_or_default()
}

/// The same as parts of the whole.
fn cumulated(points: &[f64], densities: &[f64]) -> Vec<f64> {
    let all = integral(points, densities);
    let whole = all.last().copied().unwrap_or(1.0);
    all.into_iter().map(|part| part / whole).collect()
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

    /// The sum of E. Miller for two groups, with logarithms of factorials.
    fn summed(one: Proportion, other: Proportion) -> f64 {
        let factorial = |n: u64| (1..=n).map(|k| (k as f64).ln()).sum::<f64>();
        let beta = |a: u64, b: u64| factorial(a - 1) + factorial(b - 1) - factorial(a + b - 1);
        let (a, b) = (1 + one.hits, 1 + one.of - one.hits);
        let (c, d) = (1 + other.hits, 1 + other.of - other.hits);
        // That the rate of `other` is greater.
        let term = |i: u64| {
            (beta(a + i, b + d) - ((d + i) as f64).ln() - beta(1 + i, d) - beta(a, b)).exp()
        };
        (0..c).map(term).sum()
    }

    #[test]
    fn the_best_of_two_is_what_the_sum_says() {
        for (one, other) in [
            ((0, 1), (1, 1)),
            ((0, 0), (3, 10)),
            ((5, 50), (9, 60)),
            ((100, 1_000), (120, 1_000)),
            ((40, 1_000), (2, 9)),
            ((200, 4_000), (220, 4_100)),
        ] {
            let of = |(hits, of)| Proportion { hits, of };
            let (one, other) = (of(one), of(other));
            let told = best(&[one, other]);
            let sum = summed(one, other);
            assert!((told[1] - sum).abs() < 1e-5, "{one:?} {other:?}: {told:?}, {sum}");
        }
        assert!((best(&[Proportion::default(); 2])[0] - 0.5).abs() < 1e-9);
    }

    #[test]
    fn of_many_the_probabilities_are_one_together() {
        let arm = |hits, of| Proportion { hits, of };
        for win in best(&[arm(7, 90); 3]) {
            assert!((win - 1.0 / 3.0).abs() < 1e-6, "{win}");
        }
        let told = best(&[arm(2, 10), arm(30_000, 1_000_000), arm(30_500, 1_000_000), arm(0, 0)]);
        assert!((told.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{told:?}");
        assert!(told[2] > told[1] && told[3] > 0.7, "{told:?}");
    }
}
