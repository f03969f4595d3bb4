//! How unevenly events fall on customers.

use crate::random::Random;
use libm::{exp, expm1, log, log1p};

/// The distribution of events over customers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Skew {
    /// Every customer is as likely as any other.
    #[default]
    Uniform,
    /// The k-th busiest customer is chosen in proportion to `1 / k^theta`; theta above 0, usually 0.99.
    Zipf(f64),
}

/// Draws customers; constant memory for any number of them.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    customers: u32,
    zipf: Option<Zipf>,
}

impl Sampler {
    /// A sampler over `customers`, at least 1.
    pub(crate) fn new(customers: u32, skew: Skew) -> Self {
        let zipf = match skew {
            Skew::Uniform => None,
            Skew::Zipf(theta) => Some(Zipf::new(f64::from(customers), theta)),
        };
        Self { customers, zipf }
    }

    /// A customer's number in `0..customers`. The busiest are spread over the numbers.
    pub(crate) fn draw(&self, random: &mut Random) -> u32 {
        match &self.zipf {
            None => random.below(u64::from(self.customers)) as u32,
            Some(zipf) => spread(zipf.rank(random), 0, self.customers),
        }
    }
}

/// A bijection of `0..customers` that takes neighbours apart; a different one for each `shift`.
pub(crate) fn spread(number: u32, shift: u32, customers: u32) -> u32 {
    // A prime above 2^31: coprime to every number of customers but itself.
    const PRIME: u64 = 2_654_435_761;
    let customers = u64::from(customers);
    let factor = if customers == PRIME { 1 } else { PRIME };
    ((u64::from(number) * factor + u64::from(shift)) % customers) as u32
}

/// Zipf's law by rejection-inversion (Hörmann and Derflinger 1996): no tables, about one draw in ten is repeated.
/// `libm` instead of the platform's functions, so that every machine draws the same.
#[derive(Clone, Debug)]
struct Zipf {
    count: f64,
    theta: f64,
    /// The integral of the hat from below the first rank and up to above the last.
    first: f64,
    last: f64,
    /// Within this distance above its rank a point is accepted without a look at the density.
    squeeze: f64,
}

impl Zipf {
    fn new(count: f64, theta: f64) -> Self {
        let mut zipf = Self { count, theta, first: 0.0, last: 0.0, squeeze: 0.0 };
        zipf.first = zipf.integral(1.5) - 1.0;
        zipf.last = zipf.integral(count + 0.5);
        zipf.squeeze = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.density(2.0));
        zipf
    }

    /// A rank, 0 the busiest.
    fn rank(&self, random: &mut Random) -> u32 {
        loop {
            let area = self.last + random.unit() * (self.first - self.last);
            let point = self.inverse(area);
            let rank = (point + 0.5).floor().clamp(1.0, self.count);
            if rank - point <= self.squeeze
                || area >= self.integral(rank + 0.5) - self.density(rank)
            {
                return rank as u32 - 1;
            }
        }
    }

    fn density(&self, x: f64) -> f64 {
        exp(-self.theta * log(x))
    }

    /// The integral of the density: `(x^(1-theta) - 1) / (1-theta)`, and `ln x` where theta is 1.
    fn integral(&self, x: f64) -> f64 {
        let log_x = log(x);
        let power = (1.0 - self.theta) * log_x;
        if power.abs() > 1e-8 { expm1(power) / power * log_x } else { log_x }
    }

    fn inverse(&self, area: f64) -> f64 {
        // Rounding may carry the product just below the smallest possible value.
        let power = (area * (1.0 - self.theta)).max(-1.0);
        if power.abs() > 1e-8 { exp(log1p(power) / power * area) } else { exp(area) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zipf_follows_its_law() {
        for theta in [0.5, 0.99, 1.0, 1.2] {
            let zipf = Zipf::new(1_000.0, theta);
            let mut random = Random::new(3);
            let mut counts = [0u32; 1_000];
            for _ in 0..400_000 {
                counts[zipf.rank(&mut random) as usize] += 1;
            }
            let total: f64 = (1..=1_000).map(|rank| zipf.density(f64::from(rank))).sum();
            for rank in [1u32, 2, 3, 10, 50] {
                let expected = 400_000.0 * zipf.density(f64::from(rank)) / total;
                let got = f64::from(counts[rank as usize - 1]);
                assert!(
                    (got - expected).abs() < 6.0 * expected.sqrt() + 1.0,
                    "theta {theta} rank {rank}: {got} for {expected}"
                );
            }
        }
    }

    #[test]
    fn spread_is_a_bijection() {
        for customers in [1, 2, 97, 1_000] {
            let mut seen = vec![false; customers as usize];
            (0..customers).for_each(|number| seen[spread(number, 41, customers) as usize] = true);
            assert!(seen.into_iter().all(|seen| seen), "{customers}");
        }
    }
}
