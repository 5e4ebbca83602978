//! What people read: results on standard error, machine output on standard output.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::args::Common;
use super::secrets;
use super::setup::Ground;
use crate::drill::Drill;
use crate::error::{Error, Result};
use crate::evidence::Exhibit;
use crate::exit::Exit;
use crate::record::Record;
use crate::release::ReleaseDecision;
use crate::runner::{BreakRecord, DrillRecord, Ended, Proof};
use crate::verdict::{Finding, Verdict};
use crate::verify::Checked;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// One JSON document on standard output, without secrets.
///
/// # Errors
/// As [`print_text`].
pub fn print_json(value: &impl Serialize) -> Result<()> {
    print(&format!("{:#}", secrets::masked_json(value)?))
}

/// One JSON document on one line of standard output, without secrets.
///
/// # Errors
/// As [`print_json`].
pub fn print_line(value: &impl Serialize) -> Result<()> {
    print(&secrets::masked_json(value)?.to_string())
}

/// A record as its file holds it, whose secrets are masked already.
///
/// # Errors
/// As [`print_text`].
pub fn print_record(record: &Record) -> Result<()> {
    print(String::from_utf8_lossy(&record.to_json()?).trim_end())
}

/// Text on standard output, without secrets.
///
/// # Errors
/// As [`print`].
pub fn print_text(text: &str) -> Result<()> {
    print(&secrets::masked(text))
}

/// Text on standard output. A reader that stopped reading, such as `head`, is nobody's error: what was asked for is
/// told by the exit code too.
///
/// # Errors
/// An environment error when standard output takes nothing, as on a full disk.
fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::environment(format!("cannot write to standard output: {error}"))
                .fix("make room where the output goes"))
        }
        _ => Ok(()),
    }
}

/// Help, the version, or what is wrong with the command line; and the exit code that goes with it.
pub fn usage(told: &clap::Error) -> Exit {
    // An argument may hold a password, and the words of an error show it.
    secrets::learn([]);
    let text = secrets::masked(&told.render().ansi().to_string());
    // A closed pipe while printing help is nobody's error.
    let _ = match told.use_stderr() {
        true => write!(anstream::stderr().lock(), "{text}"),
        false => write!(anstream::stdout().lock(), "{text}"),
    };
    if told.use_stderr() { Exit::Usage } else { Exit::Permitted }
}

/// An error, one line of what and where, one of what to do.
pub fn complain(error: &Error) {
    let place = error.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    say(&format!("{RED}error{RED:#}: {}{place}", error.what));
    if let Some(remedy) = &error.remedy {
        say(&format!("  {DIM}try{DIM:#}: {remedy}"));
    }
}

/// What is about to be run, on what.
pub fn headline(common: &Common, ground: &Ground) {
    if common.quiet {
        return;
    }
    let provider = &ground.provider;
    say(&format!(
        "{BOLD}sor-gate{BOLD:#} {}  {DIM}{}, seed {}, run {}{DIM:#}",
        ground.title(),
        provider,
        ground.plan.seed,
        ground.run_id
    ));
}

/// A plain line when a drill ended.
pub fn finished(name: &str, ended: &Ended) {
    let verdict = ended.evidence.verdict();
    say(&format!("{} {name} {DIM}{} ms{DIM:#}", mark(verdict), ended.duration.as_millis()));
}

/// One line a drill, and the claims that failed.
pub fn verdicts(common: &Common, records: &[DrillRecord]) {
    if common.quiet {
        return;
    }
    for record in records {
        say(&format!(
            "{} {:<26} {DIM}{:>5} ms{DIM:#}  {}",
            mark(record.verdict),
            record.id,
            record.duration_ms,
            record.evidence
        ));
        for finding in record.findings.iter().filter(|f| common.verbose || f.verdict != Verdict::Pass) {
            claim(common, finding);
        }
        for proven in record.breaks.iter().filter(|b| common.verbose || b.proof != Proof::Caught) {
            let (style, word) = proof(proven.proof);
            say(&format!(
                "    {style}{word}{style:#} under {} {DIM}({}){DIM:#}: red: {}",
                proven.id,
                proven.summary,
                names(&proven.red)
            ));
        }
    }
}

/// One drill with all its claims, what to change, and the break if there was one.
pub fn claims<'c>(common: &Common, record: &DrillRecord, drills: impl Iterator<Item = &'c dyn Drill>) {
    if common.quiet {
        return;
    }
    let spec = drills.map(Drill::spec).find(|spec| spec.id == record.id);
    say(&format!(
        "{} {BOLD}{}{BOLD:#} {DIM}{} ms{DIM:#}",
        mark(record.verdict),
        record.id,
        record.duration_ms
    ));
    say(&format!("    {}", record.evidence));
    for finding in &record.findings {
        claim(common, finding);
        let remedy = spec.and_then(|spec| spec.claim(&finding.claim)).map(|claim| claim.remedy);
        if let (Verdict::Fail, Some(remedy)) = (finding.verdict, remedy) {
            say(&format!("      {DIM}change{DIM:#}   {remedy}"));
        }
    }
    let asked = |exhibit: &&Exhibit| exhibit.title == Exhibit::EVERY_MIGRATION;
    let shown = |exhibit: &&Exhibit| common.verbose || record.verdict != Verdict::Pass || asked(exhibit);
    for exhibit in record.exhibits.iter().filter(shown) {
        say(&format!("    {BOLD}{}{BOLD:#}", exhibit.title));
        for line in exhibit.body.lines() {
            say(&format!("      {line}"));
        }
    }
    for proven in &record.breaks {
        let (style, word) = proof(proven.proof);
        say(&format!(
            "    {style}{word}{style:#}: under {} ({}) {}",
            proven.id,
            proven.applied,
            names(&proven.red)
        ));
    }
}

