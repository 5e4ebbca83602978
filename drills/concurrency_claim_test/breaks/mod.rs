//! The breaks of drill 4, one file each.

mod claim_does_not_mark;
mod done_does_not_mark;
mod empty_raises;
mod lease_never_ends;
mod locking_removed;
mod nowait;
mod skip_locked_removed;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    skip_locked_removed::BREAK,
    locking_removed::BREAK,
    nowait::BREAK,
    claim_does_not_mark::BREAK,
    done_does_not_mark::BREAK,
    lease_never_ends::BREAK,
    empty_raises::BREAK,
];
