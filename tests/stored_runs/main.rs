//! Runs as they lie in a folder: listed, compared, written under kills and full disks, rendered when they are large.

#![allow(clippy::unwrap_used)]

mod diff;
mod history;
mod large;
mod made;
mod written;
