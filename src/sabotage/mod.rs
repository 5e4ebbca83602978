//! Operators for breaks: what can be done to a database by the names that a subject file gives.
//!
//! They look the objects up in the catalog, so that they work on any subject; where there is nothing to act on,
//! the break is unviable.

mod claims;
mod indexes;

pub use claims::{raise_when_nothing_updated, undo_updates_of};
pub use indexes::drop_unique_indexes;
