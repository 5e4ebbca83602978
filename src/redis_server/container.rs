//! A server in a container, where there is no binary: the official image, a port of this machine, nothing kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use testcontainers::bollard::models::PortBinding;
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{GenericImage, ImageExt};

use super::Place;
use super::client::RedisClient;
use crate::error::{Chain, Error, Result};
use crate::postgres::{Engine, container_engine, container_labels};
use crate::process::{Scope, free_port};

const IMAGE: &str = "redis:7";
const PORT: u16 = 6379;
const READY: &str = "Ready to accept connections";
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct InContainer {
    engine: Engine,
    id: String,
    host: String,
    port: u16,
}

impl InContainer {
    /// # Errors
    /// When no engine answers, the image cannot be had, or the server does not come up.
    pub(super) async fn start(scope: &Arc<Scope>) -> Result<Self> {
        let engine = container_engine(scope).await?;
        let id = engine.image_id(IMAGE).await?;
        let (algorithm, digest) = id.split_once(':').unwrap_or(("sha256", &id));
        let on_loopback = engine.publishes_on_loopback();
        // An engine's own choice of port would change with every restart of the container.
        let port = free_port()?;
        let request = GenericImage::new(algorithm, digest)
            .with_wait_for(WaitFor::message_on_stdout(READY))
            .with_cmd(["redis-server", "--save", "", "--appendonly", "no", "--protected-mode", "no"])
            .with_labels(container_labels(scope))
            .with_startup_timeout(PATIENCE)
            .with_mapped_port(port, PORT.tcp())
            .with_host_config_modifier(move |config| {
                let address = if on_loopback { "127.0.0.1" } else { "0.0.0.0" };
                let binding =
                    PortBinding { host_ip: Some(address.into()), host_port: Some(port.to_string()) };
                config.port_bindings = Some(HashMap::from([(format!("{PORT}/tcp"), Some(vec![binding]))]));
            });
        let failed =
            |error| Error::environment(Chain(&error).to_string()).during("starting a Redis container");
        let container = request.start().await.map_err(failed)?;
        let host = match on_loopback {
            true => "127.0.0.1".into(),
            false => container.get_host().await.map_err(failed)?.to_string(),
        };
        let id = container.id().to_owned();
        // Its own drop needs a runtime and panics without; the scope's end removes it by its label.
        std::mem::forget(container);
        Ok(Self { engine, id, host, port })
    }

    pub(super) fn place(&self) -> Place {
        Place::Tcp(self.host.clone(), self.port)
    }

    pub(super) fn about(&self) -> String {
        format!("Redis (container {IMAGE})")
    }

    pub(super) async fn kill(&self) -> Result<String> {
        self.engine.stop(&self.id, "SIGKILL").await?;
        Ok("stopped by SIGKILL".into())
    }

    pub(super) async fn restart(&self) -> Result<()> {
        self.engine.start(&self.id).await?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while let Err(error) = RedisClient::connect(&self.place()).await {
            if tokio::time::Instant::now() > deadline {
                return Err(error.during("waiting for a restarted Redis container"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
