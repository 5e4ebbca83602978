//! The breaks of this drill, one file each.

mod crowd_unprotected;
mod isolation_lowered;
mod retry_removed;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[isolation_lowered::BREAK, retry_removed::BREAK, crowd_unprotected::BREAK];
