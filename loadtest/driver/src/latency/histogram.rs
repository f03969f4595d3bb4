//! Latencies by HdrHistogram, and the percentiles that are told of them.

use super::schedule::Micros;
use hdrhistogram::Histogram;
use serde::Serialize;

/// What is longer counts as an hour.
const LONGEST: u64 = 3_600_000_000;
/// Figures are exact to this many digits.
const DIGITS: u8 = 3;
/// Points of a curve for each ten times fewer samples above.
const POINTS: i32 = 16;

/// Many latencies, in microseconds.
#[derive(Clone, Debug)]
pub(super) struct Distribution(Histogram<u64>);

impl Default for Distribution {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        Self(histogram.expect("the bounds are constants that the histogram takes"))
    }
}

/// What is told of a distribution; milliseconds. A percentile that has less than one sample above it is not told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Of what.
    pub name: String,
    /// Samples.
    pub count: u64,
    /// Half of the samples are at most so long.
    pub p50: Option<f64>,
    /// Nine of ten.
    pub p90: Option<f64>,
    /// 99 of a hundred.
    pub p99: Option<f64>,
    /// 999 of a thousand.
    pub p999: Option<f64>,
    /// 9,999 of ten thousand.
    pub p9999: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

impl Distribution {
    /// One more.
    pub(super) fn add(&mut self, micros: Micros) {
        self.0.saturating_record(u64::try_from(micros).unwrap_or(0).max(1));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its longest, milliseconds; none where it is empty.
    pub(super) fn max(&self) -> Option<f64> {
        (!self.is_empty()).then(|| millis(self.0.max()))
    }

    /// A percentile, milliseconds; none where less than one sample lies above it.
    pub(super) fn percentile(&self, percent: f64) -> Option<f64> {
        let above = self.0.len() as f64 * (100.0 - percent) / 100.0;
        // Hundredths are not exact in binary.
        (above >= 1.0 - 1e-9).then(|| self.at(percent / 100.0))
    }

    fn at(&self, quantile: f64) -> f64 {
        // A bucket's upper bound may lie above the longest sample.
        millis(self.0.value_at_quantile(quantile).min(self.0.max()))
    }

    pub(super) fn row(&self, name: &str) -> Row {
        Row {
            name: name.to_owned(),
            count: self.0.len(),
            p50: self.percentile(50.0),
            p90: self.percentile(90.0),
            p99: self.percentile(99.0),
            p999: self.percentile(99.9),
            p9999: self.percentile(99.99),
            max: self.max(),
        }
    }

    /// Points of its curve: one sample in how many is longer, from all to one, and the latency in milliseconds.
    pub(super) fn curve(&self) -> Vec<(f64, f64)> {
        let count = self.0.len() as f64;
        let one_in = |step: i32| 10f64.powf(f64::from(step) / f64::from(POINTS));
        let mut points: Vec<_> = (0..)
            .map(one_in)
            .take_while(|one_in| *one_in < count)
            .map(|one_in| (one_in, self.at(1.0 - 1.0 / one_in)))
            .collect();
        points.extend(self.max().map(|max| (count, max)));
        points
    }
}

impl Row {
    /// Its cells as text, the name first.
    pub(super) fn cells(&self) -> [String; 8] {
        let shown = |figure: Option<f64>| figure.map_or("-".into(), |ms| format!("{ms:.1}"));
        [
            self.name.clone(),
            crate::report::thousands(self.count),
            shown(self.p50),
            shown(self.p90),
            shown(self.p99),
            shown(self.p999),
            shown(self.p9999),
            shown(self.max),
        ]
    }
}

fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: impl IntoIterator<Item = Micros>) -> Distribution {
        let mut all = Distribution::default();
        samples.into_iter().for_each(|micros| all.add(micros));
        all
    }

    #[test]
    fn percentiles_are_told_where_there_are_samples_enough() {
        let row = of((1..=1_000).map(|sample| sample * 1_000)).row("commands");
        let near = |figure: Option<f64>, ms: f64| (figure.unwrap() - ms).abs() <= ms / 500.0;
        assert!(near(row.p50, 500.0) && near(row.p90, 900.0) && near(row.p99, 990.0), "{row:?}");
        assert!(near(row.p999, 999.0) && near(row.max, 1_000.0), "{row:?}");
        assert_eq!((row.count, row.p9999), (1_000, None));
        assert_eq!(row.cells()[..2], ["commands", "1,000"]);
        assert_eq!(row.cells()[6], "-");
    }

    #[test]
    fn nothing_has_no_figures() {
        let row = Distribution::default().row("none");
        assert_eq!((row.count, row.p50, row.max), (0, None, None));
        assert!(Distribution::default().curve().is_empty());
    }

    #[test]
    fn what_is_out_of_bounds_counts_as_the_bound() {
        let all = of([-5, Micros::MAX]);
        assert!(all.max().unwrap() >= LONGEST as f64 / 1_000.0);
        assert_eq!(all.row("").count, 2);
    }

    #[test]
    fn a_curve_rises_from_the_shortest_to_the_longest() {
        let curve = of((1..=500).map(|sample| sample * 100)).curve();
        assert!(curve.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
        assert_eq!(curve.first().unwrap().1, 0.1);
        assert_eq!(curve.last().unwrap().0, 500.0);
        assert!((curve.last().unwrap().1 - 50.0).abs() <= 0.05);
    }
}
