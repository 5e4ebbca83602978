//! Where a transaction begins, what writes in it, and how it loses its isolation.

use std::sync::LazyLock;

use regex::Regex;

type Pattern = LazyLock<Option<Regex>>;

static BEGIN: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)^\s*(begin(\s+(work|transaction))?|start\s+transaction)\b").ok());
static LEVEL: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)isolation\s+level\s+(serializable|repeatable\s+read)").ok());
static WRITE: Pattern = LazyLock::new(|| {
    let plain = r"(?i)^\s*(insert|update|delete|merge)\b";
    let behind_with = r"^\s*with\b(?s:.*)\b(insert\s+into|update|delete\s+from|merge\s+into)\b";
    Regex::new(&format!("{plain}|{behind_with}")).ok()
});

/// Whether the statement begins a transaction.
pub fn begins(sql: &str) -> bool {
    BEGIN.as_ref().is_some_and(|begin| begin.is_match(sql))
}

/// Whether the statement changes rows.
pub fn writes(sql: &str) -> bool {
    WRITE.as_ref().is_some_and(|write| write.is_match(sql))
}

/// The statement without the isolation that it asks for: what begins a transaction begins it at READ COMMITTED. `None`
/// when it says nothing of isolation.
pub fn at_read_committed(sql: &str) -> Option<String> {
    const LOW: &str = "ISOLATION LEVEL READ COMMITTED";
    let level = LEVEL.as_ref()?;
    if level.is_match(sql) {
        return Some(level.replace_all(sql, LOW).into_owned());
    }
    let begin = BEGIN.as_ref()?.find(sql)?;
    let rest = &sql[begin.end()..];
    (!rest.to_ascii_lowercase().contains("isolation")).then(|| format!("{} {LOW}{rest}", begin.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_begins_in_any_spelling_and_is_lowered() {
        for (sql, lowered) in [
            (
                "START TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                "START TRANSACTION ISOLATION LEVEL READ COMMITTED",
            ),
            ("begin;", "begin ISOLATION LEVEL READ COMMITTED;"),
            ("BEGIN WORK READ WRITE", "BEGIN WORK ISOLATION LEVEL READ COMMITTED READ WRITE"),
        ] {
            assert!(begins(sql), "{sql}");
            assert_eq!(at_read_committed(sql).unwrap(), lowered);
        }
        let set = "SET TRANSACTION ISOLATION LEVEL REPEATABLE  READ";
        assert!(!begins(set));
        assert_eq!(at_read_committed(set).unwrap(), "SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
        for sql in ["SELECT 1", "BEGIN ISOLATION LEVEL READ COMMITTED", "COMMIT"] {
            assert_eq!(at_read_committed(sql), None, "{sql}");
        }
    }

    #[test]
    fn what_changes_rows_is_told_from_what_reads() {
        for sql in
            ["UPDATE t SET a = 1", "\n insert into t values (1)", "WITH x AS (SELECT 1)\nUPDATE t SET a = 1"]
        {
            assert!(writes(sql), "{sql}");
        }
        for sql in ["SELECT 1 FOR UPDATE", "COMMIT", "WITH x AS (SELECT updated FROM t) SELECT * FROM x"] {
            assert!(!writes(sql), "{sql}");
        }
    }
}
