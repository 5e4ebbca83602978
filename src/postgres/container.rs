//! Postgres in a container.

use std::sync::Arc;

use super::backend::Backend;
use super::provisioner::ProvisionOptions;
use crate::error::{Error, Result};

/// Looks for a container engine.
pub(super) async fn open(_: &ProvisionOptions) -> Result<Arc<dyn Backend>> {
    Err(Error::environment("containers are not supported yet"))
}

/// Removes every container labelled with the run's id. Called without a runtime, by scope, guard and sweep, after the
/// run's processes are gone and only when [`super::CONTAINERS_USED`] exists.
pub(crate) fn remove_containers(_run: &str) {}
