//! The breaks of this drill, one file each.

mod check_dropped;
mod floating_money;
mod floor_dropped;
mod identity_dropped;
mod not_null_dropped;
mod reference_dropped;
mod refuser;
mod unique_dropped;
mod worker_only_guard;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    unique_dropped::BREAK,
    check_dropped::BREAK,
    floor_dropped::BREAK,
    reference_dropped::BREAK,
    not_null_dropped::BREAK,
    worker_only_guard::BREAK,
    identity_dropped::BREAK,
    floating_money::BREAK,
];
