//! The Docker engine: finding it, having an image, killing, restarting and removing containers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::models::ContainerSummary;
use testcontainers::bollard::query_parameters::{
    CreateImageOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StartContainerOptions, WaitContainerOptions,
};

use crate::error::{Chain, Error, Result};

/// How long the engine may take to answer its first question.
const PATIENCE: Duration = Duration::from_secs(10);

/// A Docker engine that has answered.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    docker: Docker,
    address: String,
}

impl Engine {
    /// Finds the engine where `testcontainers` finds it and asks whether it is there.
    ///
    /// # Errors
    /// When no engine answers.
    pub(crate) async fn find() -> Result<Self> {
        let address = address();
        let silent = |why: String| {
            Error::environment(format!("no Docker engine answers: {why}"))
                .at(&address)
                .fix("start Docker, set DOCKER_HOST, or use `--postgres local`")
        };
        let docker =
            Docker::connect_with_host(&address).map_err(|error| silent(Chain(&error).to_string()))?;
        match tokio::time::timeout(PATIENCE, docker.ping()).await {
            Ok(Ok(_)) => Ok(Self { docker, address }),
            Ok(Err(error)) => Err(silent(Chain(&error).to_string())),
            Err(_) => Err(silent(format!("nothing came within {} s", PATIENCE.as_secs()))),
        }
    }

    /// The engine's client.
    pub(super) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Whether published ports appear on this machine's loopback: an engine reached by socket from outside a container.
    pub(crate) fn publishes_on_loopback(&self) -> bool {
        self.address.starts_with("unix:") && !std::path::Path::new("/.dockerenv").exists()
    }

    /// The image's id, after pulling the image when it is not here.
    ///
    /// # Errors
    /// When the image is neither here nor to be pulled.
    pub(crate) async fn image_id(&self, image: &str) -> Result<String> {
        if let Some(id) = self.image_here(image).await? {
            return Ok(id);
        }
        let options = CreateImageOptionsBuilder::new().from_image(image).build();
        let pulled = self.docker.create_image(Some(options), None, None).try_collect::<Vec<_>>().await;
        let why = match pulled {
            Ok(_) => match self.image_here(image).await? {
                Some(id) => return Ok(id),
                None => "the pull brought nothing".to_owned(),
            },
            Err(error) => Chain(&error).to_string(),
        };
        Err(Error::environment(format!("the image {image} is not here and cannot be pulled: {why}"))
            .at(&self.address)
            .fix("name an image that is here with `--image NAME:TAG`, or use `--postgres local`"))
    }

    /// The image's id when the engine has it.
    pub(super) async fn image_here(&self, image: &str) -> Result<Option<String>> {
        match self.docker.inspect_image(image).await {
            Ok(found) => Ok(found.id),
            Err(DockerError::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
            Err(error) => Err(failed("looking for an image", &error).at(image)),
        }
    }

    /// Sends the container's first process a signal and waits until the container has stopped.
    ///
    /// # Errors
    /// When the engine refuses.
    pub(crate) async fn stop(&self, id: &str, signal: &str) -> Result<()> {
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        self.docker
            .kill_container(id, Some(options))
            .await
            .map_err(|error| failed("sending a signal to a container", &error).at(id))?;
        let mut ended = self.docker.wait_container(id, None::<WaitContainerOptions>);
        match ended.next().await {
            // A container's exit code other than 0 is what this client calls an error.
            None | Some(Ok(_) | Err(DockerError::DockerContainerWaitError { .. })) => Ok(()),
            Some(Err(error)) => Err(failed("waiting for a container to stop", &error).at(id)),
        }
    }

    /// Starts a stopped container.
    ///
    /// # Errors
    /// When the engine refuses.
    pub(crate) async fn start(&self, id: &str) -> Result<()> {
        let started = self.docker.start_container(id, None::<StartContainerOptions>).await;
        started.map_err(|error| failed("starting a container", &error).at(id))
    }

    /// Removes a container with its volumes, running or not. One that is gone already is no error.
    ///
    /// # Errors
    /// When the engine refuses.
    pub(crate) async fn remove(&self, id: &str) -> Result<()> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match self.docker.remove_container(id, Some(options)).await {
            // 409: another removal of it is in progress.
            Ok(()) | Err(DockerError::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(()),
            Err(error) => Err(failed("removing a container", &error).at(id)),
        }
    }

    /// Every container, running or not, that carries the label (`key` or `key=value`).
    ///
    /// # Errors
    /// When the engine refuses.
    pub(super) async fn labelled(&self, label: &str) -> Result<Vec<ContainerSummary>> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let listed = self.docker.list_containers(Some(options)).await;
        listed.map_err(|error| failed("listing containers", &error))
    }
}

/// An error of the engine in a step of ours.
pub(super) fn failed(deed: &str, error: &(dyn std::error::Error + 'static)) -> Error {
    Error::environment(Chain(error).to_string()).during(deed)
}

/// Where `testcontainers` looks: DOCKER_HOST, the system's socket, then those of rootless and desktop engines.
fn address() -> String {
    if let Some(host) = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
        return host;
    }
    let below =
        |name: &str, rest: &str| std::env::var_os(name).map(|folder| PathBuf::from(folder).join(rest));
    let sockets = [
        Some(PathBuf::from("/var/run/docker.sock")),
        below("XDG_RUNTIME_DIR", ".docker/run/docker.sock"),
        below("HOME", ".docker/run/docker.sock"),
        below("HOME", ".docker/desktop/docker.sock"),
    ];
    let found = sockets.into_iter().flatten().find(|path| path.exists());
    format!("unix://{}", found.unwrap_or_else(|| "/var/run/docker.sock".into()).display())
}
