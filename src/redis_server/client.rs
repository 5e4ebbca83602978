//! The harness's own connection: entries as they are stored, whatever their type.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisError, Value};

use tokio::sync::Mutex;

use super::Place;
use crate::error::{Error, Result};

const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to a Redis, made anew when the server was started again.
#[derive(Debug)]
pub struct RedisClient {
    client: Client,
    connection: Mutex<MultiplexedConnection>,
}

impl RedisClient {
    pub(super) async fn connect(place: &Place) -> Result<Self> {
        let address = match place {
            Place::Socket(socket) => ConnectionAddr::Unix(socket.clone()),
            Place::Tcp(host, port) => ConnectionAddr::Tcp(host.clone(), *port),
        };
        let client = address.into_connection_info().and_then(Client::open).map_err(failed)?;
        let connection = Mutex::new(connect(&client).await?);
        Ok(Self { client, connection })
    }

    /// Runs any command; once more when it met a connection that was lost.
    ///
    /// # Errors
    /// When the server refuses it or does not answer.
    pub async fn run<W: AsRef<[u8]>>(&self, words: &[W]) -> Result<Value> {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(word.as_ref());
        }
        let mut connection = self.connection.lock().await;
        match command.query_async(&mut *connection).await {
            Err(lost) if lost.is_io_error() || lost.is_connection_dropped() => {
                *connection = connect(&self.client).await?;
                command.query_async(&mut *connection).await.map_err(failed)
            }
            ended => ended.map_err(failed),
        }
    }

    /// An entry in the server's own serialization (DUMP), which RESTORE takes; none when it is not there.
    ///
    /// # Errors
    /// As [`RedisClient::run`].
    pub async fn dump(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match self.run(&["DUMP", key]).await? {
            Value::BulkString(bytes) => Ok(Some(bytes)),
            _ => Ok(None),
        }
    }

    /// For how many milliseconds the entry will still live; -1 when for ever, -2 when it is not there.
    ///
    /// # Errors
    /// As [`RedisClient::run`].
    pub async fn lives_ms(&self, key: &str) -> Result<i64> {
        match self.run(&["PTTL", key]).await? {
            Value::Int(millis) => Ok(millis),
            other => Err(Error::harness(format!("PTTL answered {other:?}"))),
        }
    }
}

async fn connect(client: &Client) -> Result<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    client.get_multiplexed_async_connection_with_config(&config).await.map_err(failed)
}

fn failed(error: RedisError) -> Error {
    Error::harness(format!("Redis: {error}"))
}
