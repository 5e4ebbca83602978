//! Where Postgres comes from: local binaries, a container, or an existing server, behind one face.

mod backend;
mod cluster;
mod connect;
mod container;
mod copied;
mod existing;
mod local;
mod log;
mod provisioner;

pub use backend::{Backend, ClusterOptions, Identity, Prepare, Server, Template};
pub use cluster::Cluster;
pub use connect::{ConnectInfo, Host, Secret};
pub use copied::copied;
pub use log::{LogLine, ServerLog};
pub use provisioner::{ProvisionOptions, Provisioner, Source, cache_folder};

pub(crate) use container::{Engine, container_engine, container_labels, remove_containers};

/// The file in a run's scratch folder that says that the run has started containers. To be made before the first one,
/// so that the guard and the sweep know whether to ask a container engine at all.
pub(crate) const CONTAINERS_USED: &str = "containers";
