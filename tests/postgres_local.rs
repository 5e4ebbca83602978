//! Local servers, for real: templates, copies, crashes, logs, and the errors of bad surroundings.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sor_gate::error::{Error, ErrorKind, Result};
use sor_gate::postgres::{Cluster, ClusterOptions, Host, ProvisionOptions, Provisioner, Source};
use sor_gate::process::{Scope, ScopeOptions};

const SOON: Duration = Duration::from_secs(20);

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
    fn options(&self) -> ProvisionOptions {
        let mut options = ProvisionOptions::new(self.scope.clone());
        options.source = Source::Local;
        options.cache = Some(self.cache.clone());
        options
    }

    fn provisioner(&self) -> Provisioner {
        Provisioner::new(self.options())
    }

    async fn cluster(&self, options: &ClusterOptions) -> Cluster {
        let provisioner = self.provisioner();
        provisioner.cluster(&provisioner.bare().await.unwrap(), options).await.unwrap()
    }
}

fn prepare(cluster: &Cluster) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let sql = "CREATE TABLE built (at timestamptz DEFAULT now()); INSERT INTO built DEFAULT VALUES";
        Ok(cluster.admin().await?.batch_execute(sql).await?)
    })
}

async fn count(cluster: &Cluster, table: &str) -> i64 {
    let admin = cluster.admin().await.unwrap();
    admin.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_built_once_and_copies_are_apart() {
    let ground = ground();
    let provisioner = ground.provisioner();
    let template = provisioner.template("one", &prepare).await.unwrap();
    for _ in 0..3 {
        let begun = Instant::now();
        let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
        let (started, rows) = (begun.elapsed(), count(&cluster, "built").await);
        assert_eq!(rows, 1);
        cluster.admin().await.unwrap().batch_execute("INSERT INTO built DEFAULT VALUES").await.unwrap();
        let (first, begun) = (begun.elapsed(), Instant::now());
        cluster.stop().await.unwrap();
        println!("copy and start {started:?}, first answers {first:?}, stop {:?}", begun.elapsed());
    }
    let again = ground.provisioner();
    let never: &(dyn for<'a> Fn(&'a Cluster) -> BoxFuture<'a, Result<()>> + Sync) =
        &|_| Box::pin(async { Err(Error::harness("built twice")) });
    assert_eq!(again.template("one", never).await.unwrap(), template);
    assert_eq!(again.template("two", never).await.unwrap_err().what, "built twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_can_be_created_from_templates_that_nobody_can_change() {
    let ground = ground();
    let provisioner = ground.provisioner();
    let template = provisioner.template("one", &prepare).await.unwrap();
    let one = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
    let other = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
    let superuser = one.superuser().user;
    let refused = one.connect(&superuser, "template1", "test").await.unwrap_err();
    assert!(refused.what.contains("not currently accepting connections"), "{refused}");
    for sql in ["CREATE DATABASE a", "CREATE DATABASE b TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"] {
        one.admin().await.unwrap().batch_execute(sql).await.unwrap();
    }
    let own = one.connect(&superuser, "a", "test").await.unwrap();
    own.batch_execute("CREATE TABLE made (id int)").await.unwrap();
    // A crash replays what was copied, and the other server sees nothing of it all.
    one.crash().await.unwrap();
    one.restart().await.unwrap();
    let own = one.connect(&superuser, "a", "test").await.unwrap();
    own.batch_execute("INSERT INTO made VALUES (1)").await.unwrap();
    other.admin().await.unwrap().batch_execute("CREATE DATABASE a").await.unwrap();
    let missing = other.connect(&superuser, "a", "test").await.unwrap().batch_execute("TABLE made").await;
    assert!(missing.is_err());
    one.stop().await.unwrap();
    other.admin().await.unwrap().batch_execute("CREATE DATABASE c").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gates_at_once_build_a_template_once() {
    let (one, other) = (ground(), ground());
    let second = Provisioner::new(ProvisionOptions { cache: Some(one.cache.clone()), ..other.options() });
    let built = AtomicUsize::new(0);
    let counted: &(dyn for<'a> Fn(&'a Cluster) -> BoxFuture<'a, Result<()>> + Sync) = &|cluster| {
        built.fetch_add(1, Ordering::Relaxed);
        prepare(cluster)
    };
    let run = async |provisioner: Provisioner| {
        let template = provisioner.template("both", counted).await.unwrap();
        let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
        assert_eq!(count(&cluster, "built").await, 1);
    };
    tokio::join!(run(one.provisioner()), run(second), run(one.provisioner()));
    assert_eq!(built.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_template_is_built_anew() {
    let ground = ground();
    let provisioner = ground.provisioner();
    let template = provisioner.template("one", &prepare).await.unwrap();
    let bytes = std::fs::read(&template.handle).unwrap();
    std::fs::write(&template.handle, &bytes[..bytes.len() / 2]).unwrap();
    let template = provisioner.template("one", &prepare).await.unwrap();
    let mut bytes = std::fs::read(&template.handle).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&template.handle, &bytes).unwrap();
    let error = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Environment);
    assert!(error.to_string().contains("damaged") && error.to_string().contains("run again"), "{error}");
    let template = provisioner.template("one", &prepare).await.unwrap();
    let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
    assert_eq!(count(&cluster, "built").await, 1);
}

/// The postmaster hears of its end and of the connection in one moment: the connection becomes a child that it waits for
/// and signals nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_does_not_hold_up_a_crash() {
    let cluster = ground().cluster(&ClusterOptions::default()).await;
    let Host::Socket(folder) = cluster.superuser().host else { panic!("a local server has a socket") };
    let pids = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let postmaster = Pid::from_raw(pids.lines().next().unwrap().parse().unwrap());
    kill(postmaster, Signal::SIGSTOP).unwrap();
    let mute = std::os::unix::net::UnixStream::connect(folder.join(".s.PGSQL.5432")).unwrap();
    let thaw = async {
        while !is_pending(postmaster, Signal::SIGQUIT) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        kill(postmaster, Signal::SIGCONT).unwrap();
    };
    let begun = Instant::now();
    let (crashed, ()) = tokio::join!(cluster.crash(), thaw);
    crashed.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    cluster.restart().await.unwrap();
    drop(mute);
}

/// Whether a signal was sent and is not yet delivered (proc(5), `ShdPnd`).
fn is_pending(process: Pid, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << (signal as i32 - 1)) != 0
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_work_survives_a_crash_and_cut_connections_say_why() {
    let ground = ground();
    let cluster = ground.cluster(&ClusterOptions::default()).await;
    let admin = cluster.admin().await.unwrap();
    admin.batch_execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)").await.unwrap();
    cluster.crash().await.unwrap();
    let cut = admin.batch_execute("SELECT 1").await.unwrap_err();
    let told = cluster.blame(Error::from(cut)).to_string();
    assert!(told.contains("server ended with") && told.contains("immediate shutdown"), "{told}");
    assert!(cluster.admin().await.unwrap_err().to_string().contains("server ended with"));
    assert!(cluster.alive().is_err());
    cluster.restart().await.unwrap();
    cluster.alive().unwrap();
    assert_eq!(count(&cluster, "kept").await, 1000);
    let recovered = cluster.log().unwrap().since(0);
    assert!(recovered.iter().any(|line| line.message.contains("was interrupted")), "{recovered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_shows_statements_when_asked_to() {
    let ground = ground();
    let options =
        ClusterOptions { settings: vec![("log_statement".into(), "all".into())], ..Default::default() };
    let cluster = ground.cluster(&options).await;
    let log = cluster.log().unwrap();
    let client = cluster.connect("postgres", "postgres", "the drill").await.unwrap();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let from = log.position();
    client.batch_execute("SELECT 'canary\nof two lines'").await.unwrap();
    let told = log.wait_for(from, |line| line.message.contains("of two lines"), SOON).await.unwrap();
    assert_eq!(told.statement(), Some("SELECT 'canary\nof two lines'"));
    assert_eq!(
        (told.pid as i32, told.application.as_str(), told.user.as_str()),
        (pid, "the drill", "postgres")
    );
    client.batch_execute("SELECT 1/0").await.unwrap_err();
    let error = log.wait_for(from, |line| line.severity == "ERROR", SOON).await.unwrap();
    assert_eq!((error.sqlstate.as_str(), error.message.as_str()), ("22012", "division by zero"));
    assert!(log.wait_for(from, |line| line.message == "never", Duration::from_millis(20)).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn statement_logging_can_be_switched() {
    let ground = ground();
    let cluster = ground.cluster(&ClusterOptions::default()).await;
    let ask = async |text: &str| cluster.admin().await.unwrap().batch_execute(text).await.unwrap();
    ask("SELECT 'silent'").await;
    cluster.log_statements("all").await.unwrap();
    ask("SELECT 'loud'").await;
    let log = cluster.log().unwrap();
    log.wait_for(0, |line| line.statement() == Some("SELECT 'loud'"), SOON).await.unwrap();
    assert!(!log.since(0).iter().any(|line| line.message.contains("silent")));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_the_password_is_asked_for() {
    let ground = ground();
    let cluster = ground.cluster(&ClusterOptions { tcp: true, ..Default::default() }).await;
    cluster.admin().await.unwrap().batch_execute("CREATE ROLE \"Wor ker\" LOGIN").await.unwrap();
    let info = cluster.tcp_info("Wor ker", "postgres").unwrap();
    assert!(info.connect("early").await.is_err());
    cluster.admit("Wor ker").await.unwrap();
    let client = info.connect("admitted").await.unwrap();
    let user: String = client.query_one("SELECT current_user::text", &[]).await.unwrap().get(0);
    assert_eq!(user, "Wor ker");
    let without = sor_gate::postgres::ConnectInfo { password: None, ..info.clone() };
    assert!(without.connect("no password").await.is_err());
    assert!(!format!("{cluster:?} {info:?}").contains(info.password.as_ref().unwrap().reveal()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_is_and_how_it_is_set_stands_in_the_record() {
    let ground = ground();
    let cluster = ground.cluster(&ClusterOptions::default()).await;
    let identity = cluster.identity().await.unwrap();
    assert_eq!(identity.provider, "local");
    assert!(identity.binary.unwrap().ends_with("postgres") && !identity.system_identifier.is_empty());
    assert!(identity.version.starts_with(&(cluster.version() / 10_000).to_string()));
    let settings = cluster.settings().await.unwrap();
    assert_eq!((settings["fsync"].as_str(), settings["synchronous_commit"].as_str()), ("off", "on"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_says_why() {
    let ground = ground();
    let provisioner = ground.provisioner();
    let options =
        ClusterOptions { settings: vec![("no_such_setting".into(), "1".into())], ..Default::default() };
    let error =
        provisioner.cluster(&provisioner.bare().await.unwrap(), &options).await.unwrap_err().to_string();
    assert!(error.contains("starting Postgres") && error.contains("no_such_setting"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_fitting_binaries_every_place_tried_is_named() {
    let ground = ground();
    let options = ProvisionOptions { version: Some(99), ..ground.options() };
    let error = Provisioner::new(options).bare().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Environment);
    let error = error.to_string();
    assert!(error.contains("no local PostgreSQL 99 server binaries: "), "{error}");
    assert!(error.contains(", not 99;") && error.contains("looked in PATH"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_cannot_be_written_is_an_environment_error() {
    let ground = ground();
    std::fs::write(&ground.cache, "a file where the folder should be").unwrap();
    let error = ground.provisioner().bare().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Environment);
    assert!(error.to_string().contains("SOR_GATE_CACHE"), "{error}");
}
