//! What `run` and `drill` need before they start: the subject, a scope for processes, Postgres, a plan.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::args::Common;
use super::{Builtin, Product, secrets};
use crate::drill::Drill;
use crate::error::{Error, Result};
use crate::events::Listener;
use crate::postgres::{ProvisionOptions, Provisioner, Source, cache_folder};
use crate::process::{Scope, ScopeOptions};
use crate::release::ReleasePolicy;
use crate::report::run_id::RunId;
use crate::runner::{Assigned, Plan, Prove, Runner};
use crate::subject::{self, Subject};

/// Everything that a run stands on.
pub struct Ground {
    /// The run's id.
    pub run_id: RunId,
    /// The subjects, each with its drills.
    pub systems: Vec<Assigned>,
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
    /// Reads the subjects that the drills are put to, opens the scope and finds Postgres.
    ///
    /// # Errors
    /// Usage for the subject files and the options, environment for Postgres and the disk.
    pub async fn lay(
        product: &Product,
        common: &Common,
        prove: Prove,
        drills: &[&dyn Drill],
    ) -> Result<Self> {
        Self::build(common, prove, || assigned(&product.builtin, common, drills)).await
    }

    /// The same on a subject of one's own.
    ///
    /// # Errors
    /// As [`Ground::lay`].
    pub async fn lay_on(common: &Common, subject: Subject) -> Result<Self> {
        Self::build(common, Prove::None, || Ok(vec![Assigned { subject, drills: Vec::new() }])).await
    }

    async fn build(
        common: &Common,
        prove: Prove,
        read: impl FnOnce() -> Result<Vec<Assigned>>,
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
        let systems = read()?;
        systems.iter().for_each(|system| secrets::learn_subject(&system.subject));
        let provisioner = Arc::new(Provisioner::new(options));
        let backend = provisioner.backend().await?;
        let provider = format!("Postgres {} ({})", backend.version() / 10_000, backend.provider());
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        // Enough to fill the time in which drills wait; more would take the processors' caches from one another.
        let jobs = common.jobs.map_or((3 * processors).div_ceil(2), usize::from);
        let plan = Plan {
            prove,
            // Roles are server-wide: on one server drills cannot run side by side.
            jobs: provisioner.jobs().await?.unwrap_or(jobs),
            seed: common.seed.unwrap_or_else(rand::random),
            workers: common.workers.into(),
            rows: common.rows.map_or(4 * usize::from(common.workers), |rows| rows as usize),
            keep: false,
            timeout: Duration::from_secs(common.timeout),
            whole_history: false,
        };
        Ok(Self { run_id, systems, scope, provisioner, provider, plan })
    }

    /// The names of the subjects, as a headline has them.
    pub fn title(&self) -> String {
        self.systems.iter().map(|system| system.subject.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The subject that a drill is put to.
    pub fn subject_of(&self, drill: &str) -> &Subject {
        let own = self.systems.iter().find(|system| system.drills.contains(&drill));
        &own.unwrap_or(&self.systems[0]).subject
    }

    /// What the subject files allow to be missing.
    pub fn policy(&self) -> ReleasePolicy {
        let all = self.systems.iter().flat_map(|system| system.subject.policy.release().waivers);
        ReleasePolicy { waivers: all.collect(), ..ReleasePolicy::default() }
    }

    /// A runner on this ground.
    pub fn runner<'a>(&self, listener: &'a dyn Listener) -> Runner<'a> {
        Runner::new(
            &self.systems,
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

/// The subject file that is meant: the one named, else the nearest; none where the built-in references are meant.
fn named(common: &Common) -> Result<Option<PathBuf>> {
    let named = match &common.subject {
        Some(file) => Some(file.clone()),
        None => {
            let here = std::env::current_dir()
                .map_err(|error| Error::environment(format!("cannot tell the current folder: {error}")))?;
            subject::find(&here)
        }
    };
    named.iter().for_each(|file| secrets::learn_file(file));
    Ok(named)
}

/// The one subject file that is meant, where no drill says which of the built-in references'.
///
/// # Errors
/// When the built-in references cannot be laid out.
pub fn subject_file(builtin: &Builtin, common: &Common) -> Result<PathBuf> {
    match named(common)? {
        Some(file) => Ok(file),
        None => Ok(lay_out(builtin, &cache_folder(None)?)?.join(builtin.subject)),
    }
}

/// The subject files that are meant, each with its drills: the one named or the nearest, else the built-in references'.
///
/// # Errors
/// As [`subject_file`].
pub fn subject_files(
    builtin: &Builtin,
    common: &Common,
    drills: &[&dyn Drill],
) -> Result<Vec<(PathBuf, Vec<&'static str>)>> {
    let ids = || drills.iter().map(|drill| drill.spec().id);
    if let Some(file) = named(common)? {
        return Ok(vec![(file, ids().collect())]);
    }
    let root = lay_out(builtin, &cache_folder(None)?)?;
    let mut files: Vec<(PathBuf, Vec<&'static str>)> = Vec::new();
    for id in ids() {
        let file = root.join(builtin.subject_of(id));
        match files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, own)) => own.push(id),
            None => files.push((file, vec![id])),
        }
    }
    Ok(files)
}

fn assigned(builtin: &Builtin, common: &Common, drills: &[&dyn Drill]) -> Result<Vec<Assigned>> {
    let files = subject_files(builtin, common, drills)?;
    files.into_iter().map(|(file, drills)| Ok(Assigned { subject: subject::load(&file)?, drills })).collect()
}

/// Writes the built-in references into the cache, under the digest of its files, once.
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
    Ok(root)
}

fn sql_and_toml<'d>(folder: &'d include_dir::Dir<'d>) -> Vec<&'d include_dir::File<'d>> {
    let wanted = |file: &&include_dir::File<'_>| {
        file.path().extension().is_some_and(|kind| kind == "sql" || kind == "toml")
    };
    let below = folder.dirs().flat_map(sql_and_toml);
    folder.files().filter(wanted).chain(below).collect()
}