/// The matrix: under each drill its breaks, the claim that had to notice and how it ended.
pub fn matrix(common: &Common, breaks: &[(&'static str, BreakRecord)]) {
    let mut drill = "";
    for (id, proven) in breaks.iter().filter(|(_, b)| !common.quiet || b.proof != Proof::Caught) {
        if *id != drill {
            say(&format!("{BOLD}{id}{BOLD:#}"));
            drill = id;
        }
        let (style, word) = proof(proven.proof);
        let took = proven.duration_ms;
        say(&format!(
            "  {style}{word:<8}{style:#} {:<32} {:<24} {DIM}{took:>5} ms  {}{DIM:#}",
            proven.id, proven.claim, proven.summary
        ));
        if proven.proof != Proof::Caught {
            say(&format!("           red: {}; {}", names(&proven.red), proven.applied));
            say(&format!("           {} observed {}", proven.claim, proven.observed));
        }
    }
    let caught = breaks.iter().filter(|(_, proven)| proven.proof == Proof::Caught).count();
    let style = if caught == breaks.len() { GREEN } else { RED };
    say(&format!("{style}{caught} of {} breaks caught{style:#}", breaks.len()));
}

fn claim(common: &Common, finding: &Finding) {
    say(&format!("    {} {:<24} {}", mark(finding.verdict), finding.claim, finding.observed));
    if finding.verdict != Verdict::Pass {
        say(&format!("      {DIM}expected{DIM:#} {}", finding.expected));
    }
    if common.verbose {
        for witness in &finding.witness {
            say(&format!("      {DIM}witness{DIM:#}  {witness}"));
        }
    }
}

/// The decisions, where the evidence lies, how long it took.
pub fn decisions(common: &Common, decisions: &[ReleaseDecision], folder: Option<&Path>, took: Duration) {
    for decision in decisions {
        let style = if decision.permitted { GREEN } else { RED };
        let rest = decision.text.strip_prefix(decision.word()).unwrap_or(&decision.text);
        say(&format!("{style}{}{style:#}{rest}", decision.word()));
    }
    if let (Some(folder), false) = (folder, common.quiet) {
        say(&format!("{DIM}evidence in {}, {:.2} s{DIM:#}", folder.display(), took.as_secs_f64()));
    }
}

/// What was found of each run, the newest last.
pub fn verified(common: &Common, runs: &[Checked], defects: &[String]) {
    for run in runs {
        let decision = run.decision.as_deref().unwrap_or("undecided");
        let (style, word) = if run.defects.is_empty() { (GREEN, "intact") } else { (RED, "CHANGED") };
        if !common.quiet || !run.defects.is_empty() {
            say(&format!("{style}{word}{style:#} {BOLD}{}{BOLD:#} {decision}", run.run_id));
        }
        for defect in &run.defects {
            say(&format!("    {defect}"));
        }
        for note in run.notes.iter().filter(|_| !common.quiet) {
            say(&format!("    {DIM}{note}{DIM:#}"));
        }
    }
    for defect in defects {
        say(&format!("{RED}CHANGED{RED:#} {defect}"));
    }
}

/// A word aside.
pub fn note(text: &str) {
    say(&format!("{DIM}{text}{DIM:#}"));
}

pub(super) fn mark(verdict: Verdict) -> String {
    let (style, word) = match verdict {
        Verdict::Pass => (GREEN, "pass"),
        Verdict::Fail => (RED, "FAIL"),
        Verdict::Error => (RED, "????"),
        Verdict::NotTestable => (YELLOW, "none"),
    };
    format!("{style}{word}{style:#}")
}

pub(super) fn proof(proof: Proof) -> (Style, &'static str) {
    match proof {
        Proof::Caught => (GREEN, "caught"),
        Proof::Missed => (RED, "MISSED"),
        Proof::Unviable => (YELLOW, "unviable"),
        Proof::Timeout => (RED, "TIMEOUT"),
    }
}

fn names(red: &[String]) -> String {
    if red.is_empty() { "nothing".into() } else { red.join(", ") }
}

/// One line on standard error, without secrets.
pub fn say(line: &str) {
    say_openly(&secrets::masked(line));
}

/// One line on standard error as it is: how to reach a server that the run made for looking at.
pub fn say_openly(line: &str) {
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}
