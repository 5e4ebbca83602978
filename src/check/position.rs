//! From a place in a statement as it was sent back to the place in the file.

use std::ops::Range;

/// The byte offset in the file that a position in the sent statement (characters, from 1) stands for; the start of the
/// value where the file spells the statement with escapes.
pub(super) fn in_file(text: &str, span: &Range<usize>, sql: &str, sent: &str, position: u32) -> usize {
    let byte = sent.char_indices().nth(position.saturating_sub(1) as usize).map_or(sent.len(), |(at, _)| at);
    let written = text.get(span.clone()).unwrap_or_default();
    match written.find(sql) {
        Some(start) => span.start + start + in_original(sql, sent, byte),
        None => span.start,
    }
}

/// Walks both texts side by side: a placeholder on the one side is a parameter on the other.
fn in_original(sql: &str, sent: &str, byte: usize) -> usize {
    let (mut own, mut theirs) = (0, 0);
    while theirs < byte && own < sql.len() {
        let (left, right) = (&sql[own..], &sent[theirs..]);
        let number =
            right.strip_prefix('$').map(|rest| rest.chars().take_while(char::is_ascii_digit).count());
        match (left.starts_with("${"), number) {
            (true, Some(digits)) if digits > 0 => {
                own += left.find('}').map_or(2, |end| end + 1);
                theirs += digits + 1;
            }
            _ if left.starts_with("\\${") => own += 1,
            _ => match (left.chars().next(), right.chars().next()) {
                (Some(a), Some(b)) if a == b => {
                    own += a.len_utf8();
                    theirs += b.len_utf8();
                }
                // A pasted value; how long it is cannot be told.
                _ => return own,
            },
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_leads_back_to_the_file() {
        let text = "a = 1\nsql = \"\"\"\nSELECT ${tenant},\n  nothing\"\"\"\n";
        let span = 12..text.len() - 1;
        let sql = "SELECT ${tenant},\n  nothing";
        let sent = "SELECT $1,\n  nothing";
        let position = u32::try_from(sent.find("nothing").unwrap()).unwrap() + 1;
        assert_eq!(in_file(text, &span, sql, sent, position), text.find("nothing").unwrap());
        assert_eq!(in_file("x = \"\\u0041\"", &(4..12), "A", "A", 1), 4);
    }
}
