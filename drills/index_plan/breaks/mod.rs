//! The breaks of this drill, one file each.

mod hot_index_dropped;
mod index_dropped;
mod seqscan_off;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[index_dropped::BREAK, hot_index_dropped::BREAK, seqscan_off::BREAK];
