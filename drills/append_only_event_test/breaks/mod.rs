//! The breaks of drill 6, one file each.

mod cascading_key;
mod child_granted;
mod createrole;
mod delete_granted;
mod event_lost;
mod ids_descend;
mod insert_revoked;
mod naive_follow;
mod one_column_granted;
mod owner_granted;
mod replica_allowed;
mod row_trigger_only;
mod table_owned;
mod trigger_granted;
mod updatable_view;
mod update_granted;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    update_granted::BREAK,
    one_column_granted::BREAK,
    delete_granted::BREAK,
    row_trigger_only::BREAK,
    insert_revoked::BREAK,
    updatable_view::BREAK,
    child_granted::BREAK,
    cascading_key::BREAK,
    owner_granted::BREAK,
    table_owned::BREAK,
    createrole::BREAK,
    replica_allowed::BREAK,
    trigger_granted::BREAK,
    event_lost::BREAK,
    ids_descend::BREAK,
    naive_follow::BREAK,
];
