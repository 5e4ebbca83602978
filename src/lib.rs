//! The engine: it knows how to provision Postgres, run drills and weigh evidence, and names no drill.

pub mod error;
pub mod exit;
pub mod fault;
pub mod postgres;
pub mod process;
pub mod release;
pub mod report;
pub mod verdict;
pub mod worker;
