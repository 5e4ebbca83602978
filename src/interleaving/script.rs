//! What is to be interleaved: sessions, their steps, and the ground they stand on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::history::Performed;
use crate::postgres::ConnectInfo;
use crate::template::Values;

type Statements = Arc<dyn Fn(&[Performed]) -> Vec<(String, Values)> + Send + Sync>;

/// One step of a session: one statement, or a few that are not worth stepping apart. Their outcome is that of the last,
/// or the first refusal.
#[derive(Clone)]
pub struct Step {
    /// Its name, unique within the session.
    pub name: String,
    pub(super) statements: Statements,
    pub(super) again: Option<Again>,
}

/// What is run when a step loses a race.
#[derive(Clone)]
pub(super) struct Again {
    pub statements: Arc<[(String, Values)]>,
    /// Whose outcome counts, by its place.
    pub answer: usize,
    /// How often the step is tried in all.
    pub attempts: u32,
}

impl Step {
    /// A fixed statement.
    pub fn sql(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self::with(name, sql, Values::new())
    }

    /// A fixed statement with placeholders.
    pub fn with(name: impl Into<String>, sql: impl Into<String>, values: Values) -> Self {
        Self::all(name, vec![(sql.into(), values)])
    }

    /// Statements that are run one after the other as one step.
    pub fn all(name: impl Into<String>, statements: Vec<(String, Values)>) -> Self {
        Self::all_after(name, move |_| statements.clone())
    }

    /// A statement that depends on what the session's own earlier steps came to: say, on the row that it claimed.
    /// None: there is nothing to do, and the step is skipped.
    pub fn after(
        name: impl Into<String>,
        statement: impl Fn(&[Performed]) -> Option<(String, Values)> + Send + Sync + 'static,
    ) -> Self {
        Self::all_after(name, move |own| statement(own).into_iter().collect())
    }

    /// As [`Step::after`], with several statements. None at all: the step is skipped.
    pub fn all_after(
        name: impl Into<String>,
        statements: impl Fn(&[Performed]) -> Vec<(String, Values)> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), statements: Arc::new(statements), again: None }
    }

    /// When it is refused with a serialization failure or a deadlock, its transaction is rolled back and these statements
    /// are run in its place, until so many attempts were made in all. Its outcome then is that of the statement at the
    /// place `answer`, or the last refusal.
    #[must_use]
    pub fn or_again(self, statements: Vec<(String, Values)>, answer: usize, attempts: u32) -> Self {
        Self { again: Some(Again { statements: statements.into(), answer, attempts }), ..self }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({:?})", self.name)
    }
}

/// A session with its steps.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Its name, unique among the actors: `A`.
    pub name: String,
    /// Where and as whom it connects.
    pub info: ConnectInfo,
    /// A script before each interleaving: settings, tenant context. May be empty.
    pub prelude: String,
    /// Its steps, in its own order.
    pub steps: Vec<Step>,
}

/// Sessions to be interleaved, and what surrounds each interleaving.
#[derive(Debug, Clone)]
pub struct Interleavings {
    /// Who sets up, watches and tears down. It must see whom the actors wait for; any role does.
    pub admin: ConnectInfo,
    /// A script before each interleaving. May be empty.
    pub setup: String,
    /// The sessions.
    pub actors: Vec<Actor>,
    /// A statement behind each interleaving, whose answer stands in the history.
    pub observe: Option<String>,
    /// A script behind that. May be empty.
    pub teardown: String,
    /// How long one wait may last before the harness gives up. A safety net: reaching it is an error, never a
    /// finding. Must be longer than the server's `deadlock_timeout`.
    pub deadline: Duration,
}
