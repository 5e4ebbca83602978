//! Taking protective clauses out of SQL, for breaks: the statement stays the subject's, but unprotected.

mod transactions;

pub use transactions::{at_read_committed, begins, writes};

use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

/// The statement without its `ON CONFLICT …` clauses; `None` when it has none.
pub fn without_on_conflict(sql: &str) -> Option<String> {
    without(sql, &|node| node.kind() == SyntaxKind::ON_CONFLICT_CLAUSE)
}

/// The statement with `ON CONFLICT DO NOTHING` for whatever unique index is hit, in place of its own `ON CONFLICT …`
/// clauses; `None` when it has none.
pub fn with_any_conflict(sql: &str) -> Option<String> {
    let clauses = ranges(sql, &|node| node.kind() == SyntaxKind::ON_CONFLICT_CLAUSE);
    let mut rewritten = sql.to_owned();
    for (start, end) in clauses.iter().rev() {
        rewritten.replace_range(*start..*end, "ON CONFLICT DO NOTHING");
    }
    (!clauses.is_empty()).then_some(rewritten)
}

/// The statement without any locking clause (`FOR UPDATE SKIP LOCKED`); `None` when it has none.
pub fn without_locking(sql: &str) -> Option<String> {
    without(sql, &|node| node.kind() == SyntaxKind::LOCKING_CLAUSE)
}

/// The statement with `SKIP LOCKED` replaced, by nothing or by `NOWAIT`; `None` when it does not skip.
pub fn instead_of_skip_locked(sql: &str, replacement: &str) -> Option<String> {
    let clauses = ranges(sql, &|node| node.kind() == SyntaxKind::LOCKING_CLAUSE);
    let mut rewritten = sql.to_owned();
    let mut found = false;
    for (start, end) in clauses.into_iter().rev() {
        let clause = rewritten[start..end].to_ascii_uppercase();
        if let Some(at) = clause.find("SKIP") {
            rewritten.replace_range(start + at..end, replacement);
            found = true;
        }
    }
    found.then_some(rewritten)
}

/// The script with the type (and all that follows it) of the first column that it adds replaced; `None` when it
/// adds no column.
pub fn added_column_as(sql: &str, definition: &str) -> Option<String> {
    let (start, end) = *ranges(sql, &|node| node.kind() == SyntaxKind::ADD_COLUMN).first()?;
    let names = ranges(sql, &|node| node.kind() == SyntaxKind::COLUMN_NAME);
    let (_, name_end) = names.into_iter().find(|(at, _)| (start..end).contains(at))?;
    let mut rewritten = sql.to_owned();
    rewritten.replace_range(name_end..end, &format!(" {definition}"));
    Some(rewritten)
}

/// The statement that sets a setting for the session instead of the transaction: SET in place of SET LOCAL, `false` as
/// the last argument of `set_config`; `None` when it is not transaction-local.
pub fn without_local(sql: &str) -> Option<String> {
    const CALL: &str = "set_config(";
    let lower = sql.to_ascii_lowercase();
    if let Some(at) = lower.find("set local") {
        return Some(format!("{}SET{}", &sql[..at], &sql[at + "set local".len()..]));
    }
    let start = lower.find(CALL)? + CALL.len();
    let mut depth = 1_usize;
    let close = lower[start..].find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })? + start;
    let last = lower[start..close].rfind(',')? + start + 1;
    (lower[last..close].trim() == "true").then(|| format!("{} false{}", &sql[..last], &sql[close..]))
}

/// The statement with every comparison `= ${name}` widened to any value that is not NULL; `None` when it has none.
pub fn for_any(sql: &str, name: &str) -> Option<String> {
    let compared = regex::Regex::new(&format!(r"=\s*\$\{{{}\}}(::\w+)*", regex::escape(name))).ok()?;
    compared.is_match(sql).then(|| compared.replace_all(sql, "IS NOT NULL").into_owned())
}

/// The statement in which every comparison of a column with a parameter or a number, behind WHERE, lets any value through;
/// `None` when it has none. The parameter stays, with its type.
pub fn compared_with_nothing(sql: &str, column: &str) -> Option<String> {
    let place = sql.to_ascii_lowercase().find("where")?;
    let (before, behind) = sql.split_at(place);
    let column = regex::escape(column);
    let compared = regex::Regex::new(&format!(
        r#"(?i)(?:\w+\.)?(?:\b{column}\b|"{column}")\s*=\s*(?:\$\d+|\d+)(?:::\w+)?"#
    ))
    .ok()?;
    compared.is_match(behind).then(|| format!("{before}{}", compared.replace_all(behind, "($0 OR true)")))
}

