//! Names as the parser gives them, folded as Postgres folds them (manual, 4.1.1 Identifiers).

use squawk_syntax::ast::normalize_name_node;
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// The parts of a possibly qualified name: `public.Expenses` → `["public", "expenses"]`.
///
/// Works on a path, on a node that holds one, on `a.b` in an expression, and on a bare name.
pub(super) fn parts(node: &SyntaxNode) -> Vec<String> {
    match node.kind() {
        SyntaxKind::PATH | SyntaxKind::PATH_REF | SyntaxKind::FIELD_EXPR => {
            node.children().flat_map(|child| parts(&child)).collect()
        }
        SyntaxKind::ROLE_REF => node.children().flat_map(|child| parts(&child)).collect(),
        _ => match path(node) {
            Some(path) => parts(&path),
            None => Some(normalize_name_node(node)).filter(|name| !name.is_empty()).into_iter().collect(),
        },
    }
}

/// The path that a name node holds, if it is one that can be qualified.
pub(super) fn path(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.children().find(|child| matches!(child.kind(), SyntaxKind::PATH | SyntaxKind::PATH_REF))
}

/// The first descendant of a kind.
pub(super) fn first(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.descendants().find(|inner| inner.kind() == kind)
}

/// The parts joined for people: `public.expenses`.
pub(super) fn dotted(parts: &[String]) -> String {
    parts.join(".")
}

/// A statement on one line, cut to a readable length.
pub(super) fn brief(node: &SyntaxNode) -> String {
    let text: String = node
        .descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .map(|token| if token.kind().is_trivia() { " ".into() } else { token.text().to_owned() })
        .collect();
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.truncate(line.trim_end_matches(';').len());
    if let Some((cut, _)) = line.char_indices().nth(100) {
        line.truncate(cut);
        line.push('…');
    }
    line
}
