//! The one error type: what went wrong, where, and what to do about it.

use std::fmt;

/// Who has to act on an error; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line or the subject file is wrong (exit code 2).
    Usage,
    /// The surroundings failed: no Postgres, no disk, no binary (exit code 3).
    Environment,
    /// The harness could not tell: a drill's own step failed (a drill verdict of `error`).
    Harness,
    /// The user interrupted the run (exit code 130).
    Interrupted,
}

/// An error as the user reads it: one line of what and where, one line of what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Who has to act.
    pub kind: ErrorKind,
    /// What happened, without a trailing full stop.
    pub what: String,
    /// Where: a file with line and column, a folder, a command, a role.
    pub place: Option<String>,
    /// The next thing to try.
    pub remedy: Option<String>,
}

/// Shorthand for results of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), place: None, remedy: None }
    }

    /// The command line or the subject file is wrong.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, what)
    }

    /// The surroundings failed.
    pub fn environment(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Environment, what)
    }

    /// The harness could not tell.
    pub fn harness(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Harness, what)
    }

    /// The user pressed Ctrl-C or sent TERM.
    pub fn interrupted() -> Self {
        Self::new(ErrorKind::Interrupted, "interrupted")
    }

    /// Says where it happened.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn fix(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Whether a connection to Postgres was lost or never came about, without an answer from the server.
    pub fn is_lost_connection(&self) -> bool {
        self.what.contains(LOST)
    }

    /// Puts what was being done in front: `starting the relay: …`.
    #[must_use]
    pub fn during(mut self, deed: impl fmt::Display) -> Self {
        self.what = format!("{deed}: {}", self.what);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(place) = &self.place {
            write!(f, " ({place})")?;
        }
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// How a connection that gave no answer is told.
const LOST: &str = "the connection to Postgres failed";

/// A database error in a step that the harness itself took is "could not tell", never a refusal.
impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(db) => Self::harness(format!("Postgres answered {}: {}", db.code().code(), db.message())),
            None => Self::harness(format!("{LOST}: {}", Chain(&error))),
        }
    }
}

/// Prints an error with its causes, `a: b: c`.
pub struct Chain<'a>(pub &'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_what_where_remedy() {
        let error = Error::usage("unknown drill `outbax`")
            .at("command line")
            .fix("did you mean `outbox_relay_retry_test`?");
        assert_eq!(
            error.to_string(),
            "unknown drill `outbax` (command line); did you mean `outbox_relay_retry_test`?"
        );
    }
}
