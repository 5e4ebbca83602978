//! Which objects a statement names as the ones it makes, changes or removes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::{names, substance};

/// One statement and the objects that it touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Touched {
    /// The beginning of the statement.
    pub statement: String,
    /// Name parts of each object: schema if given, relation, and the column, index, trigger or policy on it.
    /// Empty when the statement names none (`ALTER SYSTEM`), which no scope covers.
    pub objects: Vec<Vec<String>>,
    /// 1-based line in the file.
    pub line: u32,
    /// Where it hides, if not at the top.
    pub within: Option<String>,
}

/// What the statement touches; `None` for what is no statement, or one that changes nothing.
pub(super) fn by(node: &SyntaxNode, line: u32, within: Option<&str>) -> Option<Touched> {
    let statement = ast::Stmt::cast(node.clone())?;
    if !substance::does_something(node) || matches!(statement, ast::Stmt::Select(_) | ast::Stmt::Call(_)) {
        return None;
    }
    let objects = match node.kind() {
        SyntaxKind::ALTER_TABLE => alter_table(node),
        SyntaxKind::GRANT | SyntaxKind::REVOKE => privileges(node),
        SyntaxKind::COMMENT_ON => node.first_child().map(|object| on_relation(&object)).unwrap_or_default(),
        SyntaxKind::UPDATE => update(node),
        SyntaxKind::DELETE | SyntaxKind::INSERT | SyntaxKind::MERGE => {
            let relation = node.children().find(|child| {
                matches!(
                    child.kind(),
                    SyntaxKind::RELATION_NAME
                        | SyntaxKind::RELATION_NAME_REF
                        | SyntaxKind::TABLE_RELATION_NAME
                )
            });
            relation.iter().filter_map(inner_name).collect()
        }
        SyntaxKind::TRUNCATE => names::first(node, SyntaxKind::TABLE_LIST)
            .map(|list| list.children().filter_map(|name| inner_name(&name)).collect())
            .unwrap_or_default(),
        _ => on_relation(node),
    };
    Some(Touched { statement: names::brief(node), objects, line, within: within.map(Into::into) })
}

/// The name inside a wrapper such as `ONLY x` or `ON x`.
fn inner_name(node: &SyntaxNode) -> Option<Vec<String>> {
    node.descendants().find(|inner| names::path(inner).is_some()).map(|name| names::parts(&name))
}

/// The columns that an UPDATE sets; the relation itself when they cannot be told.
fn update(node: &SyntaxNode) -> Vec<Vec<String>> {
    let relation = node.children().find(|child| child.kind() == SyntaxKind::RELATION_NAME);
    let Some(table) = relation.as_ref().and_then(inner_name) else { return Vec::new() };
    let columns: Vec<_> = names::first(node, SyntaxKind::SET_CLAUSE)
        .map(|set| set.descendants().filter(|inner| inner.kind() == SyntaxKind::COLUMN_TARGET).collect())
        .unwrap_or_default();
    if columns.is_empty() {
        return vec![table];
    }
    let target =
        |column: &SyntaxNode| column.first_child().map(|name| names::parts(&name)).unwrap_or_default();
    columns.iter().map(|column| [table.clone(), target(column)].concat()).collect()
}

fn alter_table(node: &SyntaxNode) -> Vec<Vec<String>> {
    let mut children = node.children().filter(|child| child.kind() != SyntaxKind::IF_EXISTS);
    let Some(table) = children.next().and_then(|relation| inner_name(&relation)) else { return Vec::new() };
    let mut objects = Vec::new();
    for action in children {
        let column = action
            .children()
            .find(|part| matches!(part.kind(), SyntaxKind::COLUMN_NAME | SyntaxKind::COLUMN_NAME_REF));
        let mut object = table.clone();
        let on_column = matches!(
            action.kind(),
            SyntaxKind::ADD_COLUMN
                | SyntaxKind::DROP_COLUMN
                | SyntaxKind::ALTER_COLUMN
                | SyntaxKind::RENAME_COLUMN
        );
        let constraint = action.descendants().find(|part| {
            matches!(part.kind(), SyntaxKind::CONSTRAINT_NAME | SyntaxKind::CONSTRAINT_NAME_REF)
        });
        if let (true, Some(column)) = (on_column, column) {
            object.extend(names::parts(&column));
        } else if let (false, Some(constraint)) = (on_column, constraint) {
            object.extend(names::parts(&constraint));
        }
        objects.push(object);
    }
    if objects.is_empty() { vec![table] } else { objects }
}

