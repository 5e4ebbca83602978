//! Overrides: `-- sor-gate: allow drop_table expenses because the table moved to the archive`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use squawk_syntax::{SourceFile, SyntaxKind};

use super::Danger;

/// One named exception, given in the migration itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Override {
    /// What is allowed: `drop_table`.
    pub action: String,
    /// On which object.
    pub object: String,
    /// Why.
    pub reason: String,
    /// 1-based line of the comment.
    pub line: u32,
}

impl Override {
    /// Whether it names this danger: the same action, the same object. A name given without its schema is enough.
    pub fn covers(&self, danger: &Danger) -> bool {
        let unqualified = danger.object.split_once('.').map(|(_, rest)| rest);
        self.action == danger.action.id()
            && (self.object == danger.object || Some(self.object.as_str()) == unqualified)
    }
}

/// All overrides in the comments of a script. One without a reason, or for `*`, is none.
pub(super) fn find(text: &str) -> Vec<Override> {
    let tree = SourceFile::parse(text).syntax_node();
    tree.descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .filter(|token| token.kind() == SyntaxKind::COMMENT)
        .filter_map(|token| {
            let line = 1 + text[..usize::from(token.text_range().start())].matches('\n').count();
            parse(token.text(), u32::try_from(line).unwrap_or(u32::MAX))
        })
        .collect()
}

fn parse(comment: &str, line: u32) -> Option<Override> {
    let body = comment.strip_prefix("--")?.trim().strip_prefix("sor-gate:")?.trim().strip_prefix("allow ")?;
    let (named, reason) = body.split_once(" because ")?;
    let mut words = named.split_whitespace();
    let (action, object) = (words.next()?, words.next()?);
    let whole = words.next().is_none() && !object.contains('*') && !reason.trim().is_empty();
    whole.then(|| Override {
        action: action.into(),
        object: object.into(),
        reason: reason.trim().into(),
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_names_action_object_and_reason() {
        let found = find("SELECT 1;\n-- sor-gate: allow drop_table old.x because it was moved\n");
        assert_eq!((found[0].object.as_str(), found[0].line), ("old.x", 2));
        for none in ["allow drop_table x", "allow drop_table because y", "allow drop_table * because y"] {
            assert!(find(&format!("-- sor-gate: {none}\n")).is_empty(), "{none}");
        }
        assert!(find("SELECT '-- sor-gate: allow drop_table x because y'").is_empty());
    }
}
