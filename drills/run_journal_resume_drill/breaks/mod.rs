//! The breaks of drill 2, one file each.

mod done_before_work;
mod finished_at_start;
mod given_up_after_second_crash;
mod journal_ignored;
mod lease_that_never_holds;
mod no_fence;
mod two_transactions;
mod write_without_key;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    finished_at_start::BREAK,
    journal_ignored::BREAK,
    done_before_work::BREAK,
    write_without_key::BREAK,
    lease_that_never_holds::BREAK,
    given_up_after_second_crash::BREAK,
    two_transactions::BREAK,
    no_fence::BREAK,
];
