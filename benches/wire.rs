//! What the wire proxy costs: a round trip straight to the server beside one through the proxy, in turns, in one run.
//!
//! `cargo bench --bench wire` prints medians for a short answer and for one of a megabyte, and their ratio to the floor, which
//! is the way without the proxy.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use sor_gate::fault::proxy::{Listen, WirePlan, WireProxy};
use sor_gate::postgres::{ClusterOptions, ConnectInfo, ProvisionOptions, Provisioner};
use sor_gate::process::{Scope, ScopeOptions};
use tokio_postgres::Client;

const ROUNDS: usize = 9;
const SHAPES: [(&str, &str, u32); 3] = [
    ("one value", "SELECT 1", 2_000),
    ("1,000 rows", "SELECT n, md5(n::text) FROM generate_series(1, 1000) AS n", 200),
    ("1 MB in one value", "SELECT repeat('x', 1048576)", 100),
];

#[tokio::main]
async fn main() {
    let options =
        ScopeOptions { exe: Some(env!("CARGO_BIN_EXE_sor-gate").into()), ..ScopeOptions::default() };
    let scope = Scope::open(&format!("bench-{}", std::process::id()), options).unwrap();
    let provisioner = Provisioner::new(ProvisionOptions::new(scope));
    let template = provisioner.bare().await.unwrap();
    let cluster = provisioner.cluster(&template, &ClusterOptions::default()).await.unwrap();
    let upstream = cluster.superuser();
    let proxy = WireProxy::start(&upstream, Listen::Unix, WirePlan::clear()).await.unwrap();
    let (straight, through) = (connect(&upstream).await, connect(proxy.connect_info()).await);

    println!(
        "{:<20} {:>12} {:>12} {:>12} {:>9}",
        "a round trip with", "straight", "by proxy", "cost", "x floor"
    );
    for (name, sql, times) in SHAPES {
        let (mut floor, mut proxied) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            floor.push(round_trip(&straight, sql, times).await);
            proxied.push(round_trip(&through, sql, times).await);
        }
        let (floor, proxied) = (median(floor), median(proxied));
        let us = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6);
        let ratio = proxied.as_secs_f64() / floor.as_secs_f64();
        let cost = us(proxied.saturating_sub(floor));
        println!("{name:<20} {:>12} {:>12} {cost:>12} {ratio:>9.2}", us(floor), us(proxied));
    }
    cluster.stop().await.unwrap();
}

async fn connect(to: &ConnectInfo) -> Client {
    to.connect("bench").await.unwrap()
}

async fn round_trip(client: &Client, sql: &str, times: u32) -> Duration {
    let begun = Instant::now();
    for _ in 0..times {
        client.simple_query(sql).await.unwrap();
    }
    begun.elapsed() / times
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
