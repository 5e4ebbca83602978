//! Starting a Postgres container and finding its address.

use std::collections::HashMap;
use std::time::Duration;

use testcontainers::bollard::models::PortBinding;
use testcontainers::core::logs::LogFrame;
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ImageExt, TestcontainersError};
use testcontainers_modules::postgres::Postgres;

use super::{Source, last_words};
use crate::error::{Chain, Error, Result};
use crate::postgres::connect::{ConnectInfo, Host, Secret};
use crate::postgres::log::LINE_PREFIX;
use crate::process::{Lines, free_port};

/// Outside `/var/lib/postgresql`, which images declare as a volume, in part or as a whole.
const DATA_FOLDER: &str = "/sor-gate/data";
/// The superuser.
const USER: &str = "postgres";
/// The scratch database.
const DATABASE: &str = "postgres";
const PORT: u16 = 5432;
const READY: &str = "database system is ready to accept connections";
/// How long initialisation and start may take; a busy machine with a slow file system needs several seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often another process may snatch the port that was just seen free.
const ATTEMPTS: u32 = 5;

/// What to start from.
pub(super) enum Origin<'o> {
    /// The plain image, to be initialised with this superuser password.
    Image(&'o Secret),
    /// A template's image id, with the password that stands in it.
    Template(&'o str, &'o Secret),
}

/// A container whose server accepts connections.
pub(super) struct Started {
    pub(super) id: String,
    pub(super) superuser: ConnectInfo,
}

/// Starts a container of the run; the port stays the same when it is restarted.
///
/// # Errors
/// When the engine refuses, or the container ends or is not ready in time; with its last lines.
pub(super) async fn launch(
    source: &Source,
    origin: &Origin<'_>,
    settings: &[(String, String)],
) -> Result<Started> {
    let mut attempt = 1;
    loop {
        let said = Lines::bounded(1 << 20, 1 << 16);
        // An engine's own choice of port would change with every restart of the container.
        match try_launch(source, origin, settings, free_port()?, said.clone()).await {
            Ok(started) => return Ok(started),
            Err(error) if attempt < ATTEMPTS && is_port_taken(&error) => attempt += 1,
            Err(error) => {
                return Err(Error::environment(format!("{}; {}", Chain(&error), last_words(&said)))
                    .during("starting a Postgres container")
                    .at(&source.image));
            }
        }
    }
}

fn is_port_taken(error: &TestcontainersError) -> bool {
    let text = Chain(error).to_string();
    text.contains("port is already allocated") || text.contains("address already in use")
}

async fn try_launch(
    source: &Source,
    origin: &Origin<'_>,
    settings: &[(String, String)],
    port: u16,
    said: Lines,
) -> Result<Started, TestcontainersError> {
    let (image, password) = match origin {
        Origin::Image(password) => (source.image_id.as_str(), *password),
        Origin::Template(image, password) => (*image, *password),
    };
    let (algorithm, digest) = image.split_once(':').unwrap_or(("sha256", image));
    let on_loopback = source.engine.publishes_on_loopback();
    let mut request = Postgres::default()
        .with_user(USER)
        .with_db_name(DATABASE)
        .with_password(password.reveal())
        .with_name(algorithm)
        .with_tag(digest)
        .with_cmd(arguments(settings))
        .with_env_var("PGDATA", DATA_FOLDER)
        .with_env_var("POSTGRES_INITDB_ARGS", "--wal-segsize=1 --encoding=UTF8 --locale=C.UTF-8 --no-sync")
        .with_labels(super::container_labels(&source.scope))
        .with_startup_timeout(PATIENCE)
        .with_log_consumer(move |frame: &LogFrame| said.push(frame.bytes()))
        .with_mapped_port(port, PORT.tcp())
        .with_host_config_modifier(move |config| {
            let address = if on_loopback { "127.0.0.1" } else { "0.0.0.0" };
            let binding = PortBinding { host_ip: Some(address.into()), host_port: Some(port.to_string()) };
            config.port_bindings = Some(HashMap::from([(format!("{PORT}/tcp"), Some(vec![binding]))]));
        });
    if matches!(origin, Origin::Template(..)) {
        // The module also waits for the server that initialises, which a template does not need.
        request = request.with_ready_conditions(vec![WaitFor::message_on_stderr(READY)]);
    }
    let container = request.start().await?;
    let host = if on_loopback { "127.0.0.1".into() } else { container.get_host().await?.to_string() };
    let id = container.id().to_owned();
    // Its own drop needs a runtime and panics without; whoever holds the id removes it, at the latest the scope.
    std::mem::forget(container);
    let superuser = ConnectInfo {
        host: Host::Tcp(host),
        port,
        user: USER.into(),
        password: Some(password.clone()),
        database: DATABASE.into(),
    };
    Ok(Started { id, superuser })
}

/// The server's arguments: what reading its log relies on, then the caller's settings, of which the last wins. The usual
/// settings stand in the template, where ALTER SYSTEM can still override them.
fn arguments(settings: &[(String, String)]) -> Vec<String> {
    // The escapes of the configuration file are not read on a command line.
    let prefix = LINE_PREFIX.replace(r"\037", "\u{1f}");
    let own = settings.iter().map(|(name, value)| format!("{name}={value}"));
    // The initialising server reads these too, so the slow part of it is told to skip syncing as well.
    let usual = ["fsync=off".to_owned(), format!("log_line_prefix={prefix}")];
    usual.into_iter().chain(own).flat_map(|setting| ["-c".to_owned(), setting]).collect()
}
