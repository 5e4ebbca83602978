//! Which statements do something. A comment, `SELECT 1`, `BEGIN` or an empty block is no downgrade.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::names;

/// Functions of the server that leave nothing behind; a SELECT that calls only these does nothing.
const IDLE: &[&str] = &[
    "now",
    "version",
    "pg_sleep",
    "clock_timestamp",
    "statement_timestamp",
    "current_setting",
    "set_config",
    "current_database",
    "current_schema",
    "count",
    "coalesce",
    "format",
    "pg_backend_pid",
    "to_regclass",
];

/// Whether the statement itself (not the body that it may hold) changes anything.
pub(super) fn does_something(node: &SyntaxNode) -> bool {
    let Some(statement) = ast::Stmt::cast(node.clone()) else { return false };
    match statement {
        ast::Stmt::EmptyStmt(_)
        | ast::Stmt::Begin(_)
        | ast::Stmt::Commit(_)
        | ast::Stmt::Rollback(_)
        | ast::Stmt::SavepointCreate(_)
        | ast::Stmt::ReleaseSavepoint(_)
        | ast::Stmt::Set(_)
        | ast::Stmt::SetRole(_)
        | ast::Stmt::SetConstraints(_)
        | ast::Stmt::SetTransaction(_)
        | ast::Stmt::SetSessionAuth(_)
        | ast::Stmt::Reset(_)
        | ast::Stmt::ResetRole(_)
        | ast::Stmt::ResetSessionAuth(_)
        | ast::Stmt::Show(_)
        | ast::Stmt::Explain(_)
        | ast::Stmt::Lock(_)
        | ast::Stmt::Listen(_)
        | ast::Stmt::Unlisten(_)
        | ast::Stmt::Notify(_)
        | ast::Stmt::Discard(_)
        | ast::Stmt::Prepare(_)
        | ast::Stmt::Deallocate(_)
        | ast::Stmt::Declare(_)
        | ast::Stmt::Fetch(_)
        | ast::Stmt::Move(_)
        | ast::Stmt::Close(_)
        | ast::Stmt::Checkpoint(_)
        | ast::Stmt::Analyze(_)
        | ast::Stmt::Vacuum(_)
        // what its body does is looked at on its own
        | ast::Stmt::Do(_) => false,
        ast::Stmt::Select(_)
        | ast::Stmt::CompoundSelect(_)
        | ast::Stmt::ParenSelect(_)
        | ast::Stmt::Values(_)
        | ast::Stmt::Table(_) => calls(node).iter().any(|name| {
            name.last().is_none_or(|name| !IDLE.contains(&name.as_str()))
        }),
        _ => true,
    }
}

/// The functions and procedures that a node calls, by name parts.
pub(super) fn calls(node: &SyntaxNode) -> Vec<Vec<String>> {
    node.descendants()
        .filter(|inner| matches!(inner.kind(), SyntaxKind::CALL_EXPR | SyntaxKind::CALL))
        .filter_map(|call| call.first_child())
        .filter(|name| {
            matches!(
                name.kind(),
                SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR | SyntaxKind::PROCEDURE_NAME_REF
            )
        })
        .map(|name| names::parts(&name))
        .collect()
}
