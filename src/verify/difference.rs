//! Where a document is not what it must be, in words.

use serde_json::Value;

use crate::record::changes;

/// One line for each place at which `found` is not `wanted`.
pub(super) fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let lines = changes(wanted, found).into_iter().map(|change| {
        let path = change.path;
        match (&change.before, &change.after) {
            (_, None) => format!("`{path}` is missing"),
            (None, _) => format!("`{path}` is too much"),
            (Some(wanted), Some(found)) => {
                format!("`{path}` is {}, the record makes it {}", short(found), short(wanted))
            }
        }
    });
    lines.collect()
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
