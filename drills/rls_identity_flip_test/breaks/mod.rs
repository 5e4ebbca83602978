//! The breaks of drill 7, one file each.

mod alice_sees_all;
mod bob_sees_all;
mod bypass_assumable;
mod bypassrls;
mod child_reachable;
mod counting_view;
mod crowd_sees_crowd;
mod definer_function;
mod definer_view;
mod delete_open;
mod empty_sees_all;
mod frozen_plan;
mod materialized_view;
mod owner_assumable;
mod owner_unforced;
mod policy_using_true;
mod rls_disabled;
mod rows_withheld;
mod session_setting;
mod stranger_sees_all;
mod superuser;
mod table_without_rls;
mod truncate_granted;
mod unset_sees_all;
mod update_open;
mod without_with_check;

use sor_gate::drill::Break;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    alice_sees_all::BREAK,
    bob_sees_all::BREAK,
    rows_withheld::BREAK,
    unset_sees_all::BREAK,
    empty_sees_all::BREAK,
    stranger_sees_all::BREAK,
    without_with_check::BREAK,
    delete_open::BREAK,
    update_open::BREAK,
    truncate_granted::BREAK,
    session_setting::BREAK,
    frozen_plan::BREAK,
    owner_unforced::BREAK,
    owner_assumable::BREAK,
    bypassrls::BREAK,
    bypass_assumable::BREAK,
    superuser::BREAK,
    policy_using_true::BREAK,
    rls_disabled::BREAK,
    table_without_rls::BREAK,
    definer_view::BREAK,
    counting_view::BREAK,
    materialized_view::BREAK,
    definer_function::BREAK,
    child_reachable::BREAK,
    crowd_sees_crowd::BREAK,
];
