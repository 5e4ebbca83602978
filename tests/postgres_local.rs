//! Local servers, for real: templates, copies, crashes, logs, and what is left behind.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use sor_gate::error::Result;
use sor_gate::postgres::{Cluster, ClusterOptions, ProvisionOptions, Provisioner, Source};
use sor_gate::process::{Scope, ScopeOptions};

struct Ground {
    _folder: tempfile::TempDir,
    cache: PathBuf,
    scope: Arc<Scope>,
}

fn ground() -> Ground {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let exe = Some(env!("CARGO_BIN_EXE_sor-gate").into());
    let id = uuid::Uuid::new_v4().simple().to_string();
    let scope = Scope::open(&id[..12], ScopeOptions { scratch: None, exe }).unwrap();
    Ground { _folder: folder, cache, scope }
}

impl Ground {
    fn provisioner(&self) -> Provisioner {
        let mut options = ProvisionOptions::new(self.scope.clone());
        options.source = Source::Local;
        options.cache = Some(self.cache.clone());
        Provisioner::new(options)
    }
}

fn prepare(cluster: &Cluster) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let sql = "CREATE TABLE built (at timestamptz DEFAULT now()); INSERT INTO built DEFAULT VALUES";
        Ok(cluster.admin().await?.batch_execute(sql).await?)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_built_once_and_copied() {
    let ground = ground();
    let provisioner = ground.provisioner();
    let begun = Instant::now();
    let template = provisioner.template("one", &prepare).await.unwrap();
    eprintln!("template: {:?}", begun.elapsed());
    for _ in 0..5 {
        let begun = Instant::now();
        let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
        let started = begun.elapsed();
        let admin = cluster.admin().await.unwrap();
        let rows: i64 = admin.query_one("SELECT count(*) FROM built", &[]).await.unwrap().get(0);
        let first = begun.elapsed();
        assert_eq!(rows, 1);
        let begun = Instant::now();
        cluster.stop().await.unwrap();
        eprintln!("copy and start {started:?}, first answer {first:?}, stop {:?}", begun.elapsed());
    }
    let again = Instant::now();
    assert_eq!(ground.provisioner().template("one", &prepare).await.unwrap(), template);
    assert!(again.elapsed() < Duration::from_millis(500));
}
