//! Two pictures, as SVG: latency by percentile, and latency over time.

use super::report::Report;
use crate::Error;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::ops::Range;
use std::path::Path;

/// Width and height, pixels.
const SIZE: (u32, u32) = (960, 540);
const FONT: (&str, u32) = ("sans-serif", 16);
/// Of curves, in their order.
const COLOURS: [RGBColor; 4] =
    [RGBColor(27, 108, 168), RGBColor(209, 73, 91), RGBColor(46, 147, 60), RGBColor(130, 80, 150)];
const CHECKPOINT: RGBColor = RGBColor(120, 110, 60);
const GAP: RGBColor = RGBColor(245, 215, 170);

/// What is drawn under a name.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub(super) name: String,
    /// From left to right; x is of the picture, y milliseconds.
    pub(super) points: Vec<(f64, f64)>,
}

/// Writes both into the folder, which is made if it is not there.
pub(super) fn write(dir: &Path, report: &Report) -> Result<(), Error> {
    std::fs::create_dir_all(dir).map_err(Error::io(dir.display().to_string()))?;
    let pictures = [
        ("latency-by-percentile.svg", by_percentile(report.curves())),
        ("latency-over-time.svg", over_time(report)),
    ];
    for (name, picture) in pictures {
        let path = dir.join(name);
        let text = picture.map_err(|why| Error::Config(format!("drawing {name}: {why}")))?;
        std::fs::write(&path, text).map_err(Error::io(path.display().to_string()))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// Each curve's x: one in how many is longer.
pub(super) fn by_percentile(curves: &[Curve]) -> Result<String, String> {
    picture(|area| {
        let right = greatest(curves, |point| point.0).max(100.0);
        let mut chart = ChartBuilder::on(area)
            .caption("Latency by percentile, milliseconds", FONT)
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d((1.0..right).log_scale(), heights(curves).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("percentile")
            .x_label_formatter(&|one_in| percentile(*one_in))
            .y_label_formatter(&|ms| millis(*ms))
            .draw()?;
        lines(&mut chart, curves)
    })
}

/// Latency of each second, with checkpoints and gaps.
pub(super) fn over_time(report: &Report) -> Result<String, String> {
    let curves = report.seconds_curves();
    picture(|area| {
        let right = greatest(&curves, |point| point.0).max(1.0);
        let (below, above) = (heights(&curves).start, heights(&curves).end);
        let mut chart = ChartBuilder::on(area)
            .caption("Latency of each second, milliseconds", FONT)
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..right, (below..above).log_scale())?;
        let shaded = report.rebalance.iter().map(|gap| {
            let corners = [(gap.from_seconds, below), (gap.until_seconds, above)];
            Rectangle::new(corners, GAP.filled())
        });
        chart.draw_series(shaded)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_desc("seconds; upright lines: a checkpoint was stored; shaded: a rebalance")
            .y_label_formatter(&|ms| millis(*ms))
            .draw()?;
        let stored = report.checkpoints.iter().filter(|at| (0.0..=right).contains(*at));
        let upright = |at: &f64| PathElement::new([(*at, below), (*at, above)], CHECKPOINT);
        chart.draw_series(stored.map(upright))?;
        lines(&mut chart, &curves)
    })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failure<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

fn picture(
    draw: impl for<'a> FnOnce(&Area<'a>) -> Result<(), Failure<'a>>,
) -> Result<String, String> {
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
    let outcome = area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present());
    drop(area);
    outcome.map(|()| text).map_err(|error| error.to_string())
}

fn lines<'a, B: DrawingBackend + 'a, X, Y>(
    chart: &mut ChartContext<'a, B, Cartesian2d<X, Y>>,
    curves: &[Curve],
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>>
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), style))?
            .label(curve.name.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(FONT)
        .draw()
}

fn greatest(curves: &[Curve], of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    curves.iter().flat_map(|curve| &curve.points).map(of).fold(0.0, f64::max)
}

/// A span of milliseconds in which all curves lie, not empty and above 0.
fn heights(curves: &[Curve]) -> Range<f64> {
    let least = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .map(|point| point.1)
        .fold(f64::INFINITY, f64::min)
        .clamp(0.1, 1e6);
    least / 1.2..greatest(curves, |point| point.1).max(least) * 1.5
}

/// `99.9%` where one in a thousand is longer.
fn percentile(one_in: f64) -> String {
    let text = format!("{:.5}", 100.0 - 100.0 / one_in.max(1.0));
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn millis(ms: f64) -> String {
    if ms < 10.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }
}

#[cfg(test)]
mod tests {
    use super::super::report::sample;
    use super::*;

    /// Each element that is opened is closed, in order, and attributes are whole.
    fn well_formed(svg: &str) {
        let (mut open, mut rest) = (Vec::new(), svg);
        while let Some((_, behind)) = rest.split_once('<') {
            let (tag, after) = behind.split_once('>').expect("a tag ends");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or("");
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{svg}");
            } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
                open.push(name);
            }
            rest = after;
        }
        assert!(open.is_empty() && svg.starts_with("<svg "), "{open:?}");
    }

    #[test]
    fn pictures_are_whole_and_name_what_they_show() {
        let report = sample();
        let svg = by_percentile(report.curves()).unwrap();
        well_formed(&svg);
        assert!(svg.contains("event to its message") && svg.contains("99.9%"), "{svg}");
        let svg = over_time(&report).unwrap();
        well_formed(&svg);
        assert!(svg.contains("p99") && svg.contains("seconds"), "{svg}");
        // The shaded rebalance, and the checkpoints inside.
        assert!(svg.contains("#F5D7AA"), "{svg}");
        assert!(svg.contains("#786E3C"), "{svg}");
    }

    #[test]
    fn nothing_measured_is_an_empty_picture() {
        well_formed(&by_percentile(&[]).unwrap());
    }

    #[test]
    fn labels_are_exact() {
        assert_eq!(
            [1.0, 2.0, 10.0, 1_000.0, 100_000.0].map(percentile),
            ["0%", "50%", "90%", "99.9%", "99.999%"]
        );
        assert_eq!([0.25, 9.94, 25.4].map(millis), ["0.2", "9.9", "25"]);
    }
}
