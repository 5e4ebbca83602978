//! The wire proxy before a real server: it harms nothing by itself, and its faults are what they say.

#![allow(clippy::unwrap_used)]

mod faults;
mod ground;
mod passing;
