//! Pictures of time: what happened in which lane, and which session was busy or waiting when.

use maud::{Markup, html};

use super::statements::Statements;
use crate::recorder::{Log, StatementRecord, TimelineEntry, WaitRecord};

const LEFT: f64 = 130.0;
const WIDTH: f64 = 860.0;
const LANE: f64 = 30.0;
/// More lanes or spans than this are no picture any more.
const LANES: usize = 24;
const SPANS: usize = 600;

/// The timeline: a line a lane, a dot an event, a cross a kill; below it the same in words.
pub(super) fn timeline(entries: &[TimelineEntry]) -> Markup {
    let names = lanes(entries.iter().map(|entry| entry.lane.as_str()));
    let axis = Axis::over(entries.iter().map(|entry| entry.at_ms as f64));
    let height = LANE * names.len() as f64 + 30.0;
    html! {
        @if !entries.is_empty() {
            h3 { "Timeline" }
            div.wide {
                svg viewBox=(format!("0 0 1000 {height}")) role="img" aria-label="Timeline; the same events stand in the table below" {
                    (frame(&names, &axis, height))
                    @for entry in entries.iter().take(SPANS) {
                        @if let Some(lane) = names.iter().position(|name| *name == entry.lane) {
                            (event(entry, axis.x(entry.at_ms as f64), LANE * lane as f64 + 18.0))
                        }
                    }
                }
            }
            details {
                summary { (entries.len()) (if entries.len() == 1 { " event" } else { " events" }) " in words" }
                div.inner.wide {
                    table {
                        thead { tr { th.num { "ms" } th { "lane" } th { "what" } } }
                        tbody { @for entry in entries { tr { td.num { (entry.at_ms) } td { (entry.lane) } td { (entry.what) } } } }
                    }
                }
            }
        }
    }
}

fn event(entry: &TimelineEntry, x: f64, y: f64) -> Markup {
    let (left, right, top, bottom) = (x - 6.0, x + 6.0, y - 6.0, y + 6.0);
    let hint = format!("{} ms, {}: {}", entry.at_ms, entry.lane, entry.what);
    html! {
        g {
            title { (hint) }
            @if is_kill(&entry.what) {
                path.kill d=(format!("M{left:.1} {top:.1}L{right:.1} {bottom:.1}M{left:.1} {bottom:.1}L{right:.1} {top:.1}")) {}
                text.killed x=(format!("{:.1}", x + 9.0)) y=(format!("{:.1}", y - 5.0)) { "kill" }
            } @else {
                circle.dot cx=(format!("{x:.1}")) cy=(y) r="4.5" {}
            }
        }
    }
}

fn is_kill(what: &str) -> bool {
    let what = what.to_lowercase();
    what.contains("kill") && !what.contains("at the kill") || what.contains("crashed")
}

/// Sessions as lanes: a bar is a statement from its start to its answer; a hatched bar below it is the time in which it was
/// seen to wait for another session; a frame was refused. Only where sessions ran beside each other.
pub(super) fn sessions(log: &Log, numbers: &Statements<'_>) -> Markup {
    let names = lanes(log.statements.iter().map(|statement| statement.session.as_str()));
    let lane = |session: &str| names.iter().position(|name| *name == session);
    let bars: Vec<Bar<'_>> = log
        .statements
        .iter()
        .enumerate()
        .filter_map(|(at, statement)| Some(Bar::of(statement, numbers.number(at), lane(&statement.session)?)))
        .take(SPANS)
        .collect();
    let axis = Axis::over(bars.iter().flat_map(|bar| [bar.start, bar.end]));
    let height = LANE * names.len() as f64 + 30.0;
    let waits = log.waits.iter().filter(|wait| wait.from_ms as f64 <= axis.last).take(SPANS);
    html! {
        @if names.len() > 1 {
            h3 { "Sessions" }
            p.soft {
                "A bar is a statement, from its start to its answer; a frame was refused; the number under the pointer is that of the table below."
                @if !log.waits.is_empty() { " A hatched bar waited for another session, " (log.waits.len()) " times in all." }
            }
            div.wide {
                svg viewBox=(format!("0 0 1000 {height}")) role="img" aria-label="Sessions and their statements; the same stand in the table of statements" {
                    (frame(&names, &axis, height))
                    @for bar in &bars { (bar.drawn(&axis)) }
                    @for wait in waits { @if let Some(lane) = lane(&wait.session) { (waited(wait, &axis, lane)) } }
                }
            }
        }
    }
}

struct Bar<'l> {
    statement: &'l StatementRecord,
    number: usize,
    lane: usize,
    start: f64,
    end: f64,
}

impl<'l> Bar<'l> {
    fn of(statement: &'l StatementRecord, number: usize, lane: usize) -> Self {
        let end = statement.at_ms as f64;
        let start = (end - statement.took_us as f64 / 1000.0).max(0.0);
        Self { statement, number, lane, start, end }
    }

    fn drawn(&self, axis: &Axis) -> Markup {
        let class = if self.statement.sqlstate == "00000" { "span" } else { "refused" };
        let (x, y) = (axis.x(self.start), LANE * self.lane as f64 + 10.0);
        let width = (axis.x(self.end) - x).max(2.0);
        html! {
            rect.(class) x=(format!("{x:.1}")) y=(y) width=(format!("{width:.1}")) height="11" rx="2" {
                title { (self.number) ": " (self.statement.sqlstate) ", " (self.statement.took_us) " µs" }
            }
        }
    }
}

fn waited(wait: &WaitRecord, axis: &Axis, lane: usize) -> Markup {
    let (x, y) = (axis.x(wait.from_ms as f64), LANE * lane as f64 + 23.0);
    let right = axis.x(wait.to_ms as f64).max(x + 3.0);
    html! {
        path.wait d=(format!("M{x:.1} {y}H{right:.1}")) {
            title { (wait.session) " waited for " (wait.blocked_by.join(", ")) ", " (wait.to_ms - wait.from_ms.min(wait.to_ms)) " ms" }
        }
    }
}

fn frame(names: &[&str], axis: &Axis, height: f64) -> Markup {
    html! {
        @for (at, name) in names.iter().enumerate() {
            @let y = LANE * at as f64 + 18.0;
            text x="0" y=(y + 4.0) { (name.chars().take(20).collect::<String>()) }
            line.lane x1=(LEFT) x2=(LEFT + WIDTH) y1=(y) y2=(y) {}
        }
        @for (at, label) in axis.ticks() {
            text.faint x=(format!("{:.1}", axis.x(at))) y=(height - 4.0) text-anchor="middle" { (label) }
        }
    }
}

/// Names in the order in which they first appear.
fn lanes<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if found.len() < LANES && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

struct Axis {
    first: f64,
    last: f64,
}

impl Axis {
    fn over(moments: impl Iterator<Item = f64>) -> Self {
        let (first, last) = moments.fold((f64::MAX, 0.0_f64), |(low, high), at| (low.min(at), high.max(at)));
        Self { first: first.min(last), last: last.max(first.min(last) + 1.0) }
    }

    /// Five moments with their labels; fewer where they would read the same.
    fn ticks(&self) -> Vec<(f64, String)> {
        let moments = (0..=4).map(|part| self.first + (self.last - self.first) * f64::from(part) / 4.0);
        let mut ticks: Vec<(f64, String)> = moments.map(|at| (at, format!("{at:.0} ms"))).collect();
        ticks.dedup_by(|later, earlier| later.1 == earlier.1);
        ticks
    }

    fn x(&self, at: f64) -> f64 {
        LEFT + 10.0 + (WIDTH - 40.0) * (at - self.first) / (self.last - self.first)
    }
}
