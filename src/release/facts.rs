//! What a record adds to a bundle's lines, when one is at hand.

use jiff::Timestamp;

use super::line::Line;
use super::shape::BundleShape;

/// The facts of a record that bear on the decision. Whoever reads the record fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFacts {
    /// One entry a drill.
    pub drills: Vec<DrillFacts>,
    /// The subject's git commit, in full.
    pub commit: Option<String>,
    /// Files that were not as that commit has them; `None` when that is not known.
    pub uncommitted: Option<Vec<String>>,
    /// When the run ended.
    pub finished_at: Timestamp,
    /// What is wrong with the record itself (unknown schema version, a digest that differs), one line each.
    pub problems: Vec<String>,
}

/// What a record says of one drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillFacts {
    /// The drill's id.
    pub id: String,
    /// How many claims were put to the test; those that are not testable are none.
    pub claims_examined: usize,
    /// The breaks under which the named claim turned red.
    pub caught: Vec<String>,
    /// The breaks that were tried and not caught, each with what became of it: `no_key: missed: …`.
    pub missed: Vec<String>,
}

impl RecordFacts {
    /// The facts of one drill.
    pub fn drill(&self, id: &str) -> Option<&DrillFacts> {
        self.drills.iter().find(|drill| drill.id == id)
    }
}

/// The lines in the shape's order, each drill once. A drill without a line, and a `pass` that the
/// record does not bear out, become an error.
pub(super) fn settle(
    shape: &BundleShape,
    lines: &[(String, Line)],
    facts: Option<&RecordFacts>,
) -> Vec<(String, Line)> {
    let settled = |id: &str| {
        let mut own = lines.iter().filter(|(key, _)| key == id).map(|(_, line)| line);
        match (own.next(), own.next()) {
            (None, _) => Line::error("the drill did not run"),
            (Some(_), Some(_)) => Line::error("the drill has more than one line"),
            (Some(line @ (Line::Pass | Line::Waived { .. })), None) => {
                facts.map_or_else(|| line.clone(), |facts| borne_out(line, facts.drill(id)))
            }
            (Some(line), None) => line.clone(),
        }
    };
    shape.drills.iter().map(|drill| (drill.id.clone(), settled(&drill.id))).collect()
}

fn borne_out(line: &Line, facts: Option<&DrillFacts>) -> Line {
    let waived = *line != Line::Pass;
    match facts {
        None => Line::error("the record says nothing of this drill"),
        // A waiver may cover a whole drill, of which nothing is then examined.
        Some(facts) if facts.claims_examined == 0 && waived => line.clone(),
        Some(facts) if facts.claims_examined == 0 => Line::error("no claim was examined"),
        Some(facts) if !facts.missed.is_empty() => {
            Line::error(&format!("not seen to fail under the break {}", facts.missed.join("; under ")))
        }
        Some(facts) if facts.caught.is_empty() => Line::error("never seen to fail: no break was tried"),
        Some(_) => line.clone(),
    }
}
