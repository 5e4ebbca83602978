//! squawk's own linter over the script.

use squawk_linter::{Linter, LinterSettings, Rule};
use squawk_syntax::SourceFile;

use super::Hazard;
use crate::migration::Script;

/// Rules about locks that others wait for: scans, rewrites and builds under a lock that stops reads or writes.
const LOCKS: &[Rule] = &[
    Rule::RequireConcurrentIndexCreation,
    Rule::RequireConcurrentIndexDeletion,
    Rule::ConstraintMissingNotValid,
    Rule::AddingFieldWithDefault,
    Rule::AddingForeignKeyConstraint,
    Rule::ChangingColumnType,
    Rule::AddingNotNullableField,
    Rule::AddingSerialPrimaryKeyField,
    Rule::DisallowedUniqueConstraint,
    Rule::RequireConcurrentPartitionDetach,
    Rule::RequireConcurrentReindex,
    Rule::BanConcurrentIndexCreationInTransaction,
    Rule::PreferRepack,
];

/// Rules about what a running older program would trip over.
const OTHERS: &[Rule] = &[
    Rule::AddingRequiredField,
    Rule::RenamingColumn,
    Rule::RenamingTable,
    Rule::BanTruncateCascade,
    Rule::BanUncommittedTransaction,
    Rule::TransactionNesting,
    Rule::BanDropNotNull,
    Rule::BanSetSchema,
];

/// What the linter says, `-- squawk-ignore` comments honoured as squawk honours them.
pub(super) fn lint(script: &Script) -> Vec<Hazard> {
    let parse = SourceFile::parse(&script.text);
    let mut linter = Linter::from(LOCKS.iter().chain(OTHERS).copied());
    linter.settings = LinterSettings {
        assume_in_transaction: script.running() == super::Running::Transaction,
        ..Default::default()
    };
    linter
        .lint(&parse, &script.text)
        .into_iter()
        .map(|violation| {
            let before = &script.text[..usize::from(violation.text_range.start())];
            Hazard {
                rule: violation.code.to_string(),
                locks: LOCKS.contains(&violation.code),
                message: violation.message,
                line: u32::try_from(1 + before.matches('\n').count()).unwrap_or(u32::MAX),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_a_rewrite_and_an_index_build_with_their_lines() {
        let script = Script::new(
            "1_a.up.sql",
            "ALTER TABLE t ADD COLUMN notes text;\nALTER TABLE t ALTER COLUMN a TYPE bigint;\nCREATE INDEX i ON t (a);",
        );
        let found: Vec<_> =
            lint(&script).into_iter().map(|hazard| (hazard.rule, hazard.line, hazard.locks)).collect();
        assert_eq!(
            found,
            [("changing-column-type".into(), 2, true), ("require-concurrent-index-creation".into(), 3, true)]
        );
    }
}
