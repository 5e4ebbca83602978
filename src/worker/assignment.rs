//! What one program of the subject is started for.

use crate::postgres::{ConnectInfo, Host};
use crate::template::Values;

/// The run, the tenant and the name under which a Worker or relay is started, and how it reaches the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    pub(super) run_id: String,
    pub(super) tenant: String,
    pub(super) worker: String,
    pub(super) sink_url: String,
    pub(super) mcp_url: String,
    pub(super) server: Option<(Host, u16)>,
    pub(super) more: Values,
}

impl Assignment {
    /// A Worker called `worker` on run `run_id` of `tenant`: these fill `${run_id}`, `${tenant}`, `${worker}`.
    pub fn run(run_id: &str, tenant: &str, worker: &str) -> Self {
        Self { run_id: run_id.into(), tenant: tenant.into(), worker: worker.into(), ..Self::default() }
    }

    /// A relay called `worker` that sends to `sink_url`.
    pub fn relay(worker: &str, sink_url: &str) -> Self {
        Self { worker: worker.into(), sink_url: sink_url.into(), ..Self::default() }
    }

    /// A program called `worker` with placeholders of its own, beside those that every command knows.
    pub fn with(worker: &str, more: Values) -> Self {
        Self { worker: worker.into(), more, ..Self::default() }
    }

    /// Placeholders of its own, beside those that every command knows.
    #[must_use]
    pub fn knowing(self, more: Values) -> Self {
        Self { more, ..self }
    }

    /// Fills `${sink_url}`, for Workers that send by themselves.
    #[must_use]
    pub fn sending_to(self, sink_url: &str) -> Self {
        Self { sink_url: sink_url.into(), ..self }
    }

    /// Lets `${database_url}` lead to this address, that of a wire proxy, instead of the server's own; role,
    /// password and database stay the program's.
    #[must_use]
    pub fn through(self, proxy: &ConnectInfo) -> Self {
        Self { server: Some((proxy.host.clone(), proxy.port)), ..self }
    }

    /// The port of `${sink_url}`; empty without one.
    pub(super) fn sink_port(&self) -> &str {
        self.sink_url.rsplit_once(':').map_or("", |(_, port)| port)
    }

    /// Whether it leads to another address than the server's own.
    pub(super) fn is_redirected(&self) -> bool {
        self.server.is_some()
    }

    /// The address as the program is to be given it.
    pub(super) fn redirect(&self, info: ConnectInfo) -> ConnectInfo {
        match &self.server {
            Some((host, port)) => ConnectInfo { host: host.clone(), port: *port, ..info },
            None => info,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_takes_the_servers_place_and_nothing_else_changes() {
        let own = ConnectInfo {
            host: Host::Socket("/run/pg".into()),
            port: 5432,
            user: "worker".into(),
            password: None,
            database: "books".into(),
        };
        assert_eq!(Assignment::run("R", "alice", "A").redirect(own.clone()), own);
        let proxy =
            ConnectInfo { host: Host::Tcp("127.0.0.1".into()), port: 7, user: "x".into(), ..own.clone() };
        let through = Assignment::run("R", "alice", "A").through(&proxy).redirect(own);
        assert_eq!(through.url(), "postgresql://worker@127.0.0.1:7/books");
    }
}
