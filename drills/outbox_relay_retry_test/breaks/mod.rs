//! The breaks of drill 5, one file each.

mod head_of_line;
mod marked_before_sending;
mod never_marked;
mod new_key_per_attempt;
mod no_max_attempts;
mod outbox_after_commit;
mod select_without_lock;
mod unique_key_dropped;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    unique_key_dropped::BREAK,
    outbox_after_commit::BREAK,
    marked_before_sending::BREAK,
    never_marked::BREAK,
    new_key_per_attempt::BREAK,
    select_without_lock::BREAK,
    no_max_attempts::BREAK,
    head_of_line::BREAK,
];
