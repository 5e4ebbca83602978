//! The breaks of this drill, one file each.

mod cache_given_up;
mod entry_kept_for_ever;
mod errors_swallowed;
mod fails_with_cache;
mod failure_cached;
mod fill_unguarded;
mod hits_dropped;
mod invalidation_lost;
mod no_row_raises;
mod nothing_kept;
mod text_executed;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    entry_kept_for_ever::BREAK,
    nothing_kept::BREAK,
    invalidation_lost::BREAK,
    failure_cached::BREAK,
    no_row_raises::BREAK,
    errors_swallowed::BREAK,
    fill_unguarded::BREAK,
    fails_with_cache::BREAK,
    cache_given_up::BREAK,
    hits_dropped::BREAK,
    text_executed::BREAK,
];
