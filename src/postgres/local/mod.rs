//! Postgres from server binaries on this machine.

mod cache;
mod find;
mod initdb;
mod known;
mod pack;
mod server;
pub(in crate::postgres) mod settings;
mod tools;
mod unpack;

pub(super) use tools::newest_tool;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use self::cache::Cache;
use self::find::Installation;
use self::server::LocalServer;
use self::unpack::Frozen;
use super::backend::{Backend, ClusterOptions, Prepare, Server, Template};
use super::cluster::Cluster;
use super::provisioner::ProvisionOptions;
use crate::error::{Error, Result};
use crate::process::{Account, Scope};

/// The superuser of every local cluster.
const SUPERUSER: &str = "postgres";

/// Everything needed to run the binaries found.
#[derive(Debug, Clone)]
struct Host {
    scope: Arc<Scope>,
    installation: Installation,
    account: Option<Account>,
    frozen: Arc<Frozen>,
}

struct LocalBackend {
    host: Host,
    cache: Cache,
}

/// Looks for server binaries.
pub(super) async fn open(options: &ProvisionOptions) -> Result<Arc<dyn Backend>> {
    let installation = find::installation(options).await?;
    let scope = options.scope.clone();
    let frozen = Arc::new(Frozen::new(scope.scratch()));
    let host = Host { scope, installation, account: find::account()?, frozen };
    Ok(Arc::new(LocalBackend { cache: Cache::open(&options.cache_folder()?)?, host }))
}

#[async_trait]
impl Backend for LocalBackend {
    fn provider(&self) -> &'static str {
        "local"
    }

    fn version(&self) -> u32 {
        self.host.installation.version
    }

    async fn template(&self, key: &str, prepare: Option<Prepare<'_>>) -> Result<Template> {
        let bare = self.cache.path(&self.host.installation, "");
        let path = match prepare {
            None => self.cache.keep(bare, |to| self.build_bare(to)).await?,
            Some(prepare) => {
                let path = self.cache.path(&self.host.installation, key);
                self.cache.keep(path, |to| self.build_prepared(bare.clone(), prepare, to)).await?
            }
        };
        Ok(Template { key: key.into(), handle: path.to_string_lossy().into_owned() })
    }

    async fn start(&self, template: &Template, options: &ClusterOptions) -> Result<Box<dyn Server>> {
        Ok(Box::new(self.start_from(Path::new(&template.handle), options).await?))
    }
}

impl LocalBackend {
    async fn start_from(&self, pack: &Path, options: &ClusterOptions) -> Result<LocalServer> {
        let started = LocalServer::start(&self.host, pack, options).await;
        if started.as_ref().is_err_and(|error| error.what.starts_with(unpack::DAMAGED)) {
            // The next run builds it anew.
            let _ = std::fs::remove_file(pack);
        }
        started
    }

    async fn build_bare(&self, to: PathBuf) -> Result<()> {
        let folder = initdb::run(&self.host).await?;
        let data = folder.join("data");
        initdb::trim_wal(&self.host, &data).await?;
        blocking(move || {
            let packed = pack::pack(&data, Vec::new(), &to);
            let _ = std::fs::remove_dir_all(folder);
            packed
        })
        .await
    }

    async fn build_prepared(&self, bare: PathBuf, prepare: Prepare<'_>, to: PathBuf) -> Result<()> {
        let bare = self.cache.keep(bare, |to| self.build_bare(to)).await?;
        let server = self.start_from(&bare, &ClusterOptions::default()).await?;
        let closing = server.closing();
        let cluster = Cluster::new(Box::new(server), self.version());
        prepare(&cluster).await.map_err(|error| cluster.blame(error))?;
        let frozen = freeze(&cluster).await?;
        let data = closing.stop_cleanly().await?;
        initdb::trim_wal(&self.host, &data).await?;
        blocking(move || pack::pack(&data, frozen, &to)).await?;
        cluster.stop().await
    }
}

/// The folders of the databases that new ones are copied from, two thirds of a data folder. Nobody may connect to
/// template1 from now on, as nobody may to template0: so they are only read.
async fn freeze(cluster: &Cluster) -> Result<Vec<PathBuf>> {
    let admin = cluster.admin().await?;
    let templates =
        "SELECT oid::text, datname::text FROM pg_database WHERE datname IN ('template0', 'template1')";
    let mut folders = Vec::new();
    for template in admin.query(templates, &[]).await? {
        let (oid, name): (String, String) = (template.get(0), template.get(1));
        admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await?;
        folders.push(Path::new("base").join(oid));
    }
    Ok(folders)
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::harness(format!("a file task failed: {error}"))))
}
