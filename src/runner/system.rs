//! A subject on its way to the drills: what its tools tell of it, and the template that they start from.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{Plan, schema, told};
use crate::drill::{BoxFuture, Drill};
use crate::error::{Error, ErrorKind, Result};
use crate::postgres::{Cluster, ClusterOptions, Provisioner, Template, copied};
use crate::process::Scope;
use crate::subject::Subject;

/// A subject, with what is made of it once a run.
pub(super) struct System {
    written: Subject,
    provisioner: Arc<Provisioner>,
    scope: Arc<Scope>,
    known: OnceCell<Subject>,
    template: OnceCell<Template>,
}

impl System {
    pub(super) fn new(written: Subject, provisioner: Arc<Provisioner>, scope: Arc<Scope>) -> Self {
        Self { written, provisioner, scope, known: OnceCell::new(), template: OnceCell::new() }
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
            .map_err(|error| match error.kind {
                ErrorKind::Harness => Error::usage(error.what).at(error.place.unwrap_or_default()),
                _ => error,
            })
    }

    /// The template that a drill starts from: the subject's schema, with what the drill keeps in stock.
    pub(super) async fn template_of(&self, drill: &dyn Drill, plan: &Plan) -> Result<Template> {
        let Some(stock) = drill.stock(self.subject().await?) else {
            return self.template(plan).await.cloned();
        };
        let schema = Arc::new(self.schema(schema::Until::Proposal).await?.stocked(stock));
        let key = schema.key().to_owned();
        self.provisioner.template(&key, &prepare(schema)).await
    }

    async fn schema(&self, until: schema::Until) -> Result<schema::Schema> {
        let subject = self.subject().await?;
        Ok(schema::Schema::read(subject, until)?.with_tool(Arc::clone(&self.scope), subject))
    }
}

/// Ties the closure to the one signature that the provisioner takes.
fn prepare(schema: Arc<schema::Schema>) -> impl for<'c> Fn(&'c Cluster) -> BoxFuture<'c, Result<()>> + Sync {
    move |cluster| {
        let schema = Arc::clone(&schema);
        Box::pin(async move { schema.apply(cluster).await })
    }
}
