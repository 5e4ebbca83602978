//! Operators for breaks: what can be done to a database by the names that a subject file gives.
//!
//! They look the objects up in the catalog, so that they work on any subject; where there is nothing to act on,
//! the break is unviable.

mod claims;
mod columns;
mod constraints;
mod copies;
pub mod grants;
mod indexes;
mod inserts;
pub mod policies;
pub mod roles;
mod texts;
pub mod triggers;
mod views;

pub use claims::{raise_when_nothing_updated, undo_updates_of};
pub use columns::make_nullable;
pub use constraints::{check_one_role, default_for_identity, drop_named, retype};
pub use copies::write_twice;
pub use indexes::{drop_searched_indexes, drop_unique_indexes, make_unique, searched_indexes};
pub use inserts::{look_before_insert, memory_of_live_sessions, overwrite_on_conflict};
pub use texts::{empty_column, execute_new_text, overwrite_text};
pub use views::{can_change, drop_checks, tables_behind, through};
