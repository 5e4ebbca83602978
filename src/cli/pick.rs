//! Finding drills and breaks by what people type: ids, short names and unique prefixes.

use crate::drill::{Break, Catalogue, Drill};
use crate::error::{Error, Result};

/// Endings that a short name may leave out.
const ENDINGS: [&str; 2] = ["_test", "_drill"];

/// The drill of that id, short name or unique prefix.
///
/// # Errors
/// A usage error that suggests the nearest id, or names all that the prefix fits.
pub fn drill<'c>(catalogue: &'c Catalogue, typed: &str) -> Result<&'c dyn Drill> {
    let wanted = typed.replace('-', "_");
    let exact = |drill: &&dyn Drill| {
        let id = drill.spec().id;
        id == wanted || ENDINGS.iter().any(|ending| id.strip_suffix(ending) == Some(wanted.as_str()))
    };
    if let Some(found) = catalogue.iter().find(exact) {
        return Ok(found);
    }
    let fits = |id: &str| id.starts_with(&wanted) || id.split('_').any(|word| word == wanted);
    let found: Vec<&dyn Drill> = catalogue.iter().filter(|drill| fits(drill.spec().id)).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(unknown("drill", typed, catalogue.iter().map(|drill| drill.spec().id))),
        several => {
            let ids: Vec<_> = several.iter().map(|drill| drill.spec().id).collect();
            Err(Error::usage(format!("`{typed}` fits several drills"))
                .fix(format!("say which: {}", ids.join(", "))))
        }
    }
}

/// The break of that id among the drill's.
///
/// # Errors
/// A usage error that suggests the nearest id.
pub fn sabotage(drill: &dyn Drill, typed: &str) -> Result<&'static Break> {
    let spec = drill.spec();
    let id = typed.strip_prefix(spec.id).and_then(|rest| rest.strip_prefix('.')).unwrap_or(typed);
    let wanted = id.replace('-', "_");
    spec.find_break(&wanted)
        .ok_or_else(|| unknown(&format!("break of {}", spec.id), typed, spec.breaks.iter().map(|one| one.id)))
}

/// The one drill that has a break of that id (`DRILL.ID`, or `ID` where that is unique).
///
/// # Errors
/// A usage error when no drill or several have it.
pub fn broken<'c>(catalogue: &'c Catalogue, typed: &str) -> Result<(&'c dyn Drill, &'static Break)> {
    if let Some((name, id)) = typed.split_once('.') {
        let drill = drill(catalogue, name)?;
        return Ok((drill, sabotage(drill, id)?));
    }
    let wanted = typed.replace('-', "_");
    let mut found = catalogue.iter().filter_map(|drill| Some((drill, drill.spec().find_break(&wanted)?)));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => {
            Err(Error::usage(format!("several drills have a break `{typed}`")).fix("write DRILL.BREAK"))
        }
        (None, _) => {
            let known = catalogue.iter().flat_map(|drill| drill.spec().breaks.iter().map(|one| one.id));
            Err(unknown("break", typed, known))
        }
    }
}

fn unknown(kind: &str, typed: &str, known: impl Iterator<Item = &'static str>) -> Error {
    let nearest = known.map(|id| (strsim::jaro_winkler(id, typed), id)).max_by(|a, b| a.0.total_cmp(&b.0));
    let error = Error::usage(format!("unknown {kind} `{typed}`"));
    match nearest {
        Some((likeness, id)) if likeness > 0.7 => error.fix(format!("did you mean `{id}`?")),
        _ => error.fix("`sor-gate list` shows them all"),
    }
}
