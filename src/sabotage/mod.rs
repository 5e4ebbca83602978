//! Operators for breaks: what can be done to a database by the names that a subject file gives.
//!
//! They look the objects up in the catalog, so that they work on any subject; where there is nothing to act on,
//! the break is unviable.

mod indexes;

pub use indexes::drop_unique_indexes;
