//! Sqitch (sqitchtutorial, sqitch-configuration): `sqitch.plan` gives the order; the scripts lie in `deploy`, `revert`
//! and `verify`. A change that is planned twice was reworked: its earlier script is named `change@tag.sql`, after the
//! tag that follows it.
//!
//! psql runs the scripts, statement by statement. One that begins with BEGIN and ends with COMMIT, as Sqitch's template
//! does, is one transaction.

use std::path::Path;

use super::sections::{Belongs, Sorter, Wrong};
use crate::error::{Error, Result};
use crate::migration::reading::statements;
use crate::migration::{Migration, Script, Sending};

/// Name of the plan.
pub(super) const PLAN: &str = "sqitch.plan";

pub(super) fn read(folder: &Path) -> Result<Vec<Migration>> {
    let path = folder.join(PLAN);
    let plan = Script::read(&path)?;
    let mut found = Vec::new();
    for change in changes(&plan.text) {
        let file = format!("{}.sql", change.script);
        let script = |direction: &str| script(&folder.join(direction).join(&file));
        let up = script("deploy")?.ok_or_else(|| {
            Error::usage(format!("the change {} has no deploy script", change.name)).at(format!(
                "{}:{}",
                path.display(),
                change.line
            ))
        })?;
        let step = Migration::new("", &change.script, up, script("revert")?);
        found.push(Migration { verify: script("verify")?, ..step });
    }
    Ok(found)
}

/// A change of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) name: String,
    /// Its scripts, without `.sql`.
    pub(super) script: String,
    pub(super) line: usize,
}

/// The changes of a plan, in its order (sqitchchanges; manual of `sqitch plan`, "Plan Format").
pub(super) fn changes(plan: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut tags: Vec<(usize, String)> = Vec::new();
    for (line, text) in (1..).zip(plan.lines()) {
        let text = text.trim();
        let Some(word) = text.split_whitespace().next() else { continue };
        match word.chars().next() {
            Some('%' | '#') | None => {}
            Some('@') => tags.push((changes.len(), word.to_owned())),
            Some(_) => {
                let name = word.trim_start_matches('+').to_owned();
                changes.push(Change { script: name.clone(), name, line });
            }
        }
    }
    for at in 0..changes.len() {
        let reworked = changes[at + 1..].iter().any(|later| later.name == changes[at].name);
        let tag = tags.iter().find(|(after, _)| *after > at).map(|(_, tag)| tag.clone());
        if let (true, Some(tag)) = (reworked, tag) {
            changes[at].script = format!("{}{tag}", changes[at].name);
        }
    }
    changes
}

fn script(path: &Path) -> Result<Option<Script>> {
    if !path.is_file() {
        return Ok(None);
    }
    let file = Script::read(path)?;
    let text = plain(&file.text)
        .map_err(|wrong| Error::usage(wrong.what).at(format!("{}:{}", path.display(), wrong.line)))?;
    Ok(Some(unwrapped(Script { sending: Sending::Singly, ..Script::new(path, text) })))
}

/// The script without psql's own commands about what it prints; others are refused.
pub(super) fn plain(text: &str) -> Result<String, Wrong> {
    let mut sorter = Sorter::default();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let belongs = match line.strip_prefix('\\').map(|rest| rest.split_whitespace().next()) {
            None => Belongs::Up,
            Some(Some("set" | "unset" | "pset" | "echo" | "qecho" | "timing" | "x" | "t")) => {
                Belongs::Neither
            }
            Some(_) => return Wrong::new(number, "a command of psql itself, which only psql can run"),
        };
        sorter.line(line, belongs);
    }
    Ok(sorter.texts().0)
}

/// Takes the outermost BEGIN and COMMIT away and says that a transaction holds the rest.
fn unwrapped(script: Script) -> Script {
    let all = statements(&script);
    let word = |at: usize| all.get(at).map(|(_, text)| text.trim_end_matches(';').trim().to_uppercase());
    let (Some(first), Some(last)) = (word(0), word(all.len().saturating_sub(1))) else { return script };
    let ends = |text: &str| ["COMMIT", "ROLLBACK"].contains(&text);
    let inner = all.get(1..all.len() - 1).unwrap_or_default();
    if first != "BEGIN" || !ends(&last) || inner.iter().any(|(_, text)| ends(&text.to_uppercase())) {
        return script;
    }
    let lines = (all[0].0 as usize, all[all.len() - 1].0 as usize);
    let mut sorter = Sorter::default();
    for (number, line) in (1..).zip(script.text.split_inclusive('\n')) {
        let bare = line.trim().trim_end_matches(';').trim().to_uppercase();
        let frame = (number == lines.0 && bare == "BEGIN") || (number == lines.1 && ends(&bare));
        sorter.line(line, if frame { Belongs::Neither } else { Belongs::Up });
    }
    let text = sorter.texts().0;
    let taken = statements(&Script::new(&script.path, &text)).len() + 2 == all.len();
    if taken { Script { sending: Sending::Transaction, ..Script::new(script.path, text) } } else { script }
}
