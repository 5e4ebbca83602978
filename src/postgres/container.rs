//! Postgres in a container: the official image or one of the same contract, through `testcontainers`.
//!
//! A template is an image committed from a prepared container that was stopped cleanly, so that a cluster costs a
//! container start and no initialisation. The data folder lies outside the volumes that images declare, since a
//! commit leaves volumes out.

mod engine;
mod launch;
mod server;
mod sweep;
mod template;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::backend::{Backend, ClusterOptions, Prepare, Server, Template};
use super::provisioner::ProvisionOptions;
use crate::error::{Error, Result};
use crate::process::{Lines, Scope};
pub(crate) use engine::Engine;
use server::ContainerServer;

/// How many of its last lines a dead container is quoted with.
const LAST_WORDS: usize = 5;
/// The major version of the official image when none is asked for.
const DEFAULT_MAJOR: u32 = 17;

/// What clusters of one run are made from.
#[derive(Debug, Clone)]
struct Source {
    engine: Engine,
    scope: Arc<Scope>,
    /// The image as the user or the default named it.
    image: String,
    /// Its id, a digest of its content.
    image_id: String,
    /// Where locks are kept.
    cache: PathBuf,
}

struct Containers {
    source: Source,
    version: u32,
}

/// Finds the engine and sweeps what killed runs left. From here on the guard and the sweep of this run ask it too.
///
/// # Errors
/// When no engine answers, or the scratch folder cannot be written to.
pub(crate) async fn container_engine(scope: &Scope) -> Result<Engine> {
    let engine = Engine::find().await?;
    let marker = scope.scratch().join(super::CONTAINERS_USED);
    std::fs::write(&marker, "")
        .map_err(|error| Error::environment(format!("cannot write: {error}")).at(marker.display()))?;
    sweep::sweep(&engine).await?;
    Ok(engine)
}

/// The labels by which the containers of a run are found again.
pub(crate) fn container_labels(scope: &Scope) -> std::collections::HashMap<String, String> {
    sweep::labels(scope.id(), scope.scratch())
}

/// Finds the engine, has the image, and makes the bare template.
pub(super) async fn open(options: &ProvisionOptions) -> Result<Arc<dyn Backend>> {
    let engine = container_engine(&options.scope).await?;
    let image = image_name(options);
    let image_id = engine.image_id(&image).await?;
    let source =
        Source { engine, scope: options.scope.clone(), image, image_id, cache: options.cache_folder()? };
    let bare = template::find_or_build(&source, "", None).await?;
    let version = template::version(&source.engine, &bare.handle).await?;
    if let Some(asked) = options.version.filter(|asked| *asked != version / 10_000) {
        return Err(Error::usage(format!(
            "the image {} holds Postgres {}, not {asked}",
            source.image,
            version / 10_000
        ))
        .fix(format!("leave out --image, or --pg-version {asked}")));
    }
    Ok(Arc::new(Containers { source, version }))
}

/// The image asked for, with a tag, since a name without one would pull every tag there is.
fn image_name(options: &ProvisionOptions) -> String {
    let major = options.version.unwrap_or(DEFAULT_MAJOR);
    let Some(image) = &options.image else { return format!("postgres:{major}") };
    let last = image.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) { image.clone() } else { format!("{image}:latest") }
}

/// What a dead container said last.
fn last_words(lines: &Lines) -> String {
    let last = lines.last(LAST_WORDS);
    if last.is_empty() {
        return "it said nothing".into();
    }
    format!("its last words: {}", last.join(" / ").replace('\u{1f}', " "))
}

#[async_trait]
impl Backend for Containers {
    fn provider(&self) -> &'static str {
        "container"
    }

    fn version(&self) -> u32 {
        self.version
    }

    async fn template(&self, key: &str, prepare: Option<Prepare<'_>>) -> Result<Template> {
        template::find_or_build(&self.source, key, prepare).await
    }

    async fn start(&self, template: &Template, options: &ClusterOptions) -> Result<Box<dyn Server>> {
        Ok(Box::new(ContainerServer::start(&self.source, &template.handle, options).await?))
    }
}

/// Removes every container labelled with the run's id. Called without a runtime, by scope, guard and sweep, after the
/// run's processes are gone and only when [`super::CONTAINERS_USED`] exists.
pub(crate) fn remove_containers(run: &str) {
    sweep::remove_of(run);
}
