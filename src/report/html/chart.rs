//! What was measured, as a picture and as a table: how many were served in a second, and how long each took.
//!
//! Colour, dash and mark tell the variants apart, each alone; the legend and the table name them.

mod scale;

use maud::{Markup, html};

use crate::benchmark::{Benchmark, Measurement};
use scale::{Scale, short};

/// Size of a panel, and where its plot begins and ends. Panels stand side by side, or below each other on a narrow screen.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 218.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 176.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 312.0;
/// Dashes of the lines, by variant.
const DASHES: [&str; 4] = ["none", "7 4", "2 3", "9 3 2 3"];

/// One of the pictures side by side.
struct Panel {
    title: String,
    value: fn(&Measurement) -> f64,
    /// Whether ten times as much is one step.
    log: bool,
}

/// Picture and table.
pub(super) fn benchmark(measured: &Benchmark) -> Markup {
    let mut variants: Vec<&str> = Vec::new();
    for one in &measured.measurements {
        if !variants.contains(&one.variant.as_str()) {
            variants.push(&one.variant);
        }
    }
    let panels = [
        Panel { title: format!("{} in a second", measured.unit), value: Measurement::per_second, log: false },
        Panel { title: "p50, ms".into(), value: |one| one.p50_us as f64 / 1000.0, log: true },
        Panel { title: "p99, ms".into(), value: |one| one.p99_us as f64 / 1000.0, log: true },
    ];
    html! {
        h3 { (measured.title) }
        p.soft { "Measured on this machine, beside whatever else ran; no claim rests on these figures." }
        @if !measured.measurements.is_empty() {
            p.legend aria-hidden="true" { @for (at, name) in variants.iter().enumerate() { span { (sample(at)) (name) } } }
            div.panels {
                @for panel in &panels {
                    svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(format!("{}: {}; the same figures stand in the table below", measured.title, panel.title)) {
                        (plot(panel, measured, &variants))
                    }
                }
            }
        }
        (table(measured))
    }
}

/// A piece of a variant's line, with its mark.
fn sample(at: usize) -> Markup {
    html! {
        svg.chart viewBox="0 0 36 12" {
            line.(series(at)) x1="1" x2="35" y1="6" y2="6" stroke-dasharray=(DASHES[at % DASHES.len()]) {}
            (mark(at, 18.0, 6.0, ""))
        }
    }
}

fn plot(panel: &Panel, measured: &Benchmark, variants: &[&str]) -> Markup {
    let values = measured.measurements.iter().map(panel.value);
    let scale = Scale::over(values, panel.log);
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * scale.part(value);
    let callers = callers(measured);
    let places = if callers.len() > 1 { callers.len() } else { variants.len() };
    let x = |place: usize| LEFT + (RIGHT - LEFT) * (place as f64 + 0.5) / places as f64;
    html! {
        text.heading x=(LEFT) y="12" { (panel.title) }
        @for tick in scale.ticks() {
            line.lane x1=(LEFT) x2=(RIGHT) y1=(format!("{:.1}", y(tick))) y2=(format!("{:.1}", y(tick))) {}
            text.faint x=(LEFT - 5.0) y=(format!("{:.1}", y(tick) + 4.0)) text-anchor="end" { (short(tick)) }
        }
        @if callers.len() > 1 {
            @for (place, at_once) in callers.iter().enumerate() {
                text.faint x=(format!("{:.1}", x(place))) y=(BOTTOM + 17.0) text-anchor="middle" { (at_once) }
            }
            text.faint x=(format!("{:.1}", (LEFT + RIGHT) / 2.0)) y=(BOTTOM + 34.0) text-anchor="middle" { "at once" }
            @for (at, name) in variants.iter().enumerate() {
                @let points = line(measured, name, &callers).map(|(place, one)| (x(place), y((panel.value)(one)), hint(one))).collect::<Vec<_>>();
                polyline.(series(at)) points=(path(&points)) stroke-dasharray=(DASHES[at % DASHES.len()]) {}
                @for (x, y, hint) in &points { (mark(at, *x, *y, hint)) }
            }
        } @else {
            @for (at, one) in measured.measurements.iter().enumerate() {
                @let top = y((panel.value)(one));
                line.(series(at)) x1=(format!("{:.1}", x(at))) x2=(format!("{:.1}", x(at))) y1=(BOTTOM) y2=(format!("{top:.1}")) stroke-dasharray=(DASHES[at % DASHES.len()]) {}
                (mark(at, x(at), top, &hint(one)))
                text x=(format!("{:.1}", x(at))) y=(format!("{:.1}", top - 9.0)) text-anchor="middle" { (short((panel.value)(one))) }
                text.faint x=(format!("{:.1}", x(at))) y=(BOTTOM + 17.0) text-anchor="middle" { (one.variant) }
            }
        }
    }
}

