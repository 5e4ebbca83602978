//! Statements that destroy what no downgrade brings back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::names;

/// What a statement would do; the name is the one that an override gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// DROP TABLE, DROP FOREIGN TABLE.
    DropTable,
    /// DROP SCHEMA.
    DropSchema,
    /// DROP DATABASE.
    DropDatabase,
    /// ALTER TABLE … DROP COLUMN, ALTER TYPE … DROP ATTRIBUTE.
    DropColumn,
    /// DROP TYPE, DROP DOMAIN.
    DropType,
    /// DROP OWNED BY.
    DropOwned,
    /// DROP EXTENSION … CASCADE, which takes columns of its types along.
    DropExtension,
    /// TRUNCATE.
    Truncate,
    /// DELETE without a condition, or with one that is always true; MERGE that deletes on such a one.
    DeleteAll,
    /// SQL that cannot be read before it runs.
    Unreadable,
}

impl Action {
    /// The name in an override: `drop_table`.
    pub fn id(self) -> &'static str {
        match self {
            Self::DropTable => "drop_table",
            Self::DropSchema => "drop_schema",
            Self::DropDatabase => "drop_database",
            Self::DropColumn => "drop_column",
            Self::DropType => "drop_type",
            Self::DropOwned => "drop_owned",
            Self::DropExtension => "drop_extension",
            Self::Truncate => "truncate",
            Self::DeleteAll => "delete_all",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What the node destroys: (what, which object), one entry per object. Looks at the node itself, not below it.
pub(super) fn destroys(node: &SyntaxNode) -> Vec<(Action, String)> {
    let named = |action: Action, kind: SyntaxKind| {
        let found = node.children().filter(|child| child.kind() == kind);
        found.map(|name| (action, names::dotted(&names::parts(&name)))).collect()
    };
    match node.kind() {
        SyntaxKind::DROP_TABLE => named(Action::DropTable, SyntaxKind::TABLE_NAME_REF),
        SyntaxKind::DROP_FOREIGN_TABLE => every_name(node, Action::DropTable),
        SyntaxKind::DROP_SCHEMA => named(Action::DropSchema, SyntaxKind::SCHEMA_REF),
        SyntaxKind::DROP_DATABASE => named(Action::DropDatabase, SyntaxKind::DATABASE_REF),
        SyntaxKind::DROP_TYPE => named(Action::DropType, SyntaxKind::TYPE_NAME_REF),
        SyntaxKind::DROP_DOMAIN => every_name(node, Action::DropType),
        SyntaxKind::DROP_OWNED => vec![(Action::DropOwned, role(node))],
        SyntaxKind::DROP_EXTENSION if node.children().any(|child| child.kind() == SyntaxKind::CASCADE) => {
            every_name(node, Action::DropExtension)
        }
        SyntaxKind::DROP_COLUMN | SyntaxKind::DROP_ATTRIBUTE => {
            let column = node.children().find(|child| {
                matches!(child.kind(), SyntaxKind::COLUMN_NAME_REF | SyntaxKind::COMPOSITE_FIELD_REF)
            });
            let owner = node.ancestors().find_map(|above| match above.kind() {
                SyntaxKind::ALTER_TABLE | SyntaxKind::ALTER_FOREIGN_TABLE | SyntaxKind::ALTER_TYPE => {
                    above.descendants().find(|inner| names::path(inner).is_some())
                }
                _ => None,
            });
            let mut parts = owner.map(|owner| names::parts(&owner)).unwrap_or_default();
            parts.extend(column.map(|column| names::parts(&column)).unwrap_or_default());
            vec![(Action::DropColumn, names::dotted(&parts))]
        }
        SyntaxKind::TRUNCATE => node
            .descendants()
            .filter(|inner| inner.kind() == SyntaxKind::TABLE_NAME_REF)
            .map(|name| (Action::Truncate, names::dotted(&names::parts(&name))))
            .collect(),
        SyntaxKind::DELETE if unconditional(node) => {
            let name = names::first(node, SyntaxKind::RELATION_NAME_REF);
            vec![(
                Action::DeleteAll,
                name.map(|name| names::dotted(&names::parts(&name))).unwrap_or_default(),
            )]
        }
        SyntaxKind::MERGE
            if names::first(node, SyntaxKind::MERGE_DELETE).is_some()
                && names::first(node, SyntaxKind::USING_ON_CLAUSE)
                    .and_then(|on| on.children().last())
                    .is_none_or(|condition| always_true(&condition)) =>
        {
            let name = names::first(node, SyntaxKind::TABLE_NAME_REF);
            vec![(
                Action::DeleteAll,
                name.map(|name| names::dotted(&names::parts(&name))).unwrap_or_default(),
            )]
        }
        _ => Vec::new(),
    }
}

fn every_name(node: &SyntaxNode, action: Action) -> Vec<(Action, String)> {
    node.children()
        .map(|child| names::parts(&child))
        .filter(|parts| !parts.is_empty())
        .filter(|parts| !["if", "cascade", "restrict"].contains(&parts[0].as_str()))
        .map(|parts| (action, names::dotted(&parts)))
        .collect()
}

fn role(node: &SyntaxNode) -> String {
    let roles = node.descendants().filter(|inner| inner.kind() == SyntaxKind::ROLE_NAME_REF);
    roles.map(|role| names::dotted(&names::parts(&role))).collect::<Vec<_>>().join(",")
}

fn unconditional(delete: &SyntaxNode) -> bool {
    let condition = delete
        .children()
        .find(|child| matches!(child.kind(), SyntaxKind::WHERE_CLAUSE | SyntaxKind::WHERE_CURRENT_OF));
    match condition {
        None => true,
        Some(clause) if clause.kind() == SyntaxKind::WHERE_CLAUSE => {
            clause.first_child().is_none_or(|condition| always_true(&condition))
        }
        Some(_) => false,
    }
}

/// `true`, `1 = 1`, and those in parentheses: a condition in which only literals stand picks no row.
fn always_true(condition: &SyntaxNode) -> bool {
    !condition.descendants().any(|inner| {
        matches!(
            inner.kind(),
            SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR | SyntaxKind::CALL_EXPR | SyntaxKind::SELECT
        )
    })
}
