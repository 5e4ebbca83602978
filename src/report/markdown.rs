//! `bundle.md`: the bundle for people.

use crate::release::EvidenceBundle;

/// The bundle's JSON in a code block, the release decision as a paragraph immediately below it.
pub fn bundle_markdown(bundle: &EvidenceBundle) -> String {
    // No line of the JSON can close the fence: each starts with a brace or a quote.
    format!("```json\n{}```\n\n{}\n", bundle.to_json(), escaped(&bundle.release_decision))
}

/// Escapes what Markdown would take for markup (CommonMark 0.31, section 2.4). Ids such as
/// `run_journal` stay as they are: an underscore within a word is none.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let inner = before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_alphanumeric());
        if "\\`*<[~&$".contains(c) || (c == '_' && !inner) {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_and_markup_does_not() {
        assert_eq!(escaped("PERMITTED: run_journal_resume_drill."), "PERMITTED: run_journal_resume_drill.");
        assert_eq!(escaped("_pkey1 <b> *x*"), "\\_pkey1 \\<b> \\*x\\*");
    }
}
