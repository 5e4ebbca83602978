//! Statements that a session has issued before.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::{Client, Error, Statement};

/// By text: `None` for one that was issued once, and prepared when it comes again.
#[derive(Default)]
pub(super) struct Repeated(Mutex<HashMap<String, Option<Statement>>>);

impl Repeated {
    /// The statement, prepared, unless it comes for the first time.
    ///
    /// # Errors
    /// What the server says to it: the same as it would say to the statement itself.
    pub(super) async fn of(&self, client: &Client, sql: &str) -> Result<Option<Statement>, Error> {
        let known = self.locked().get(sql).cloned();
        match known {
            None => {
                self.locked().insert(sql.to_owned(), None);
                Ok(None)
            }
            Some(Some(statement)) => Ok(Some(statement)),
            Some(None) => {
                let statement = client.prepare(sql).await?;
                self.locked().insert(sql.to_owned(), Some(statement.clone()));
                Ok(Some(statement))
            }
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<String, Option<Statement>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
