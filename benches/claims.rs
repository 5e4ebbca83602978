//! Claims per second of the gate's own sessions beside pgbench, which sends the very same transaction to the very same
//! server: begin, the tenant's context, the claim, commit.
//!
//! `cargo bench --bench claims` measures 1, 8 and 32 clients, each side in turn, and prints the medians with their ratio.
//! Both sides run on one thread and use the extended protocol without prepared statements, as a Worker behind a pooler does.
//! `-- --rounds 9` measures each so many times.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use futures::future::try_join_all;
use sor_gate::events::{Event, Listener};
use sor_gate::postgres::{Cluster, ConnectInfo, Host, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};
use sor_gate::recorder::Recorder;
use sor_gate::runner::{Assigned, Plan, Prove, Runner};
use sor_gate::session::Session;
use sor_gate::subject::{Subject, load};
use sor_gate::template::Values;

const CLIENTS: [usize; 3] = [1, 8, 32];
/// Claims in one measurement.
const CLAIMS: usize = 3_200;
const ROUNDS: usize = 5;

struct Silent;

impl Listener for Silent {
    fn on(&self, _: &Event<'_>) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = std::env::args().skip_while(|word| word != "--rounds").nth(1);
    let rounds = rounds.map_or(ROUNDS, |number| number.parse().unwrap());
    let subject =
        load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reconciler/sor-gate.toml")).unwrap();
    let options =
        ScopeOptions { exe: Some(env!("CARGO_BIN_EXE_sor-gate").into()), ..ScopeOptions::default() };
    let scope = Scope::open(&format!("bench-{}", std::process::id()), options).unwrap();
    let provisioner = Provisioner::new(ProvisionOptions::new(scope.clone()));
    let plan = Plan {
        prove: Prove::None,
        jobs: 1,
        seed: 0,
        workers: 0,
        rows: 0,
        keep: false,
        timeout: std::time::Duration::from_secs(60),
        whole_history: false,
    };
    let assigned = [Assigned { subject: subject.clone(), drills: Vec::new() }];
    let cluster = Runner::new(&assigned, provisioner.into(), scope, plan, &Silent).cluster().await.unwrap();
    let ground = Ground { subject, cluster };

    println!("{:>8} {:>18} {:>18} {:>10}", "clients", "pgbench", "sor-gate", "of pgbench");
    for clients in CLIENTS {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            theirs.push(ground.pgbench(clients).await);
            ours.push(ground.sessions(clients).await);
        }
        let (theirs, ours) = (median(theirs), median(ours));
        println!("{clients:>8} {theirs:>9.0} claims/s {ours:>9.0} claims/s {:>10.2}", ours / theirs);
    }
    ground.cluster.stop().await.unwrap();
}

struct Ground {
    subject: Subject,
    cluster: Cluster,
}

impl Ground {
    fn worker(&self) -> ConnectInfo {
        self.cluster.connect_info(&self.subject.roles.worker, &self.cluster.database())
    }

    fn values(&self) -> Values {
        let tenancy = self.subject.tenancy.as_ref().unwrap();
        Values::new().with("tenant", &tenancy.tenants[0]).with("worker", "bench")
    }

    /// The transaction that both sides send.
    fn transaction(&self) -> [&str; 4] {
        let claim = &self.subject.claims.as_ref().unwrap().claim;
        ["BEGIN", &self.subject.tenancy.as_ref().unwrap().set, claim, "COMMIT"]
    }

    /// A queue of fresh rows, one for each claim.
    async fn refill(&self) {
        let admin = Session::new(self.cluster.admin().await.unwrap(), "admin", "admin", Recorder::default());
        let claims = self.subject.claims.as_ref().unwrap();
        let empty = format!("TRUNCATE {} CASCADE", claims.table);
        admin.must(&empty, &Values::new()).await.unwrap();
        let rows: Vec<Values> = (1..=CLAIMS).map(|n| self.values().with("id", format!("C-{n:06}"))).collect();
        try_join_all(rows.iter().map(|values| admin.must(&claims.seed, values))).await.unwrap();
        admin.must(&format!("VACUUM ANALYZE {}", claims.table), &Values::new()).await.unwrap();
        admin.must("CHECKPOINT", &Values::new()).await.unwrap();
    }

    async fn sessions(&self, clients: usize) -> f64 {
        self.refill().await;
        let recorder = Recorder::default();
        let open = (0..clients).map(async |n| self.worker().connect(&format!("bench {n}")).await);
        let sessions: Vec<Session> = try_join_all(open)
            .await
            .unwrap()
            .into_iter()
            .map(|client| Session::new(client, "bench", &self.subject.roles.worker, recorder.clone()))
            .collect();
        let (transaction, values) = (self.transaction(), self.values());
        let begun = Instant::now();
        let work = sessions.iter().map(async |session| {
            for _ in 0..CLAIMS / clients {
                for sql in transaction {
                    session.must(sql, &values).await?;
                }
            }
            Ok::<_, sor_gate::error::Error>(())
        });
        try_join_all(work).await.unwrap();
        CLAIMS as f64 / begun.elapsed().as_secs_f64()
    }

    async fn pgbench(&self, clients: usize) -> f64 {
        self.refill().await;
        let script = tempfile::NamedTempFile::new().unwrap();
        let transaction = self
            .transaction()
            .map(|sql| sql.trim().replace("${tenant}", ":tenant").replace("${worker}", ":worker"));
        std::fs::write(script.path(), transaction.join(";\n") + ";\n").unwrap();
        let each = (CLAIMS / clients).to_string();
        let (at, clients, tenant) =
            (self.worker(), clients.to_string(), self.subject.tenancy.as_ref().unwrap().tenants[0].clone());
        let Host::Socket(folder) = &at.host else { panic!("not a server of the gate's own") };
        let mut pgbench = Command::new("pgbench");
        pgbench.args([
            "-n",
            "-M",
            "extended",
            "-c",
            &clients,
            "-t",
            &each,
            "-D",
            &format!("tenant={tenant}"),
        ]);
        pgbench.args(["-D", "worker=bench", "-f"]).arg(script.path());
        pgbench.env("PGHOST", folder).env("PGPORT", at.port.to_string());
        pgbench.env("PGUSER", &at.user).env("PGDATABASE", &at.database);
        let output = tokio::task::spawn_blocking(move || pgbench.output().unwrap()).await.unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        let tps = told.lines().find_map(|line| line.strip_prefix("tps = ")).unwrap();
        tps.split(' ').next().unwrap().parse().unwrap()
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
