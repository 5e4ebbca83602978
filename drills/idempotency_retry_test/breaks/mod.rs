//! The breaks of drill 3, one file each.

mod unique_key_dropped;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[unique_key_dropped::BREAK];
