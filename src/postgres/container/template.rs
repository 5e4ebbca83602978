//! Templates as images: found by a name made from what they hold, else built and committed.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use testcontainers::bollard::models::{ContainerConfig, ImageConfig};
use testcontainers::bollard::query_parameters::{
    CommitContainerOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions,
};

use super::Source;
use super::engine::{Engine, failed};
use super::launch::Origin;
use super::server::ContainerServer;
use crate::error::{Error, Result};
use crate::postgres::backend::{ClusterOptions, Prepare, Server, Template};
use crate::postgres::cluster::Cluster;
use crate::postgres::connect::Secret;
use crate::postgres::local::settings::USUAL;

/// The repository of template images.
const REPOSITORY: &str = "sor-gate-template";
/// On every template image: `server_version_num`.
const VERSION: &str = "sor-gate.version";
/// Where the image's superuser password stands, in the environment that the official image is started with.
const PASSWORD: &str = "POSTGRES_PASSWORD=";
/// Changes when templates are made differently.
const LAYOUT: &str = "1";
/// How many template images are kept; older ones go when a new one is made.
const KEPT: usize = 8;

/// The template of this key, built when there is none, by one process of this machine at a time. Without `prepare` it
/// is the bare one.
///
/// # Errors
/// When a container does not come up, the engine refuses, the cache cannot be locked, or `prepare` fails.
pub(super) async fn find_or_build(
    source: &Source,
    key: &str,
    prepare: Option<Prepare<'_>>,
) -> Result<Template> {
    let tag = tag(&source.image_id, prepare.is_some().then_some(key));
    if let Some(handle) = source.engine.image_here(&format!("{REPOSITORY}:{tag}")).await? {
        return Ok(Template { key: key.into(), handle });
    }
    let _held = lock(source.cache.join(format!("container-{tag}.lock"))).await?;
    // Another may have built it while this one waited.
    if let Some(handle) = source.engine.image_here(&format!("{REPOSITORY}:{tag}")).await? {
        return Ok(Template { key: key.into(), handle });
    }
    let options = ClusterOptions::default();
    let (server, version) = match prepare {
        None => {
            let server = ContainerServer::launch(source, &Origin::Image(&Secret::random()), &options).await?;
            let version = settle(&server).await?;
            (server, version)
        }
        Some(_) => {
            let bare = Box::pin(find_or_build(source, "", None)).await?;
            let server = ContainerServer::start(source, &bare.handle, &options).await?;
            (server, version(&source.engine, &bare.handle).await?)
        }
    };
    let id = server.id().to_owned();
    let cluster = Cluster::new(Box::new(server), version);
    if let Some(prepare) = prepare {
        prepare(&cluster).await?;
    }
    // A clean stop, so that a cluster starts without recovery.
    source.engine.stop(&id, "SIGINT").await?;
    let handle = commit(&source.engine, &id, &tag, version).await?;
    cluster.stop().await?;
    prune(&source.engine).await?;
    Ok(Template { key: key.into(), handle })
}

/// Waits for the lock; it is free again when the file is closed, however the process ends.
async fn lock(path: PathBuf) -> Result<File> {
    let place = path.display().to_string();
    let locking =
        tokio::task::spawn_blocking(move || File::create(path).and_then(|file| file.lock().map(|()| file)));
    let locked = locking.await.map_err(std::io::Error::other).and_then(|locked| locked);
    locked.map_err(|error| {
        Error::environment(format!("cannot lock the cache: {error}"))
            .at(place)
            .fix("set SOR_GATE_CACHE to a folder that can be written to")
    })
}

/// Gives the bare template the settings of every scratch server, and asks for its version.
async fn settle(server: &ContainerServer) -> Result<u32> {
    let client = server.superuser().connect("sor-gate").await?;
    // Sockets and files are the image's own affair.
    for (name, value) in USUAL.iter().filter(|(name, _)| !name.starts_with("unix_socket")) {
        client.batch_execute(&format!("ALTER SYSTEM SET {name} = '{value}'")).await?;
    }
    let row = client.query_one("SELECT current_setting('server_version_num')::int", &[]).await?;
    Ok(row.get::<_, i32>(0).unsigned_abs())
}

/// The name of what a template holds: the image, the way templates are made, and the key; `None` is the bare one.
fn tag(image_id: &str, key: Option<&str>) -> String {
    let key = key.map_or("bare".to_owned(), |key| format!("key {key}"));
    let digest = Sha256::digest(format!("{LAYOUT}\n{image_id}\n{key}"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

async fn commit(engine: &Engine, container: &str, tag: &str, version: u32) -> Result<String> {
    let options = CommitContainerOptionsBuilder::new().container(container).repo(REPOSITORY).tag(tag).build();
    let labels = HashMap::from([(VERSION.to_owned(), version.to_string())]);
    let config = ContainerConfig { labels: Some(labels), ..ContainerConfig::default() };
    let committed = engine.docker().commit_container(options, config).await;
    Ok(committed.map_err(|error| failed("keeping a template", &error))?.id)
}

/// `server_version_num` of a template.
///
/// # Errors
/// When the image is gone or was not made here.
pub(super) async fn version(engine: &Engine, image: &str) -> Result<u32> {
    let config = config(engine, image).await?;
    let label = config.labels.and_then(|labels| labels.get(VERSION)?.parse().ok());
    label.ok_or_else(|| Error::environment("not a template image of this program").at(image))
}

/// The superuser's password in a template. Whoever can read it from the image can reach every container anyway.
///
/// # Errors
/// When the image is gone or was not made here.
pub(super) async fn password(engine: &Engine, image: &str) -> Result<Secret> {
    let env = config(engine, image).await?.env.unwrap_or_default();
    let password = env.iter().find_map(|entry| entry.strip_prefix(PASSWORD)).map(Secret::new);
    password.ok_or_else(|| Error::environment("not a template image of this program").at(image))
}

async fn config(engine: &Engine, image: &str) -> Result<ImageConfig> {
    let inspected = engine.docker().inspect_image(image).await;
    Ok(inspected.map_err(|error| failed("reading a template", &error).at(image))?.config.unwrap_or_default())
}

/// Removes the oldest template images beyond those that are kept; those in use stay.
async fn prune(engine: &Engine) -> Result<()> {
    let filters = HashMap::from([("label", vec![VERSION])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let listed = engine.docker().list_images(Some(options)).await;
    let mut images = listed.map_err(|error| failed("listing templates", &error))?;
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    for image in images.iter().skip(KEPT) {
        // Refused while a container of another run uses it; the next prune sees it again.
        let _ = engine.docker().remove_image(&image.id, None::<RemoveImageOptions>, None).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_depends_on_all_that_a_template_holds() {
        assert_eq!(tag("sha256:a", Some("k")), tag("sha256:a", Some("k")));
        assert_ne!(tag("sha256:a", Some("k")), tag("sha256:b", Some("k")));
        assert_ne!(tag("sha256:a", Some("k")), tag("sha256:a", Some("l")));
        assert_ne!(tag("sha256:a", Some("bare")), tag("sha256:a", None));
    }
}
