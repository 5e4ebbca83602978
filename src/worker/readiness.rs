//! Waiting until a program is up: a line of output, a port that takes connections, a condition in SQL.

use std::time::Duration;

use regex::Regex;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::postgres::ConnectInfo;
use crate::process::Process;
use crate::recorder::Recorder;
use crate::session::Session;
use crate::template::Values;

/// Between two looks at what tells of no change.
const PAUSE: Duration = Duration::from_millis(5);

/// What tells that a program is up; of several all must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// A regular expression that a line of either output fits.
    pub line: Option<String>,
    /// A port of 127.0.0.1 at which something listens.
    pub port: Option<u16>,
    /// A condition, with who asks it and its values.
    pub sql: Option<(ConnectInfo, String, Values)>,
    /// The deadline.
    pub within: Duration,
}

impl Default for Readiness {
    fn default() -> Self {
        Self { line: None, port: None, sql: None, within: Duration::from_secs(20) }
    }
}

impl Readiness {
    /// Waits until a program is up. One that has ended well was up.
    ///
    /// # Errors
    /// When it ends badly first, at once, or the deadline passes; both with its last lines.
    pub async fn of(&self, process: &Process) -> Result<()> {
        let deadline = Instant::now() + self.within;
        let up = async {
            // It has the same deadline, and tells of the line.
            if let Some(pattern) = &self.line {
                let pattern = Regex::new(pattern).map_err(|error| Error::usage(error.to_string()))?;
                line(process, |line| pattern.is_match(line), self.within).await?;
            }
            let rest = async {
                if let Some(port) = self.port {
                    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                match &self.sql {
                    Some((admin, sql, values)) => holds(admin, sql, values).await,
                    None => Ok(()),
                }
            };
            tokio::time::timeout_at(deadline, rest).await.unwrap_or_else(|_| {
                Err(process.failure(&format!("was not ready within {} s", self.within.as_secs())))
            })
        };
        tokio::select! {
            biased;
            up = up => up,
            ended = process.wait() => match ended? {
                status if status.success() => Ok(()),
                _ => Err(process.failure("ended before it was ready")),
            },
        }
    }
}

/// Waits until a condition is true.
pub(super) async fn holds(admin: &ConnectInfo, sql: &str, values: &Values) -> Result<()> {
    let client = admin.connect("sor-gate ready").await?;
    let session = Session::new(client, "ready", &admin.user, Recorder::default());
    while session.must(sql, values).await?.scalar() != Some("true") {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Waits for a line of output of either kind; of a program whose standard output is a pipe only standard error is there to
/// be read.
///
/// # Errors
/// When the program ends first, with its exit code and last lines, or the deadline passes.
pub(super) async fn line(
    process: &Process,
    fits: impl Fn(&str) -> bool,
    deadline: Duration,
) -> Result<String> {
    let (out, err) = (process.stdout(), process.stderr());
    let (mut out_changes, mut err_changes) = (out.changes(), err.changes());
    let (mut out_next, mut err_next) = (0, 0);
    let search = async {
        let mut ended = false;
        loop {
            for (lines, next) in [(out, &mut out_next), (err, &mut err_next)] {
                for (at, line) in lines.since(*next) {
                    if fits(&line) {
                        return Ok(line);
                    }
                    *next = at + 1;
                }
            }
            if ended {
                return Err(process.failure("ended early"));
            }
            tokio::select! {
                _ = out_changes.changed() => {}
                _ = err_changes.changed() => {}
                gone = process.wait() => {
                    gone?;
                    out.closed(Duration::from_millis(100)).await;
                    ended = true;
                }
            }
        }
    };
    let late =
        |_| Err(process.failure(&format!("printed no fitting line within {} ms", deadline.as_millis())));
    tokio::time::timeout(deadline, search).await.unwrap_or_else(late)
}
