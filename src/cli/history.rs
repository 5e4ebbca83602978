//! `history`: the runs of a folder in one table.

use std::fmt::Write as _;

use anstyle::Style;

use super::args::{Common, Format, HistoryArgs};
use super::terminal::{self, BOLD, DIM, GREEN, RED, YELLOW};
use crate::error::Result;
use crate::exit::Exit;
use crate::history::{Ended, History, Run, history};
use crate::verdict::Verdict;

/// Of a drill's column.
const WIDTH: usize = 6;

/// Reads the runs and prints them, the newest last.
///
/// # Errors
/// A usage error when there are no runs; a run that is damaged is no error but [`Exit::Blocked`].
pub fn show(arguments: &HistoryArgs, common: &Common) -> Result<Exit> {
    let mut found = history(&arguments.dir)?;
    // Marks rest on older runs too, so the older are left out only now.
    let older = arguments.last.map_or(0, |last| found.runs.len().saturating_sub(last));
    found.runs.drain(..older);
    if common.format == Format::Json {
        terminal::print_json(&found)?;
    } else {
        terminal::print_text(table(&found).trim_end())?;
    }
    Ok(if found.damaged.is_empty() { Exit::Permitted } else { Exit::Blocked })
}

/// Numbered drills, a line a run, and what the marks mean in words.
fn table(found: &History) -> String {
    let mut drills: Vec<&str> = Vec::new();
    for ended in found.runs.iter().flat_map(|run| &run.drills) {
        if !drills.contains(&&*ended.id) {
            drills.push(&ended.id);
        }
    }
    let mut out = String::new();
    for (at, drill) in drills.iter().enumerate() {
        let _ = writeln!(out, "{DIM}{:>2}{DIM:#} {drill}", at + 1);
    }
    let numbers = (1..=drills.len()).fold(String::new(), |text, at| format!("{text}  {at:<6}"));
    let head = format!("{:<19}  {:<6}  {:<8}  {:<9}  {:>7}", "begun (UTC)", "run", "commit", "decision", "s");
    let _ = writeln!(out, "{DIM}{}{DIM:#}", format!("{head}{numbers}").trim_end());
    for run in &found.runs {
        let _ = writeln!(out, "{}", line(run, &drills).trim_end());
    }
    for damaged in &found.damaged {
        let _ = writeln!(out, "{RED}DAMAGED{RED:#} {}: {}", damaged.run_id, damaged.why);
    }
    let marked = |is: fn(&Ended) -> bool| found.runs.iter().flat_map(|run| &run.drills).any(is);
    for (shown, legend) in [
        (marked(|ended| ended.newly_red), "! newly red: the drill had passed in the run before"),
        (
            marked(|ended| ended.flaky),
            "~ flaky: the drill passed in another run of the same gate on the same files",
        ),
        (found.runs.iter().any(|run| run.clean == Some(false)), "* the files were not those of the commit"),
        (
            found.runs.iter().any(|run| run.sabotage.is_some()),
            "b run under a break on purpose: compared with no other",
        ),
    ] {
        if shown {
            let _ = writeln!(out, "{DIM}{legend}{DIM:#}");
        }
    }
    out
}

fn line(run: &Run, drills: &[&str]) -> String {
    let (_, short) = run.run_id.split_once('-').unwrap_or(("", &run.run_id));
    let commit = run.commit.as_deref().unwrap_or("unknown").chars().take(7).collect::<String>();
    let star = if run.clean == Some(false) { "*" } else { "" };
    let commit = format!("{commit}{star}");
    let style = if run.decision == "PERMITTED" { GREEN } else { RED };
    let begun = run.started_at.strftime("%Y-%m-%d %H:%M:%S");
    let sabotaged = if run.sabotage.is_some() { "b" } else { "" };
    let decision = format!("{style}{:<9}{style:#}", run.decision);
    let (first, took) = (format!("{begun}  {BOLD}{short:<6}{BOLD:#}  {commit:<8}"), seconds(run.duration_ms));
    let cells = drills.iter().fold(String::new(), |text, id| {
        let ended = run.drills.iter().find(|ended| ended.id == *id);
        text + "  " + &ended.map_or_else(|| " ".repeat(WIDTH), cell)
    });
    format!("{first}  {decision}{sabotaged:<1} {took:>7}{cells}")
}

/// Sign, seconds, marks.
fn cell(ended: &Ended) -> String {
    let (style, sign) = match ended.verdict {
        Verdict::Pass => (Style::new(), "✓"),
        Verdict::Fail => (RED, "✕"),
        Verdict::Error => (RED, "?"),
        Verdict::NotTestable => (YELLOW, "–"),
    };
    let marks = format!("{}{}", if ended.newly_red { "!" } else { "" }, if ended.flaky { "~" } else { "" });
    let text = format!("{sign}{}{marks}", seconds(ended.duration_ms));
    let width = text.chars().count().min(WIDTH);
    format!("{style}{text}{style:#}{}", " ".repeat(WIDTH - width))
}

fn seconds(ms: u64) -> String {
    format!("{}.{}", ms / 1000, ms % 1000 / 100)
}
