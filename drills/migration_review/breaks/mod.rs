//! The breaks of drill 1. Each rewrites a copy of the proposal's text, and declares in the scope what must not be
//! the matter, so that only the named claim can notice.

mod amend;
mod downgrade_rewrites;
mod empty_downgrade;
mod fails_on_rows;
mod hidden_drop;
mod index_without_concurrently;
mod leaves_default;
mod leaves_grant;
mod leaves_index;
mod leaves_policy;
mod leaves_type;
mod other_type;
mod rewrites_table;
mod rewriting;
mod rider_grant;
mod rider_in_a_block;
mod slow_under_lock;
mod unguarded_drop;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    rider_grant::BREAK,
    rider_in_a_block::BREAK,
    empty_downgrade::BREAK,
    unguarded_drop::BREAK,
    hidden_drop::BREAK,
    other_type::BREAK,
    fails_on_rows::BREAK,
    leaves_grant::BREAK,
    leaves_default::BREAK,
    leaves_policy::BREAK,
    leaves_index::BREAK,
    leaves_type::BREAK,
    downgrade_rewrites::BREAK,
    rewrites_table::BREAK,
    index_without_concurrently::BREAK,
    slow_under_lock::BREAK,
];
