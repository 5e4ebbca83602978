//! The engine: it knows how to provision Postgres, run drills and weigh evidence, and names no drill.

pub mod catalog;
pub mod cli;
pub mod context;
pub mod drill;
pub mod error;
pub mod events;
pub mod evidence;
pub mod exit;
pub mod fault;
pub mod hooks;
pub mod interleaving;
pub mod migration;
pub mod postgres;
pub mod process;
pub mod recorder;
pub mod release;
pub mod report;
pub mod rewrite;
pub mod runner;
pub mod sabotage;
pub mod session;
pub mod stage;
pub mod subject;
pub mod template;
pub mod verdict;
pub mod worker;
