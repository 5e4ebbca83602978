//! How long drills take beside the floor: a server copied from its template, started and stopped, with nothing done on it.
//!
//! `cargo bench` builds the release binary, measures everything in one go, since only numbers of one moment can be
//! compared, and prints a table of medians. `cargo bench -- idempotency` measures the drills of that name only;
//! `cargo bench -- --rounds 5` measures each so many times.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use sor_gate::postgres::{ClusterOptions, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};

const GATE: &str = env!("CARGO_BIN_EXE_sor-gate");
const ROUNDS: usize = 11;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |option: &str| arguments.iter().skip_while(|word| *word != option).nth(1);
    let rounds = after("--rounds").map_or(ROUNDS, |number| number.parse().unwrap());
    let wanted = arguments.iter().find(|word| !word.starts_with("--") && Some(*word) != after("--rounds"));
    let drills: Vec<String> =
        drills().into_iter().filter(|id| wanted.is_none_or(|part| id.contains(part.as_str()))).collect();

    let floor = Row::new("floor: copy, start, stop", floor(rounds));
    println!("{:<34} {:>9} {:>9} {:>9} {:>9}", "", "median", "quickest", "slowest", "x floor");
    floor.print(&floor);
    for drill in &drills {
        Row::new(drill, one(drill, rounds)).print(&floor);
    }
    if wanted.is_none() {
        let name = format!("all {}, each under one break too", drills.len());
        Row::new(&name, all(rounds.div_ceil(2))).print(&floor);
    }
}

struct Row {
    name: String,
    times: Vec<Duration>,
}

impl Row {
    fn new(name: &str, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { name: name.into(), times }
    }

    fn median(&self) -> Duration {
        self.times[self.times.len() / 2]
    }

    fn print(&self, floor: &Self) {
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
        let ratio = self.median().as_secs_f64() / floor.median().as_secs_f64();
        let (quickest, slowest) = (ms(self.times[0]), ms(self.times[self.times.len() - 1]));
        println!("{:<34} {:>9} {quickest:>9} {slowest:>9} {ratio:>9.1}", self.name, ms(self.median()));
    }
}

fn drills() -> Vec<String> {
    let listed = json(&["list"]);
    listed.as_array().unwrap().iter().map(|drill| drill["id"].as_str().unwrap().to_owned()).collect()
}

/// The gate's JSON; a gate that does not say yes has nothing to be measured.
fn json(args: &[&str]) -> Value {
    let output = Command::new(GATE).args(args).args(["--format", "json", "--quiet"]).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What no drill can go below.
fn floor(rounds: usize) -> Vec<Duration> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = ScopeOptions { exe: Some(GATE.into()), ..ScopeOptions::default() };
        let scope = Scope::open(&format!("bench-{}", std::process::id()), options).unwrap();
        let provisioner = Provisioner::new(ProvisionOptions::new(scope));
        let template = provisioner.bare().await.unwrap();
        let mut times = Vec::new();
        // The first warms the file cache.
        for _ in 0..=rounds {
            let begun = Instant::now();
            let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
            cluster.stop().await.unwrap();
            times.push(begun.elapsed());
        }
        times.split_off(1)
    })
}

/// The times of one drill, servers and all, as the gate itself measures them.
fn one(drill: &str, rounds: usize) -> Vec<Duration> {
    let records = json(&["drill", drill, "--repeat", &(rounds + 1).to_string()]);
    let times = records.as_array().unwrap().iter().skip(1);
    times.map(|record| Duration::from_millis(record["duration_ms"].as_u64().unwrap())).collect()
}

/// The whole run, from the start of the process to its end.
fn all(rounds: usize) -> Vec<Duration> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let run = |_| {
        let begun = Instant::now();
        json(&["run", "--prove", "one", "--out", out]);
        begun.elapsed()
    };
    (0..rounds).map(run).collect()
}