fn privileges(node: &SyntaxNode) -> Vec<Vec<String>> {
    let Some(clause) = names::first(node, SyntaxKind::ON_PRIVILEGE_OBJECTS_CLAUSE) else {
        // A role granted to a role.
        let roles = node.descendants().filter(|inner| inner.kind() == SyntaxKind::ROLE_NAME_REF);
        return roles.map(|role| names::parts(&role)).collect();
    };
    let columns: Vec<_> = node
        .descendants()
        .filter(|inner| inner.kind() == SyntaxKind::COLUMN_NAME_REF)
        .map(|column| names::parts(&column))
        .collect();
    let objects = clause.first_child().map(|object| listed(&object)).unwrap_or_default();
    if columns.is_empty() {
        return objects;
    }
    objects
        .iter()
        .flat_map(|object| columns.iter().map(|column| [object.clone(), column.clone()].concat()))
        .collect()
}

/// Names among the children, one level of lists looked through.
fn listed(node: &SyntaxNode) -> Vec<Vec<String>> {
    node.children()
        .flat_map(|child| match child.kind() {
            SyntaxKind::FUNCTION_SIG_LIST
            | SyntaxKind::FUNCTION_SIG
            | SyntaxKind::PROCEDURE_SIG_LIST
            | SyntaxKind::PROCEDURE_SIG
            | SyntaxKind::ROUTINE_SIG_LIST
            | SyntaxKind::ROUTINE_SIG
            | SyntaxKind::NAMED_SCHEMA
            | SyntaxKind::AUTHORIZATION_SCHEMA
            | SyntaxKind::TABLE_RELATION_NAME
            | SyntaxKind::RELATION_NAME => listed(&child),
            _ if is_name(&child) => vec![names::parts(&child)],
            _ => Vec::new(),
        })
        .collect()
}

/// The objects of a statement that may say `ON relation`: with one, its names hang on that relation.
fn on_relation(node: &SyntaxNode) -> Vec<Vec<String>> {
    let relation = node.children().find(|child| {
        matches!(child.kind(), SyntaxKind::ON_TABLE | SyntaxKind::ON_RELATION)
            || (child.kind() == SyntaxKind::TABLE_RELATION_NAME && node.kind() == SyntaxKind::CREATE_INDEX)
            || (child.kind() == SyntaxKind::RELATION_NAME_REF && node.kind() != SyntaxKind::CREATE_RULE)
    });
    let Some(relation) = relation.filter(|_| carries_relation(node)) else { return listed(node) };
    let Some(table) = inner_name(&relation) else { return Vec::new() };
    let name = node.children().find(|child| is_name(child) && *child != relation);
    let mut object = table;
    object.extend(name.and_then(|name| names::parts(&name).pop()));
    vec![object]
}

/// Kinds of statement and comment whose object lives on a relation.
fn carries_relation(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        SyntaxKind::CREATE_INDEX
            | SyntaxKind::CREATE_TRIGGER
            | SyntaxKind::ALTER_TRIGGER
            | SyntaxKind::DROP_TRIGGER
            | SyntaxKind::CREATE_POLICY
            | SyntaxKind::ALTER_POLICY
            | SyntaxKind::DROP_POLICY
            | SyntaxKind::CREATE_RULE
            | SyntaxKind::ALTER_RULE
            | SyntaxKind::DROP_RULE
            | SyntaxKind::OBJECT_TRIGGER
            | SyntaxKind::OBJECT_POLICY
            | SyntaxKind::OBJECT_RULE
            | SyntaxKind::OBJECT_CONSTRAINT
    )
}

/// A node that is a name: it holds a path, or nothing but one word, and is neither a type nor a keyword clause.
fn is_name(node: &SyntaxNode) -> bool {
    if matches!(
        node.kind(),
        SyntaxKind::PATH_TYPE
            | SyntaxKind::IF_EXISTS
            | SyntaxKind::IF_NOT_EXISTS
            | SyntaxKind::OR_REPLACE
            | SyntaxKind::CASCADE
            | SyntaxKind::RESTRICT
            | SyntaxKind::LITERAL
    ) {
        return false;
    }
    let kind = format!("{:?}", node.kind());
    names::path(node).is_some()
        || kind.ends_with("_REF")
        || (node.children().next().is_none()
            && node.children_with_tokens().filter(|part| !part.kind().is_trivia()).count() == 1
            && matches!(
                node.kind(),
                SyntaxKind::TRIGGER
                    | SyntaxKind::POLICY
                    | SyntaxKind::ROLE
                    | SyntaxKind::EXTENSION
                    | SyntaxKind::SCHEMA
                    | SyntaxKind::RULE
                    | SyntaxKind::PUBLICATION
                    | SyntaxKind::SERVER
                    | SyntaxKind::EVENT_TRIGGER
            ))
}
