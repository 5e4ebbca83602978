//! The exit codes: anything but 0 must close the gate.

use crate::error::ErrorKind;

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// PERMITTED, or the drill passed, or every break was caught.
    Permitted = 0,
    /// BLOCKED, or a drill failed, or a break was missed.
    Blocked = 1,
    /// The command line or the subject file is wrong.
    Usage = 2,
    /// The environment failed: no Postgres to be had, no disk.
    Environment = 3,
    /// The baseline failed where `prove` needs it green.
    Baseline = 4,
    /// Interrupted.
    Interrupted = 130,
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Usage => Self::Usage,
            ErrorKind::Environment => Self::Environment,
            ErrorKind::Harness => Self::Blocked,
            ErrorKind::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