fn without(sql: &str, wanted: &dyn Fn(&SyntaxNode) -> bool) -> Option<String> {
    let cuts = ranges(sql, wanted);
    let mut rewritten = sql.to_owned();
    for (start, end) in cuts.iter().rev() {
        rewritten.replace_range(*start..*end, "");
    }
    (!cuts.is_empty()).then_some(rewritten)
}

fn ranges(sql: &str, wanted: &dyn Fn(&SyntaxNode) -> bool) -> Vec<(usize, usize)> {
    let parse = SourceFile::parse(&plain(sql));
    let mut found: Vec<(usize, usize)> = parse
        .syntax_node()
        .descendants()
        .filter(|node| wanted(node))
        .map(|node| (usize::from(node.text_range().start()), usize::from(node.text_range().end())))
        .collect();
    found.sort_unstable();
    found
}

/// Placeholders as identifiers of the same length, so that the parser reads them and offsets stay.
fn plain(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}').map(|length| at + length) else { break };
        text.push_str(&rest[..at]);
        text.push_str("__");
        text.push_str(&rest[at + 2..end]);
        text.push('_');
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_cut_out() {
        let write = "INSERT INTO t (k) VALUES (${key}) ON CONFLICT (k) DO NOTHING RETURNING id";
        assert_eq!(without_on_conflict(write).unwrap(), "INSERT INTO t (k) VALUES (${key})  RETURNING id");
        assert_eq!(without_on_conflict("INSERT INTO t VALUES (1)"), None);
    }

    #[test]
    fn an_added_column_gets_another_type() {
        let up = "ALTER TABLE e ADD COLUMN notes text DEFAULT 'x', DROP COLUMN b;";
        assert_eq!(
            added_column_as(up, "bigint").unwrap(),
            "ALTER TABLE e ADD COLUMN notes bigint, DROP COLUMN b;"
        );
        assert_eq!(added_column_as("DROP TABLE e", "bigint"), None);
    }

    #[test]
    fn settings_outlive_their_transaction() {
        let call = "SELECT set_config('app.tenant', lower(${tenant}), true)";
        assert_eq!(without_local(call).unwrap(), "SELECT set_config('app.tenant', lower(${tenant}), false)");
        assert_eq!(without_local("set local app.tenant = 'x'").unwrap(), "SET app.tenant = 'x'");
        assert_eq!(without_local("SELECT set_config('a', 'b', false)"), None);
    }

    #[test]
    fn conditions_are_widened() {
        let query = "SELECT n FROM t WHERE t.run = ${run_id}::text AND a = ${other}";
        assert_eq!(
            for_any(query, "run_id").unwrap(),
            "SELECT n FROM t WHERE t.run IS NOT NULL AND a = ${other}"
        );
        assert_eq!(for_any("SELECT 1", "run_id"), None);
    }

    #[test]
    fn a_comparison_lets_any_value_through() {
        let edit = "UPDATE t SET version = $4 WHERE id = $1 AND t.version = $3::bigint RETURNING version";
        assert_eq!(
            compared_with_nothing(edit, "version").unwrap(),
            "UPDATE t SET version = $4 WHERE id = $1 AND (t.version = $3::bigint OR true) RETURNING version"
        );
        for sql in
            ["SELECT version FROM t WHERE id = $1", "UPDATE t SET version = 3", "SELECT 1 WHERE version = a"]
        {
            assert_eq!(compared_with_nothing(sql, "version"), None, "{sql}");
        }
    }

    #[test]
    fn locking_is_found_inside_a_with() {
        let claim = "WITH n AS MATERIALIZED (SELECT id FROM q WHERE w = ${worker} ORDER BY id LIMIT 1 \
                     FOR UPDATE SKIP LOCKED) UPDATE q SET c = 1 FROM n WHERE q.id = n.id RETURNING q.id";
        assert!(!without_locking(claim).unwrap().contains("FOR UPDATE"));
        let nowait = instead_of_skip_locked(claim, "NOWAIT").unwrap();
        assert!(nowait.contains("FOR UPDATE NOWAIT)"), "{nowait}");
    }
}
