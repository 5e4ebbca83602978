//! The bundle: one line a drill, then the decision, written as the release step reads it.

use serde_json::{Map, Value};

use super::line::Line;
use super::shape::DECISION_KEY;

/// What the release step is handed: exactly the shape's keys, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceBundle {
    /// Drill id and line, in the order of the shape.
    pub lines: Vec<(String, Line)>,
    /// One paragraph that starts with `PERMITTED` or `BLOCKED`.
    pub release_decision: String,
}

impl EvidenceBundle {
    /// The file's text: pretty JSON, two blanks of indent, a newline at the end.
    pub fn to_json(&self) -> String {
        let entries = self
            .lines
            .iter()
            .map(|(id, line)| (id.clone(), Value::String(line.to_string())))
            .chain([(DECISION_KEY.to_owned(), Value::String(self.release_decision.clone()))]);
        // serde_json keeps the order of insertion (feature `preserve_order`).
        let object: Map<String, Value> = entries.collect();
        format!("{:#}\n", Value::Object(object))
    }

    /// The line of one drill.
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|(key, _)| key == id).map(|(_, line)| line)
    }
}
