//! Sends a script to the server as its format's tool does.

use tokio_postgres::{Client, Error};

use super::reading::{Running, statements};
use super::{Reading, Script};

/// Runs a script to its end, in the way that it and its format want. After an error the session is left as Postgres
/// left it: perhaps in an aborted transaction.
///
/// # Errors
/// What the server answered, or that the connection failed.
pub async fn send(client: &Client, script: &Script, running: Running) -> Result<(), Error> {
    match running {
        Running::Transaction => {
            client.batch_execute("BEGIN").await?;
            client.batch_execute(&script.text).await?;
            client.batch_execute("COMMIT").await
        }
        Running::OwnTransactions => client.batch_execute(&script.text).await,
        Running::Singly => {
            for (_, statement) in statements(script) {
                client.batch_execute(&statement).await?;
            }
            Ok(())
        }
    }
}

impl Script {
    /// How it is to be run, told by its format and its text.
    pub fn running(&self) -> Running {
        Reading::running_of(self)
    }
}
