//! Reports: what a run leaves behind for people and machines. It sees bundles and records, never a database.

pub mod folder;
#[cfg(test)]
mod folder_tests;
pub mod keep;
pub mod markdown;
pub mod run_id;
