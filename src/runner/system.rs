//! A subject on its way to the drills: what its tools tell of it, and the template that they start from.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::OnceCell;

use super::{Plan, schema, told};
use crate::catalog::Snapshot;
use crate::drill::{BoxFuture, Break, Drill};
use crate::error::{Error, ErrorKind, Result};
use crate::postgres::{Cluster, ClusterOptions, Identity, Provisioner, Template, copied};
use crate::process::Scope;
use crate::subject::Subject;

/// A subject, with what is made of it once a run.
pub(super) struct System {
    written: Subject,
    provisioner: Arc<Provisioner>,
    scope: Arc<Scope>,
    known: OnceCell<Subject>,
    template: OnceCell<Template>,
    asked: AtomicBool,
    seen: OnceCell<Seen>,
}

/// What a server tells before a drill: which it is, its settings, and what its catalog holds.
pub(super) type Seen = (Identity, BTreeMap<String, String>, Snapshot);

impl System {
    pub(super) fn new(written: Subject, provisioner: Arc<Provisioner>, scope: Arc<Scope>) -> Self {
        let (known, template, seen) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { written, provisioner, scope, known, template, asked: AtomicBool::new(false), seen }
    }

    /// The subject as its file describes it.
    pub(super) fn written(&self) -> &Subject {
        &self.written
    }

    /// How many migrations its history has, as far as that is known by now.
    pub(super) fn migrations(&self) -> usize {
        let history = self.known.get().and_then(|subject| subject.migrations().ok());
        history.map_or(1, |set| set.migrations.len())
    }

    /// The subject, with the history that its migration tool's commands tell.
    pub(super) async fn subject(&self) -> Result<&Subject> {
        self.known
            .get_or_try_init(|| async {
                let mut subject = self.written.clone();
                if subject.database.commands.is_some() {
                    let bare = self.provisioner.bare().await?;
                    let cluster = self.provisioner.cluster(&bare, &ClusterOptions::default()).await?;
                    subject.told = told::ask(&subject, &self.scope, &cluster).await?;
                    cluster.stop().await?;
                }
                if let Some(url) = &subject.database.copy {
                    subject.copied = Some(Arc::new(copied(&self.scope, url).await?));
                }
                Ok(subject)
            })
            .await
    }

    /// The template with the subject's schema.
    pub(super) async fn template(&self, plan: &Plan) -> Result<&Template> {
        self.template
            .get_or_try_init(|| async {
                let until = if plan.whole_history { schema::Until::Start } else { schema::Until::Proposal };
                let schema = Arc::new(self.schema(until).await?);
                let key = schema.key().to_owned();
                self.provisioner.template(&key, &prepare(schema)).await
            })
            .await
            .map_err(of_the_subject)
    }

    /// A server that lets the subject's login roles in.
    pub(super) async fn admitted(&self, cluster: Cluster) -> Result<Cluster> {
        for role in self.written.login_roles() {
            cluster.admit(role).await?;
        }
        Ok(cluster)
    }

    /// A server with the subject's schema, of which no template is kept.
    pub(super) async fn passing(&self) -> Result<Cluster> {
        let schema = Arc::new(self.schema(schema::Until::Proposal).await?);
        let key = schema.key().to_owned();
        self.provisioner.passing(&key, &prepare(schema)).await.map_err(of_the_subject)
    }

    /// The template that a drill starts from: the subject's schema, with what the drill keeps in stock.
    pub(super) async fn template_of(
        &self,
        drill: &dyn Drill,
        sabotage: Option<&Break>,
        plan: &Plan,
    ) -> Result<Template> {
        let Some(stock) = drill.stock(self.subject().await?, sabotage) else {
            return self.template(plan).await.cloned();
        };
        let schema = Arc::new(self.schema(schema::Until::Proposal).await?.stocked(stock));
        let key = schema.key().to_owned();
        self.provisioner.template(&key, &prepare(schema)).await
    }

    /// Asks the first server that comes along, before a drill's deed; what fails is asked again by [`System::seen`].
    pub(super) async fn look(&self, cluster: &Cluster) {
        if !self.asked.swap(true, Ordering::Relaxed)
            && let Ok(seen) = ask(cluster).await
        {
            let _ = self.seen.set(seen);
        }
    }

    /// What was asked, if need be on a server of its own.
    pub(super) async fn seen(&self, plan: &Plan) -> Result<&Seen> {
        self.seen
            .get_or_try_init(|| async {
                let template = self.template(plan).await?;
                let cluster = self.provisioner.cluster(template, &ClusterOptions::default()).await?;
                let seen = ask(&cluster).await?;
                cluster.stop().await?;
                Ok(seen)
            })
            .await
    }

    async fn schema(&self, until: schema::Until) -> Result<schema::Schema> {
        let subject = self.subject().await?;
        Ok(schema::Schema::read(subject, until)?.with_tool(Arc::clone(&self.scope), subject))
    }
}

/// What the set-up fails with is the subject's own.
fn of_the_subject(error: Error) -> Error {
    match error.kind {
        ErrorKind::Harness => Error::usage(error.what).at(error.place.unwrap_or_default()),
        _ => error,
    }
}

async fn ask(cluster: &Cluster) -> Result<Seen> {
    let catalog = Snapshot::take(&cluster.admin().await?).await?;
    Ok((cluster.identity().await?, cluster.settings().await?, catalog))
}

/// Ties the closure to the one signature that the provisioner takes.
fn prepare(schema: Arc<schema::Schema>) -> impl for<'c> Fn(&'c Cluster) -> BoxFuture<'c, Result<()>> + Sync {
    move |cluster| {
        let schema = Arc::clone(&schema);
        Box::pin(async move { schema.apply(cluster).await })
    }
}
