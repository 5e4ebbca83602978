//! How to reach a database, with its secrets kept out of sight.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::config::{Host as UrlHost, SslMode};
use tokio_postgres::{Client, Config, NoTls};

use crate::error::{Error, Result};

/// A password. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new random one of 122 bits, letters and digits only.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// The folder of its Unix socket.
    Socket(PathBuf),
    /// A host name or address.
    Tcp(String),
}

/// How to reach one database as one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectInfo {
    /// The server.
    pub host: Host,
    /// The port; of a socket, the number in its file name.
    pub port: u16,
    /// The role.
    pub user: String,
    /// Its password, where one is asked for.
    pub password: Option<Secret>,
    /// The database.
    pub database: String,
}

impl ConnectInfo {
    /// How URLs are written, for those who wrote one wrong.
    pub const FORM: &str =
        "write postgresql://ROLE@HOST:PORT/DATABASE, with the password after the role and a colon";

    /// What a parsed URL says; its database is named like its role by default. Of several hosts the first is taken.
    ///
    /// # Errors
    /// A usage error when it names no host or no role, or asks for TLS. It shows nothing of the URL.
    pub fn of(config: &Config) -> Result<Self> {
        let missing = |what: &str| Error::usage(format!("the URL names no {what}")).fix(Self::FORM);
        if config.get_ssl_mode() == SslMode::Require {
            return Err(Error::usage("the URL asks for TLS, which is not supported")
                .fix("use a connection without TLS"));
        }
        let host = match config.get_hosts().first().ok_or_else(|| missing("host"))? {
            UrlHost::Tcp(host) => Host::Tcp(host.clone()),
            UrlHost::Unix(folder) => Host::Socket(folder.clone()),
        };
        let user = config.get_user().ok_or_else(|| missing("role"))?.to_owned();
        let password = config.get_password().map(|bytes| Secret::new(String::from_utf8_lossy(bytes)));
        let database = config.get_dbname().unwrap_or(&user).to_owned();
        Ok(Self { host, port: config.get_ports().first().copied().unwrap_or(5432), user, password, database })
    }

    /// The same server as another role and in another database; the password stays.
    #[must_use]
    pub fn to(&self, role: &str, database: &str) -> Self {
        Self { user: role.into(), database: database.into(), ..self.clone() }
    }

    /// A connection URI (PostgreSQL manual, 34.1.1.2), with the password.
    pub fn url(&self) -> String {
        self.written(self.password.as_ref().map(|password| encoded(password.reveal())))
    }

    /// The same with the password hidden, for people and evidence.
    pub fn redacted(&self) -> String {
        self.written(self.password.as_ref().map(|_| "***"))
    }

    fn written(&self, password: Option<impl std::fmt::Display>) -> String {
        let password = password.map(|text| format!(":{text}")).unwrap_or_default();
        let (user, database, port) = (encoded(&self.user), encoded(&self.database), self.port);
        match &self.host {
            Host::Socket(folder) => {
                let folder = encoded_path(&folder.to_string_lossy());
                format!("postgresql://{user}{password}@/{database}?host={folder}&port={port}")
            }
            Host::Tcp(host) => {
                let host = match host.parse() {
                    Ok(IpAddr::V6(address)) => format!("[{address}]"),
                    _ => host.clone(),
                };
                format!("postgresql://{user}{password}@{host}:{port}/{database}")
            }
        }
    }

    /// The same for the driver.
    pub fn config(&self, application: &str) -> Config {
        let mut config = Config::new();
        match &self.host {
            Host::Socket(folder) => config.host_path(folder),
            Host::Tcp(host) => config.host(host),
        };
        config.port(self.port).user(&self.user).dbname(&self.database).application_name(application);
        config.ssl_mode(SslMode::Disable);
        if let Some(password) = &self.password {
            config.password(password.reveal());
        }
        config
    }

    /// Connects; `application` shows as `application_name` in the server's views and log. The connection is driven
    /// in the background until the client is dropped.
    ///
    /// # Errors
    /// When the server refuses or is not there.
    pub async fn connect(&self, application: &str) -> Result<Client> {
        let connected = self.config(application).connect(NoTls).await;
        let (client, connection) = connected.map_err(|error| Error::from(error).at(self.redacted()))?;
        // How it ended is told to whoever waits for an answer on the client.
        tokio::spawn(async move { drop(connection.await) });
        Ok(client)
    }
}

/// All but the unreserved characters of RFC 3986, 2.3.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_PATHS: AsciiSet = RESERVED.remove(b'/');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

fn encoded_path(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED_IN_PATHS).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> ConnectInfo {
        ConnectInfo {
            host: Host::Socket("/tmp/a b".into()),
            port: 5432,
            user: "wor@ker".into(),
            password: Some(Secret::new("p:w/d")),
            database: "db".into(),
        }
    }

    #[test]
    fn urls_are_encoded_and_parse_back() {
        let info = info();
        assert_eq!(info.url(), "postgresql://wor%40ker:p%3Aw%2Fd@/db?host=/tmp/a%20b&port=5432");
        let parsed: Config = info.url().parse().unwrap();
        assert_eq!((parsed.get_user(), parsed.get_password()), (Some("wor@ker"), Some(&b"p:w/d"[..])));
        let tcp = ConnectInfo { host: Host::Tcp("::1".into()), ..info };
        assert_eq!(tcp.redacted(), "postgresql://wor%40ker:***@[::1]:5432/db");
    }

    #[test]
    fn nothing_shows_the_password() {
        let info = info();
        assert!(!format!("{info:?} {}", info.redacted()).contains("p:w"));
    }
}
