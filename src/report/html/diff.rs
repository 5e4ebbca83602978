//! A unified diff, set side by side, with the words that differ marked.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

enum Row<'t> {
    Head(&'t str),
    Same(&'t str),
    Changed(Option<&'t str>, Option<&'t str>),
}

pub(super) fn side_by_side(unified: &str) -> Markup {
    html! {
        div.wide {
            table.diff.mono {
                thead { tr { th scope="col" { "− before" } th scope="col" { "+ after" } } }
                tbody {
                    @for row in rows(unified) {
                        @match row {
                            Row::Head(text) => tr.head { td colspan="2" { (text) } },
                            Row::Same(text) => tr { td { "  " (text) } td { "  " (text) } },
                            Row::Changed(before, after) => tr {
                                @if let Some(text) = before { td.cut { "− " (marked(text, after, true)) } } @else { td {} }
                                @if let Some(text) = after { td.add { "+ " (marked(text, before, false)) } } @else { td {} }
                            },
                        }
                    }
                }
            }
        }
    }
}

fn rows(unified: &str) -> Vec<Row<'_>> {
    let (mut rows, mut cut, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for line in unified.lines() {
        let heads = line.starts_with("--- ") || line.starts_with("+++ ") || line.starts_with("@@");
        match (heads, line.chars().next()) {
            (false, Some('-')) => cut.push(&line[1..]),
            (false, Some('+')) => added.push(&line[1..]),
            _ => {
                pair(&mut rows, &mut cut, &mut added);
                match (heads, line.strip_prefix(' ')) {
                    (false, Some(text)) => rows.push(Row::Same(text)),
                    _ => rows.push(Row::Head(line)),
                }
            }
        }
    }
    pair(&mut rows, &mut cut, &mut added);
    rows
}

fn pair<'t>(rows: &mut Vec<Row<'t>>, cut: &mut Vec<&'t str>, added: &mut Vec<&'t str>) {
    for at in 0..cut.len().max(added.len()) {
        rows.push(Row::Changed(cut.get(at).copied(), added.get(at).copied()));
    }
    cut.clear();
    added.clear();
}

fn marked(text: &str, other: Option<&str>, before: bool) -> Markup {
    let Some(other) = other else { return html! { (text) } };
    let (old, new) = if before { (text, other) } else { (other, text) };
    let diff = TextDiff::from_words(old, new);
    let own = if before { ChangeTag::Delete } else { ChangeTag::Insert };
    html! {
        @for change in diff.iter_all_changes() {
            @if change.tag() == own { mark { (change.value()) } }
            @else if change.tag() == ChangeTag::Equal { (change.value()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_additions_stand_side_by_side() {
        let text =
            side_by_side("--- a\n+++ b\n@@ -1,2 +1,3 @@\n same\n-type: text\n+type: varchar\n+null: <yes>\n")
                .into_string();
        assert!(
            text.contains("− type: <mark>text</mark>") && text.contains("+ type: <mark>varchar</mark>"),
            "{text}"
        );
        assert!(text.contains("<td></td><td class=\"add\">+ null: &lt;yes&gt;</td>"), "{text}");
    }
}
