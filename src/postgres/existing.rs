//! An existing server by URL, of which only databases and roles made by the run are touched.
//!
//! The run works under a role of its own, `sor_gate_<run>`, which owns its databases `sor_gate_<run>_<n>` and whose
//! comment lists the roles that were there before. While the run lives, its connection holds an advisory lock; what is
//! found without its lock belongs to a run that was killed, and is removed by the next one. The database named in the
//! URL is only connected to. Roles are server-wide, so such runs do one job at a time.

mod access;
mod database;
mod owned;
mod roles;
mod server;
mod sweep;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::backend::{Backend, ClusterOptions, Prepare, Server, Template};
use super::cluster::Cluster;
use super::provisioner::ProvisionOptions;
use crate::error::{Error, Result};
use access::Access;
use owned::Owned;
use roles::RoleState;
use server::ExistingServer;

/// The pristine database that every server has.
const BARE: &str = "template0";

struct Existing {
    owned: Arc<Owned>,
    /// By key: the database and the roles as the preparation left them.
    templates: Mutex<HashMap<String, (Template, RoleState)>>,
}

/// Connects to the server, looks at what may be done there, sweeps, and makes the run's role.
pub(super) async fn open(options: &ProvisionOptions, url: &str) -> Result<Arc<dyn Backend>> {
    let access = Access::check(url, options.version).await?;
    let owned = Owned::make(access, options.scope.id()).await?;
    Ok(Arc::new(Existing { owned: Arc::new(owned), templates: Mutex::default() }))
}

#[async_trait]
impl Backend for Existing {
    fn provider(&self) -> &'static str {
        "url"
    }

    fn version(&self) -> u32 {
        self.owned.access.version
    }

    fn jobs(&self) -> Option<usize> {
        Some(1)
    }

    async fn template(&self, key: &str, prepare: Option<Prepare<'_>>) -> Result<Template> {
        let Some(prepare) = prepare else { return Ok(Template { key: key.into(), handle: BARE.into() }) };
        let mut templates = self.templates.lock().await;
        if let Some((template, _)) = templates.get(key) {
            return Ok(template.clone());
        }
        let database = self.owned.create_database(BARE).await?;
        // The database stays when the cluster is dropped, until the run's end.
        let server = ExistingServer::lasting(self.owned.clone(), database.clone());
        let cluster = Cluster::new(Box::new(server), self.version());
        prepare(&cluster).await.map_err(|error| explained(error, &self.owned.access))?;
        drop(cluster);
        let maker = self.owned.maker.lock().await;
        roles::refuse_strangers(&maker, &self.owned, &database).await?;
        let state = RoleState::read(&maker, &self.owned).await?;
        let template = Template { key: key.into(), handle: database };
        templates.insert(key.into(), (template.clone(), state));
        Ok(template)
    }

    async fn start(&self, template: &Template, options: &ClusterOptions) -> Result<Box<dyn Server>> {
        if options.tcp && !self.owned.access.is_tcp() {
            return Err(Error::usage("the server is named by its socket, and a program here needs TCP")
                .fix("name a host and a port in the URL"));
        }
        let templates = self.templates.lock().await;
        let database = self.owned.create_database(&template.handle).await?;
        let server = ExistingServer::passing(self.owned.clone(), database.clone());
        let maker = self.owned.maker.lock().await;
        if template.handle != BARE {
            database::copy_attributes(&maker, &template.handle, &database).await?;
        }
        if let Some((_, state)) = templates.get(&template.key).filter(|_| template.handle != BARE) {
            state.restore(&maker, &self.owned).await?;
        }
        database::set(&maker, &database, &options.settings).await?;
        Ok(Box::new(server))
    }
}

/// What the server's refusals mean on somebody else's server.
fn explained(error: Error, access: &Access) -> Error {
    let local = "use `--postgres local` or `container`";
    if error.what.contains("answered 42710") && error.what.contains("role") {
        let what = format!(
            "{}; roles belong to the whole server, and only those made by the run are touched",
            error.what
        );
        return Error::environment(what)
            .at(access.redacted())
            .fix(format!("use a server without that role, or {local}"));
    }
    if error.what.contains("answered 42501") && !access.is_superuser {
        let what = format!("the set-up needs more than role `{}` may do: {}", access.user(), error.what);
        return Error::environment(what)
            .at(access.redacted())
            .fix(format!("give a superuser's URL, or {local}"));
    }
    error
}