/// The numbers of callers, ascending.
fn callers(measured: &Benchmark) -> Vec<u64> {
    let mut callers: Vec<u64> = measured.measurements.iter().map(|one| one.at_once).collect();
    callers.sort_unstable();
    callers.dedup();
    callers
}

/// A variant's measurements, each with its place among the callers. Where nobody was served, there is nothing to show.
fn line<'m>(
    measured: &'m Benchmark,
    variant: &str,
    callers: &[u64],
) -> impl Iterator<Item = (usize, &'m Measurement)> {
    callers.iter().enumerate().filter_map(move |(place, at_once)| {
        let fits = |one: &&Measurement| one.variant == variant && one.at_once == *at_once && one.done > 0;
        measured.measurements.iter().find(fits).map(|one| (place, one))
    })
}

fn path(points: &[(f64, f64, String)]) -> String {
    points.iter().map(|(x, y, _)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

fn series(at: usize) -> String {
    format!("s{}", at % DASHES.len())
}

/// A mark of its own for each variant: circle, square, triangle, diamond.
fn mark(at: usize, x: f64, y: f64, hint: &str) -> Markup {
    let class = format!("mark {}", series(at));
    let shape = match at % DASHES.len() {
        0 => [
            (4.2, 0.0),
            (3.0, 3.0),
            (0.0, 4.2),
            (-3.0, 3.0),
            (-4.2, 0.0),
            (-3.0, -3.0),
            (0.0, -4.2),
            (3.0, -3.0),
        ]
        .to_vec(),
        1 => vec![(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
        2 => vec![(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)],
        _ => vec![(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)],
    };
    let corners = shape.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy));
    html! {
        polygon class=(class) points=(corners.collect::<Vec<_>>().join(" ")) { @if !hint.is_empty() { title { (hint) } } }
    }
}

fn hint(one: &Measurement) -> String {
    format!(
        "{}, {} at once: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
        one.variant,
        one.at_once,
        one.per_second(),
        one.p50_us as f64 / 1000.0,
        one.p99_us as f64 / 1000.0
    )
}

fn table(measured: &Benchmark) -> Markup {
    html! {
        div.wide { table {
            thead { tr {
                th { "variant" } th.num { "at once" } th.num { (measured.unit) } th.num { "in a second" } th.num { "p50 ms" } th.num { "p99 ms" } th.num { "begun again" }
            } }
            tbody { @for one in &measured.measurements { tr {
                td { (one.variant) } td.num { (one.at_once) } td.num { (one.done) } td.num { (format!("{:.0}", one.per_second())) }
                td.num { (format!("{:.2}", one.p50_us as f64 / 1000.0)) } td.num { (format!("{:.2}", one.p99_us as f64 / 1000.0)) } td.num { (one.repeated) }
            } } }
        } }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn one(variant: &str, at_once: usize, millis: u64) -> Measurement {
        let each = vec![Duration::from_millis(millis); 10];
        Measurement::of(variant, at_once, Duration::from_millis(100), each, 0)
    }

    fn drawn(measurements: Vec<Measurement>) -> String {
        let measured = Benchmark { title: "Orders <b>".into(), unit: "orders".into(), measurements };
        benchmark(&measured).into_string()
    }

    #[test]
    fn every_point_is_drawn_and_stands_in_the_table() {
        let page = drawn(vec![one("a", 1, 2), one("a", 8, 9), one("b", 1, 3), one("b", 8, 400)]);
        // Three panels, two lines each, two points a line; and a mark a line in the legend.
        assert_eq!(page.matches("<polyline").count(), 6);
        assert_eq!(page.matches("<polygon").count(), 3 * 4 + 2);
        assert_eq!(page.matches("<tr>").count(), 5);
        assert!(page.contains("b, 8 at once: 100/s, p50 400.00 ms, p99 400.00 ms"));
        assert!(page.contains("stroke-dasharray=\"7 4\"") && page.contains("Orders &lt;b&gt;"));
        assert!(!page.contains("NaN") && !page.contains("inf"));
    }

    #[test]
    fn one_number_of_callers_makes_columns_and_nothing_makes_no_picture() {
        let page = drawn(vec![one("a", 8, 2), one("b", 8, 3)]);
        assert_eq!((page.matches("<polyline").count(), page.matches("<polygon").count()), (0, 8));
        assert!(!drawn(Vec::new()).contains("<svg"));
        let nobody = drawn(vec![Measurement::of("a", 1, Duration::ZERO, Vec::new(), 0)]);
        assert!(!nobody.contains("NaN") && !nobody.contains("inf"), "{nobody}");
    }
}
