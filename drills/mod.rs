//! The catalogue: every drill, in the order in which bundles list them.

mod append_only_event_test;
mod cache_coherence;
mod concurrency_claim_test;
mod constraint_rejection;
mod forensics_drill;
mod idempotency_retry_test;
mod index_plan;
mod mcp_boundary_test;
mod migration_review;
mod outbox_relay_retry_test;
mod oversell;
mod rls_identity_flip_test;
mod run_journal_resume_drill;
mod serialization_retry;
mod version_conflict;

use sor_gate::drill::Catalogue;

/// All drills.
pub fn catalogue() -> Catalogue {
    Catalogue(vec![
        Box::new(migration_review::MigrationReview),
        Box::new(run_journal_resume_drill::RunJournalResumeDrill),
        Box::new(idempotency_retry_test::IdempotencyRetryTest),
        Box::new(concurrency_claim_test::ConcurrencyClaimTest),
        Box::new(outbox_relay_retry_test::OutboxRelayRetryTest),
        Box::new(append_only_event_test::AppendOnlyEventTest),
        Box::new(rls_identity_flip_test::RlsIdentityFlipTest),
        Box::new(mcp_boundary_test::McpBoundaryTest),
        Box::new(forensics_drill::ForensicsDrill),
        Box::new(constraint_rejection::ConstraintRejection),
        Box::new(index_plan::IndexPlan),
        Box::new(serialization_retry::SerializationRetry),
        Box::new(version_conflict::VersionConflict),
        Box::new(oversell::Oversell),
        Box::new(cache_coherence::CacheCoherence),
    ])
}
