//! `diff`: what changed between two runs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::args::{Common, DiffArgs, Format};
use super::terminal::{self, BOLD, DIM, GREEN, RED};
use crate::comparison::{Comparison, SchemaChange, Seen, Side, Timing};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::record::{self, RECORD_FILE, Record};
use crate::report::folder::EvidenceFolder;
use crate::runner::Proof;

/// Timings that differ by less than this, or by less than a fifth, are left to the machine output.
const NOTABLE_MS: u64 = 100;

/// Compares two records and prints what is different.
///
/// # Errors
/// A usage error when a run is not there or its record cannot be read.
pub fn diff(arguments: &DiffArgs, common: &Common) -> Result<Exit> {
    let out = arguments.out.as_deref().unwrap_or(Path::new("evidence"));
    let read = |typed: &Path| read(&find(typed, out)?);
    let found = Comparison::of(&read(&arguments.before)?, &read(&arguments.after)?);
    if common.format == Format::Json {
        terminal::print_json(&found)?;
    } else {
        terminal::print_text(text(&found).trim_end())?;
    }
    Ok(Exit::Permitted)
}

/// A run's folder by its path, or by its id or the end of it.
fn find(typed: &Path, out: &Path) -> Result<PathBuf> {
    if typed.is_dir() {
        return Ok(typed.to_owned());
    }
    let folder = EvidenceFolder::new(out);
    let name = typed.to_string_lossy();
    let ids: Vec<_> = folder
        .ids()
        .into_iter()
        .filter(|id| id.as_str() == name || id.as_str().ends_with(&format!("-{name}")))
        .collect();
    match ids.as_slice() {
        [id] => Ok(folder.run(id)),
        [] => Err(Error::usage(format!("there is no run `{name}`"))
            .at(out.display())
            .fix("`sor-gate history` lists the runs; name one by its folder, its id or the end of that")),
        _ => Err(Error::usage(format!("more than one run is called `{name}`"))
            .at(out.display())
            .fix("give the whole id")),
    }
}

fn read(place: &Path) -> Result<Record> {
    let file = place.join(RECORD_FILE);
    let damaged = |what: String| {
        Error::usage(format!("the run cannot be read: {what}"))
            .at(place.display())
            .fix("name a run's folder; `sor-gate verify` tells what is wrong with one")
    };
    let bytes = fs::read(&file).map_err(|error| damaged(format!("{RECORD_FILE}: {error}")))?;
    record::read(&bytes).map_err(|defects| damaged(defects.join("; ")))
}

fn text(found: &Comparison) -> String {
    let mut out = String::new();
    side(&mut out, "before", &found.before);
    side(&mut out, "after", &found.after);
    heading(&mut out, "Claims", found.claims.is_empty() && found.breaks.is_empty());
    for change in &found.claims {
        let word = |seen: &Option<Seen>| {
            seen.as_ref().map_or("not examined".into(), |seen| terminal::mark(seen.verdict))
        };
        let _ = writeln!(
            out,
            "  {}.{}  {} → {}",
            change.drill,
            change.claim,
            word(&change.before),
            word(&change.after)
        );
        for (when, seen) in [("before", &change.before), ("after", &change.after)] {
            if let Some(seen) = seen {
                let _ = writeln!(out, "      {DIM}{when:<8}{DIM:#} {}", seen.observed);
            }
        }
        if let Some(seen) = change.after.as_ref().or(change.before.as_ref()) {
            let _ = writeln!(out, "      {DIM}expected{DIM:#} {}", seen.expected);
        }
    }
    for change in &found.breaks {
        let word = |proof: Option<Proof>| {
            proof.map_or("not tried".into(), |proof| {
                let (style, word) = terminal::proof(proof);
                format!("{style}{word}{style:#}")
            })
        };
        let _ = writeln!(
            out,
            "  {} under {}  {} → {}",
            change.drill,
            change.id,
            word(change.before),
            word(change.after)
        );
    }
    heading(&mut out, "Schema", found.schema.is_empty());
    found.schema.iter().for_each(|change| schema(&mut out, change));
    heading(&mut out, "Settings", found.settings.is_empty());
    for change in &found.settings {
        let _ = writeln!(
            out,
            "  {}  {} → {}",
            change.path,
            shown(change.before.as_ref()),
            shown(change.after.as_ref())
        );
    }
    let notable: Vec<&Timing> = found.timings.iter().filter(|timing| is_notable(timing)).collect();
    heading(&mut out, "Timings", notable.is_empty());
    for timing in notable {
        let ms = |ms: Option<u64>| ms.map_or("none".to_owned(), |ms| format!("{ms} ms"));
        let name = timing.drill.as_deref().unwrap_or("the whole run");
        let _ = writeln!(out, "  {name}  {} → {}", ms(timing.before_ms), ms(timing.after_ms));
    }
    out
}

fn side(out: &mut String, when: &str, side: &Side) {
    let style = if side.decision == "PERMITTED" { GREEN } else { RED };
    let commit = side.commit.as_deref().unwrap_or("unknown");
    let star = if side.clean == Some(false) { " with uncommitted changes" } else { "" };
    let (run, decision) = (&side.run_id, &side.decision);
    let _ = writeln!(
        out,
        "{DIM}{when:<6}{DIM:#} {BOLD}{run}{BOLD:#}  {style}{decision}{style:#}  commit {commit}{star}"
    );
}

fn heading(out: &mut String, title: &str, same: bool) {
    let none = if same { "  no difference" } else { "" };
    let _ = writeln!(out, "{BOLD}{title}{BOLD:#}{DIM}{none}{DIM:#}");
}

fn schema(out: &mut String, change: &SchemaChange) {
    let _ = writeln!(out, "  {}", change.subject);
    for file in &change.files {
        let deed = match (&file.before, &file.after) {
            (None, _) => "new",
            (_, None) => "gone",
            _ => "changed",
        };
        let _ = writeln!(out, "    {deed} {}", file.path);
    }
    for line in change.catalog.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => GREEN,
            Some(b'-') => RED,
            _ => DIM,
        };
        let _ = writeln!(out, "    {style}{line}{style:#}");
    }
}

fn is_notable(timing: &Timing) -> bool {
    let (Some(before), Some(after)) = (timing.before_ms, timing.after_ms) else { return true };
    let apart = before.abs_diff(after);
    apart >= NOTABLE_MS && apart.saturating_mul(5) >= before
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".into(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) => "none".into(),
        Some(other) => other.to_string(),
    }
}
