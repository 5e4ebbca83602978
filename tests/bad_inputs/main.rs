//! Bad surroundings, bad inputs, sudden ends: one clear line, the right exit code, and nothing left behind.

#![allow(clippy::unwrap_used)]

mod ends;
mod ground;
mod subject;
mod surroundings;
