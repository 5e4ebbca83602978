//! An existing server by URL, of which only databases and roles made by the run are touched.

use std::sync::Arc;

use super::backend::Backend;
use super::provisioner::ProvisionOptions;
use crate::error::{Error, Result};

/// Connects to the server and looks at what may be done there.
pub(super) async fn open(_: &ProvisionOptions, _url: &str) -> Result<Arc<dyn Backend>> {
    Err(Error::environment("existing servers are not supported yet"))
}
