//! The Redis is killed in the midst of the run, and comes back empty.

use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::template::Values;

use super::basics::{again, fill};
use super::ground::Ground;
use super::instance::Instance;
use super::judge::{Outage, Without};

const KEY: &str = "outage";
const VALUE: &str = "https://example.org/outage";
const NEWER: &str = "https://example.org/outage/newer";
/// How long the service may take to use a Redis that has come back.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);

pub async fn outage(ground: &Ground<'_>, service: &Instance<'_>) -> Result<Outage> {
    let cx = ground.cx;
    ground.insert(KEY, VALUE).await?;
    service.read(KEY).await?;
    let killed = ground.redis.kill().await?;
    cx.recorder.note("redis", format!("KILLED: {}", killed.detail));
    cx.recorder.faults([killed.clone()]);
    cx.reach("cache down", &Values::new()).await?;
    let loads = service.loads();
    let read = service.read(KEY).await?;
    let written = service.write(KEY, NEWER).await?;
    let after = service.read(KEY).await?;
    let loads = service.loads() - loads;
    cx.reach("cache up", &Values::new()).await?;
    let right = usize::from(read.is(VALUE)) + usize::from(after.is(NEWER) || !written.done());
    let without = Without { right, read, written, after, loads };
    ground.redis.restart().await?;
    cx.recorder.note("redis", "started again, empty");
    let entry = ground.entry(KEY)?;
    let expected = ground.stored(KEY).await?.unwrap_or_default();
    let deadline = Instant::now() + PATIENCE;
    // The first questions may still meet a connection that is gone.
    let filled = loop {
        ground.client.run(&["DEL", &entry]).await?;
        let filled = fill(ground, service, KEY, &expected, "filled again").await?;
        if filled.lives_ms != -2 || Instant::now() > deadline {
            break filled;
        }
        tokio::time::sleep(PAUSE).await;
    };
    let hit = again(ground, service, KEY, &expected, "before a hit again").await?;
    Ok(Outage { killed: killed.detail, without, filled, hit })
}
