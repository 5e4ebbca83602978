//! Pictures of time: what happened in which lane, and which session was busy or waiting when.

use maud::{Markup, html};

use crate::recorder::{StatementRecord, TimelineEntry};

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
                summary { (entries.len()) " events in words" }
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

/// Sessions as lanes: a bar is a statement from its start to its answer, so a long bar is one that waited; a frame is one
/// that was refused. Only where sessions ran beside each other.
pub(super) fn sessions(statements: &[StatementRecord]) -> Markup {
    let names = lanes(statements.iter().map(|statement| statement.session.as_str()));
    let spans: Vec<(&StatementRecord, f64, f64)> = statements
        .iter()
        .filter(|statement| names.contains(&statement.session.as_str()))
        .take(SPANS)
        .map(|statement| {
            let end = statement.at_ms as f64;
            (statement, (end - statement.took_us as f64 / 1000.0).max(0.0), end)
        })
        .collect();
    let axis = Axis::over(spans.iter().flat_map(|(_, start, end)| [*start, *end]));
    let height = LANE * names.len() as f64 + 30.0;
    html! {
        @if names.len() > 1 {
            h3 { "Sessions" }
            p.soft { "A bar is a statement, from its start to its answer: a long bar waited. A frame was refused." }
            div.wide {
                svg viewBox=(format!("0 0 1000 {height}")) role="img" aria-label="Sessions and their statements; the same stand in the table of statements" {
                    (frame(&names, &axis, height))
                    @for (statement, start, end) in &spans {
                        @let lane = names.iter().position(|name| *name == statement.session).unwrap_or_default();
                        @let (x, y) = (axis.x(*start), LANE * lane as f64 + 12.0);
                        @let width = (axis.x(*end) - x).max(2.0);
                        rect.(if statement.sqlstate == "00000" { "span" } else { "refused" }) x=(format!("{x:.1}")) y=(y) width=(format!("{width:.1}")) height="12" rx="2" {
                            title { (short(&statement.sql)) " — " (statement.sqlstate) ", " (statement.took_us) " µs" }
                        }
                    }
                }
            }
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
        @for part in 0..=4 {
            @let at = axis.first + (axis.last - axis.first) * f64::from(part) / 4.0;
            text.faint x=(format!("{:.1}", axis.x(at))) y=(height - 4.0) text-anchor="middle" { (format!("{at:.0} ms")) }
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

    fn x(&self, at: f64) -> f64 {
        LEFT + 10.0 + (WIDTH - 40.0) * (at - self.first) / (self.last - self.first)
    }
}

fn short(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.join(" ").chars().take(120).collect()
}
