//! Reports: what a run leaves behind for people and machines. It sees bundles and records, never a database.

pub mod folder;
#[cfg(test)]
mod folder_tests;
pub mod html;
pub mod junit;
pub mod keep;
pub mod kind;
pub mod markdown;
pub mod run_id;
pub mod sarif;
pub mod summary;
pub mod writer;
