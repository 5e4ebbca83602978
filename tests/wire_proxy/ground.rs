//! A real server, the proxy before it, and programs that talk through it.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sor_gate::fault::proxy::{Listen, WirePlan, WireProxy};
use sor_gate::postgres::{Cluster, ClusterOptions, Host, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};
use tokio_postgres::{Client, Error, NoTls};

pub const SOON: Duration = Duration::from_secs(20);

/// A server of the test's own; the fields go in order, the server before its scope.
pub struct Ground {
    pub direct: Client,
    pub cluster: Cluster,
    _scope: Arc<Scope>,
}

pub async fn ground(setup: &str) -> Ground {
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let id = uuid::Uuid::new_v4().simple().to_string();
    let scope = Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap();
    let provisioner = Provisioner::new(ProvisionOptions::new(scope.clone()));
    let template = provisioner.bare().await.unwrap();
    let options = ClusterOptions { tcp: true, settings: Vec::new() };
    let cluster = provisioner.cluster(&template, &options).await.unwrap();
    let direct = cluster.admin().await.unwrap();
    direct.batch_execute(setup).await.unwrap();
    Ground { direct, cluster, _scope: scope }
}

impl Ground {
    pub async fn proxy(&self, plan: WirePlan) -> WireProxy {
        WireProxy::start(&self.cluster.superuser(), Listen::Unix, plan).await.unwrap()
    }

    /// Over TCP, where the server asks for SCRAM.
    pub async fn tcp_proxy(&self, plan: WirePlan) -> WireProxy {
        let root = self.cluster.superuser();
        self.cluster.admit(&root.user).await.unwrap();
        let upstream = self.cluster.tcp_info(&root.user, &root.database).unwrap();
        assert!(upstream.password.is_some());
        WireProxy::start(&upstream, Listen::Tcp, plan).await.unwrap()
    }

    /// Waits until no client's backend is at work but this one.
    pub async fn settled(&self) {
        let others = "SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        while self.direct.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {}
    }
}

pub async fn connect(proxy: &WireProxy) -> Result<Client, Error> {
    let (client, connection) = proxy.connect_info().config("wire").connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

pub async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

pub fn program(name: &str, proxy: &WireProxy, arguments: &[&str]) -> Command {
    let at = proxy.connect_info();
    let host = match &at.host {
        Host::Socket(folder) => folder.display().to_string(),
        Host::Tcp(host) => host.clone(),
    };
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null());
    command.env("PGHOST", host).env("PGPORT", at.port.to_string());
    command.env("PGUSER", &at.user).env("PGDATABASE", &at.database);
    command.env("PGPASSWORD", at.password.as_ref().map_or("", |password| password.reveal()));
    command
}

pub async fn run(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}
