//! How a script wants to be run: in one transaction, in its own, or statement by statement outside any.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

use crate::migration::{Script, Sending};

/// How a script is to be run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// All of it in one transaction.
    #[default]
    Transaction,
    /// It opens and ends transactions itself.
    OwnTransactions,
    /// Statement by statement: it holds one that no transaction can hold (`CREATE INDEX CONCURRENTLY`).
    Singly,
}

pub(super) fn of(script: &Script) -> Running {
    let tree = SourceFile::parse(&script.text).syntax_node();
    let ends_transactions = || {
        tree.children().any(|node| {
            matches!(
                ast::Stmt::cast(node),
                Some(ast::Stmt::Begin(_) | ast::Stmt::Commit(_) | ast::Stmt::Rollback(_))
            )
        })
    };
    match script.sending {
        Sending::Singly => Running::Singly,
        Sending::Whole if wants_no_transaction(script) > 0 && statements(script).len() == 1 => {
            Running::Singly
        }
        Sending::Transaction | Sending::Whole | Sending::Command(_) if ends_transactions() => {
            Running::OwnTransactions
        }
        // A statement that no transaction can hold is refused here, as the format's own tool would see it refused.
        Sending::Transaction | Sending::Whole | Sending::Command(_) => Running::Transaction,
    }
}

/// How many of its statements no transaction can hold.
pub fn wants_no_transaction(script: &Script) -> usize {
    SourceFile::parse(&script.text).syntax_node().children().filter(refuses_transactions).count()
}

/// The statements of a script, with the 1-based line on which each begins.
pub fn statements(script: &Script) -> Vec<(u32, String)> {
    let tree = SourceFile::parse(&script.text).syntax_node();
    tree.children()
        .filter(|node| node.kind() != SyntaxKind::EMPTY_STMT)
        .map(|node| {
            let before = &script.text[..usize::from(node.text_range().start())];
            let line = u32::try_from(1 + before.matches('\n').count()).unwrap_or(u32::MAX);
            (line, node.text().to_string())
        })
        .collect()
}

/// Statements that check PreventInTransactionBlock() (their pages in the manual, part VI).
fn refuses_transactions(node: &SyntaxNode) -> bool {
    let concurrently =
        matches!(
            node.kind(),
            SyntaxKind::CREATE_INDEX | SyntaxKind::DROP_INDEX | SyntaxKind::REINDEX | SyntaxKind::ALTER_TABLE
        ) && node.descendants_with_tokens().any(|part| part.kind() == SyntaxKind::CONCURRENTLY_KW);
    concurrently
        || matches!(
            node.kind(),
            SyntaxKind::VACUUM
                | SyntaxKind::CREATE_DATABASE
                | SyntaxKind::DROP_DATABASE
                | SyntaxKind::CREATE_TABLESPACE
                | SyntaxKind::DROP_TABLESPACE
                | SyntaxKind::ALTER_SYSTEM
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_three_ways_apart() {
        let of = |text: &str| of(&Script { sending: Sending::Whole, ..Script::new("1_a.up.sql", text) });
        assert_eq!(of("ALTER TABLE t ADD a int"), Running::Transaction);
        assert_eq!(of("BEGIN; ALTER TABLE t ADD a int; COMMIT;"), Running::OwnTransactions);
        assert_eq!(of("-- a\nCREATE INDEX CONCURRENTLY i ON t (a)"), Running::Singly);
        assert_eq!(of("DO $$ BEGIN NULL; END $$"), Running::Transaction);
        assert_eq!(of("CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1"), Running::Transaction);
    }

    #[test]
    fn splits_where_the_parser_does() {
        let script = Script::new("1_a.up.sql", "SELECT ';';\n-- x\nDO $$ BEGIN; END $$;\n;");
        let lines: Vec<_> = statements(&script).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 3]);
    }
}
