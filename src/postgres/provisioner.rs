//! Chooses where Postgres comes from, and hands out templates and clusters.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::backend::{Backend, ClusterOptions, Prepare, Template};
use super::cluster::Cluster;
use super::{container, existing, local};
use crate::error::{Error, Result};
use crate::process::Scope;

/// Where Postgres is to come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// Local binaries, else a container.
    #[default]
    Auto,
    /// Local server binaries.
    Local,
    /// A container.
    Container,
    /// An existing server.
    Url(String),
}

impl From<&str> for Source {
    /// `auto`, `local`, `container`; anything else is a URL.
    fn from(text: &str) -> Self {
        match text {
            "auto" => Self::Auto,
            "local" => Self::Local,
            "container" => Self::Container,
            url => Self::Url(url.into()),
        }
    }
}

/// What is wanted of Postgres.
#[derive(Debug, Clone)]
pub struct ProvisionOptions {
    /// Where it comes from.
    pub source: Source,
    /// The major version, such as 15; the newest found when `None`.
    pub version: Option<u32>,
    /// The container image; `postgres:N` when `None`.
    pub image: Option<String>,
    /// Where templates are kept between runs. Else `SOR_GATE_CACHE`, else the user's cache folder.
    pub cache: Option<PathBuf>,
    /// The run it belongs to.
    pub scope: Arc<Scope>,
}

impl ProvisionOptions {
    /// The defaults, inside a scope.
    pub fn new(scope: Arc<Scope>) -> Self {
        Self { source: Source::Auto, version: None, image: None, cache: None, scope }
    }

    /// The cache folder, made when it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn cache_folder(&self) -> Result<PathBuf> {
        cache_folder(self.cache.clone())
    }
}

/// The folder named, else that of `SOR_GATE_CACHE`, else the user's; made when it is missing.
///
/// # Errors
/// When it cannot be made.
pub fn cache_folder(named: Option<PathBuf>) -> Result<PathBuf> {
    let from_env = || std::env::var_os("SOR_GATE_CACHE").filter(|v| !v.is_empty()).map(PathBuf::from);
    let own = || directories::ProjectDirs::from("", "", "sor-gate").map(|dirs| dirs.cache_dir().to_owned());
    let remedy = "set SOR_GATE_CACHE to a folder that can be written to";
    let folder = named.or_else(from_env).or_else(own);
    let folder =
        folder.ok_or_else(|| Error::environment("there is no home folder to cache in").fix(remedy))?;
    std::fs::create_dir_all(&folder).map_err(|error| {
        Error::environment(format!("cannot make the cache folder: {error}")).at(folder.display()).fix(remedy)
    })?;
    Ok(folder)
}

/// Hands out Postgres servers. Cheap to make: nothing is looked for before the first question.
pub struct Provisioner {
    options: ProvisionOptions,
    backend: OnceCell<Arc<dyn Backend>>,
}

impl Provisioner {
    /// A provisioner for one run.
    pub fn new(options: ProvisionOptions) -> Self {
        Self { options, backend: OnceCell::new() }
    }

    /// The backend, found at the first call.
    ///
    /// # Errors
    /// When there is no Postgres to be had: every place tried and why it was not taken.
    pub async fn backend(&self) -> Result<&Arc<dyn Backend>> {
        self.backend.get_or_try_init(|| self.find()).await
    }

    async fn find(&self) -> Result<Arc<dyn Backend>> {
        let options = &self.options;
        match &options.source {
            Source::Local => local::open(options).await,
            Source::Container => container::open(options).await,
            Source::Url(url) => existing::open(options, url).await,
            Source::Auto => {
                let local = match local::open(options).await {
                    Err(local) if local.kind == crate::error::ErrorKind::Environment => local,
                    decided => return decided,
                };
                container::open(options).await.map_err(|container| {
                    Error::environment(format!("no Postgres to be had: {}; container: {}; a download of server binaries is not built in", local.what, container.what))
                        .fix("install the PostgreSQL server package, start Docker, or name a server with --postgres URL")
                })
            }
        }
    }

    /// The server's version, `server_version_num`.
    ///
    /// # Errors
    /// As [`Provisioner::backend`].
    pub async fn version(&self) -> Result<u32> {
        Ok(self.backend().await?.version())
    }

    /// How many clusters may be at work at once; `None` when they do not touch one another.
    ///
    /// # Errors
    /// As [`Provisioner::backend`].
    pub async fn jobs(&self) -> Result<Option<usize>> {
        Ok(self.backend().await?.jobs())
    }

    /// An empty server's template.
    ///
    /// # Errors
    /// When there is no Postgres, or the cache cannot be written.
    pub async fn bare(&self) -> Result<Template> {
        self.backend().await?.template("", None).await
    }

    /// The template that `prepare` makes, built once per key and server version and kept between runs. The key must
    /// change with whatever `prepare` does: a digest of migrations, roles and seeds.
    ///
    /// # Errors
    /// As [`Provisioner::bare`], and whatever `prepare` fails with.
    pub async fn template(&self, key: &str, prepare: Prepare<'_>) -> Result<Template> {
        self.backend().await?.template(key, Some(prepare)).await
    }

    /// A server in the state that `prepare` makes, of which no template is kept for later runs; the key as for
    /// [`Provisioner::template`].
    ///
    /// # Errors
    /// As [`Provisioner::template`] and [`Provisioner::cluster`].
    pub async fn passing(&self, key: &str, prepare: Prepare<'_>) -> Result<Cluster> {
        let options = ClusterOptions::default();
        if matches!(self.options.source, Source::Url(_)) {
            // There a template lasts no longer than the run, and making one sees whose roles are touched.
            return self.cluster(&self.template(key, prepare).await?, &options).await;
        }
        let cluster = self.cluster(&self.bare().await?, &options).await?;
        prepare(&cluster).await?;
        Ok(cluster)
    }

    /// A server of one's own in the template's state.
    ///
    /// # Errors
    /// When it does not start, with its last words; when the disk is full.
    pub async fn cluster(&self, template: &Template, options: &ClusterOptions) -> Result<Cluster> {
        let backend = self.backend().await?;
        Ok(Cluster::new(backend.start(template, options).await?, backend.version()))
    }
}
