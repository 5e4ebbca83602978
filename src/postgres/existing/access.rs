//! The way into the server, and what its role may do there.

use tokio_postgres::{Client, Config};

use crate::error::{Chain, Error, Result};
use crate::postgres::connect::{ConnectInfo, Host, Secret};

/// A server that answers and whose role may create databases and roles.
#[derive(Debug, Clone)]
pub(super) struct Access {
    info: ConnectInfo,
    pub(super) version: u32,
    pub(super) is_superuser: bool,
}

/// The oldest version that can end the sessions of a database while dropping it.
const OLDEST: u32 = 13;

impl Access {
    /// Connects and looks at the role before anything is made.
    ///
    /// # Errors
    /// When the URL is no URL, the server is not there, is another version than asked for, only reads, or the role
    /// lacks CREATEDB or CREATEROLE.
    pub(super) async fn check(url: &str, asked: Option<u32>) -> Result<Self> {
        let info = parse(url)?;
        let place = info.redacted();
        let client = info.connect("sor-gate").await.map_err(|error| {
            Error::environment(error.what).during("the server named by --postgres").at(&place).fix(
                "start that server, or correct the URL; without --postgres the gate looks for one by itself",
            )
        })?;
        let row = client
            .query_one(
                "SELECT rolsuper, rolsuper OR rolcreatedb, rolsuper OR rolcreaterole, pg_is_in_recovery(),
                        current_setting('server_version_num')::int
                 FROM pg_roles WHERE rolname = current_user",
                &[],
            )
            .await?;
        let (superuser, databases, roles, reads): (bool, bool, bool, bool) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let version = row.get::<_, i32>(4).unsigned_abs();
        let lacking: Vec<&str> = [(databases, "CREATEDB"), (roles, "CREATEROLE")]
            .iter()
            .filter(|(has, _)| !has)
            .map(|(_, name)| *name)
            .collect();
        if !lacking.is_empty() {
            let role = quoted(&client, &info.user).await?;
            return Err(Error::environment(format!("role `{}` lacks {}", info.user, lacking.join(" and ")))
                .at(place)
                .fix(format!("let a superuser run: ALTER ROLE {role} {};", lacking.join(" "))));
        }
        let major = version / 10_000;
        if let Some(asked) = asked.filter(|asked| *asked != major) {
            return Err(Error::usage(format!("the server is Postgres {major}, not {asked}"))
                .at(place)
                .fix("leave out --pg-version, or name another server"));
        }
        if major < OLDEST {
            return Err(Error::environment(format!(
                "the server is Postgres {major}; {OLDEST} or newer is needed"
            ))
            .at(place));
        }
        if reads {
            return Err(Error::environment("the server is a standby, which only reads")
                .at(place)
                .fix("name its primary"));
        }
        Ok(Self { info, version, is_superuser: superuser })
    }

    /// Connects as the URL's role to the URL's database.
    pub(super) async fn connect(&self) -> Result<Client> {
        self.info.connect("sor-gate").await
    }

    pub(super) fn user(&self) -> &str {
        &self.info.user
    }

    pub(super) fn redacted(&self) -> String {
        self.info.redacted()
    }

    pub(super) fn is_tcp(&self) -> bool {
        matches!(self.info.host, Host::Tcp(_))
    }

    /// The same server as the run's own role, with its own password: the URL's never leaves this file.
    pub(super) fn as_owner(&self, role: &str, password: &Secret, database: &str) -> ConnectInfo {
        ConnectInfo { password: Some(password.clone()), ..self.info.to(role, database) }
    }
}

/// A name as it is written in a statement.
pub(super) async fn quoted(client: &Client, name: &str) -> Result<String> {
    Ok(client.query_one("SELECT quote_ident($1)", &[&name]).await?.get(0))
}

fn parse(url: &str) -> Result<ConnectInfo> {
    // The text is not shown: it may hold a password.
    let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
        Error::usage(format!("--postgres is neither auto, local, container nor a URL: {}", Chain(&error)))
            .fix(ConnectInfo::FORM)
    })?;
    ConnectInfo::of(&config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_bad_ones_never_shown() {
        let info = parse("postgres://me:secret@db.example/app").unwrap();
        assert_eq!((info.user.as_str(), info.database.as_str(), info.port), ("me", "app", 5432));
        assert!(parse("postgres://db.example").unwrap_err().what.contains("names no role"));
        assert!(parse("postgres://me@h/d?sslmode=require").unwrap_err().what.contains("TLS"));
        let error = parse("postgres://me:secret@h:port/d").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
