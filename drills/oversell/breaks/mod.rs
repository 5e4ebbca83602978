//! The breaks of this drill, one file each.

mod locking_removed;
mod locks_crossed;
mod smaller;
mod sold_out_raises;
mod version_ignored;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] =
    &[locking_removed::BREAK, version_ignored::BREAK, sold_out_raises::BREAK, locks_crossed::BREAK];
