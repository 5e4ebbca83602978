//! What `run` and `drill` need before they start: the subject, a scope for processes, Postgres, a plan.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::args::Common;
use super::{Builtin, Product};
use crate::error::{Error, Result};
use crate::events::Listener;
use crate::postgres::{ProvisionOptions, Provisioner, Source};
use crate::process::{Scope, ScopeOptions};
use crate::report::run_id::RunId;
use crate::runner::{Plan, Prove, Runner};
use crate::subject::{self, Subject};

/// Everything that a run stands on.
pub struct Ground {
    /// The run's id.
    pub run_id: RunId,
    /// The subject.
    pub subject: Subject,
    /// Ends every process of the run when dropped.
    pub scope: Arc<Scope>,
    /// Where servers come from.
    pub provisioner: Arc<Provisioner>,
    /// The same in words.
    pub provider: String,
    /// What to run and how.
    pub plan: Plan,
}

impl Ground {
    /// Reads the subject, opens the scope and finds Postgres.
    ///
    /// # Errors
    /// Usage for the subject file and the options, environment for Postgres and the disk.
    pub async fn lay(product: &Product, common: &Common, prove: Prove) -> Result<Self> {
        Self::build(product, common, prove, None).await
    }

    /// The same on a subject of one's own.
    ///
    /// # Errors
    /// As [`Ground::lay`].
    pub async fn lay_on(product: &Product, common: &Common, subject: Subject) -> Result<Self> {
        Self::build(product, common, Prove::None, Some(subject)).await
    }

    async fn build(
        product: &Product,
        common: &Common,
        prove: Prove,
        subject: Option<Subject>,
    ) -> Result<Self> {
        let run_id = RunId::new(jiff::Timestamp::now());
        let scope = Scope::open(run_id.as_str(), ScopeOptions::default())?;
        let source = Source::from(common.postgres.as_str());
        let options = ProvisionOptions {
            source,
            version: common.pg_version,
            image: common.image.clone(),
            cache: None,
            scope: Arc::clone(&scope),
        };
        let subject = match subject {
            Some(subject) => subject,
            None => subject::load(&subject_file(&product.builtin, common, || options.cache_folder())?)?,
        };
        let provisioner = Arc::new(Provisioner::new(options));
        let backend = provisioner.backend().await?;
        let provider = format!("Postgres {} ({})", backend.version() / 10_000, backend.provider());
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        // A drill waits for servers and programs more than it computes.
        let jobs = common.jobs.map_or(3 * processors, usize::from);
        let plan = Plan {
            prove,
            // Roles are server-wide: on one server drills cannot run side by side.
            jobs: provisioner.jobs().await?.unwrap_or(jobs),
            seed: common.seed.unwrap_or_else(rand::random),
            workers: common.workers.into(),
            keep: false,
            timeout: Duration::from_secs(common.timeout),
            whole_history: false,
        };
        Ok(Self { run_id, subject, scope, provisioner, provider, plan })
    }

    /// A runner on this ground.
    pub fn runner<'a>(&self, listener: &'a dyn Listener) -> Runner<'a> {
        Runner::new(
            self.subject.clone(),
            Arc::clone(&self.provisioner),
            Arc::clone(&self.scope),
            self.plan,
            listener,
        )
    }
}

/// Ends when the user interrupts or the system asks to stop.
///
/// # Errors
/// When no signal handler can be set.
pub fn interrupted() -> Result<impl Future<Output = ()>> {
    let cannot = |error| Error::environment(format!("cannot listen for signals: {error}"));
    let mut int = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut term = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut hup = signal(SignalKind::hangup()).map_err(cannot)?;
    Ok(async move {
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
            _ = hup.recv() => {}
        }
    })
}

/// The subject file that is meant: the one named, else the nearest, else the built-in reference's.
///
/// # Errors
/// When the built-in reference cannot be laid out.
pub fn subject_file(
    builtin: &Builtin,
    common: &Common,
    cache: impl FnOnce() -> Result<PathBuf>,
) -> Result<PathBuf> {
    if let Some(file) = &common.subject {
        return Ok(file.clone());
    }
    let here = std::env::current_dir()
        .map_err(|error| Error::environment(format!("cannot tell the current folder: {error}")))?;
    match subject::find(&here) {
        Some(file) => Ok(file),
        None => lay_out(builtin, &cache()?),
    }
}

/// Writes the built-in reference into the cache, under the digest of its files, once.
fn lay_out(builtin: &Builtin, cache: &Path) -> Result<PathBuf> {
    let mut all = Vec::new();
    for (place, folder) in builtin.folders {
        for file in sql_and_toml(folder) {
            all.push((PathBuf::from(place).join(file.path()), file.contents()));
        }
    }
    let mut bytes = Vec::new();
    for (path, contents) in &all {
        bytes.extend_from_slice(path.as_os_str().as_encoded_bytes());
        bytes.push(0);
        bytes.extend_from_slice(contents);
        bytes.push(0);
    }
    let digest = subject::digest(&bytes);
    let root = cache.join("reference").join(&digest["sha256:".len()..][..16]);
    if !root.join(builtin.subject).is_file() {
        let cannot = |error: std::io::Error| {
            Error::environment(format!("cannot lay out the built-in reference: {error}")).at(root.display())
        };
        let parent = root.parent().unwrap_or(&root);
        std::fs::create_dir_all(parent).map_err(cannot)?;
        let fresh = tempfile::tempdir_in(parent).map_err(cannot)?;
        for (path, contents) in &all {
            let file = fresh.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap_or(&file)).map_err(cannot)?;
            std::fs::write(&file, contents).map_err(cannot)?;
        }
        // Another run may have been quicker; its copy is the same.
        if let Err(error) = std::fs::rename(fresh.path(), &root)
            && !root.join(builtin.subject).is_file()
        {
            return Err(cannot(error));
        }
    }
    Ok(root.join(builtin.subject))
}

fn sql_and_toml<'d>(folder: &'d include_dir::Dir<'d>) -> Vec<&'d include_dir::File<'d>> {
    let wanted = |file: &&include_dir::File<'_>| {
        file.path().extension().is_some_and(|kind| kind == "sql" || kind == "toml")
    };
    let below = folder.dirs().flat_map(sql_and_toml);
    folder.files().filter(wanted).chain(below).collect()
}
