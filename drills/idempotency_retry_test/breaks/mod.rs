//! The breaks of drill 3, one file each.

mod global_key;
mod in_place_of_key;
mod key_nullable;
mod key_of_tenant_only;
mod look_before_insert;
mod memory_of_live_sessions;
mod overwrite_on_conflict;
mod unique_key_dropped;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    key_nullable::BREAK,
    unique_key_dropped::BREAK,
    look_before_insert::BREAK,
    memory_of_live_sessions::BREAK,
    key_of_tenant_only::BREAK,
    overwrite_on_conflict::BREAK,
    global_key::BREAK,
];
