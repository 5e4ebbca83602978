//! A fill that is slow: between its load and its fill somebody else writes.

use std::time::{Duration, Instant};

use sor_gate::error::Result;

use super::ground::Ground;
use super::instance::Instance;
use super::judge::{Race, Slow};

const OLD: &str = "https://example.org/old";
const NEW: &str = "https://example.org/new";
/// How long a load may take to come to the proxy.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a fill may come behind its answer.
const LATE: Duration = Duration::from_millis(40);
const PAUSE: Duration = Duration::from_millis(2);
/// What a fill without a condition leaves, in the service's place.
const UNGUARDED: [&str; 5] = ["RESTORE", "${entry}", "60000", "${old}", "REPLACE"];

/// As the service fills, and with a fill that heeds nothing: that one must leave the old value.
pub async fn race(ground: &Ground<'_>, slow: &Instance<'_>, writer: &Instance<'_>) -> Result<Slow> {
    let own = once(ground, slow, writer, "raced", false).await?;
    let unguarded = once(ground, slow, writer, "calibrated", true).await?;
    Ok(Slow { own, unguarded })
}

async fn once(
    ground: &Ground<'_>,
    slow: &Instance<'_>,
    writer: &Instance<'_>,
    key: &str,
    unguarded: bool,
) -> Result<Race> {
    let entry = ground.entry(key)?;
    ground.insert(key, OLD).await?;
    // What the cache holds when it holds the old value.
    slow.read(key).await?;
    let old = ground.client.dump(&entry).await?;
    ground.client.run(&["DEL", &entry]).await?;
    slow.hold_next_load();
    let overtaken = async {
        let held = slow.held(PATIENCE).await;
        let written = writer.write(key, NEW).await;
        slow.release();
        (held, written)
    };
    let (read, (held, written)) = tokio::join!(slow.read(key), overtaken);
    let (late, written) = (read?, written?);
    let deadline = Instant::now() + LATE;
    while ground.client.dump(&entry).await?.is_none() && Instant::now() < deadline {
        tokio::time::sleep(PAUSE).await;
    }
    if let Some(old) = &old {
        ground.reach("late fill", key, Some(old)).await?;
        if unguarded {
            let word = |word: &&'static str| match *word {
                "${entry}" => entry.as_bytes(),
                "${old}" => old,
                word => word.as_bytes(),
            };
            ground.client.run(&UNGUARDED.iter().map(word).collect::<Vec<_>>()).await?;
        }
    }
    let reads = vec![slow.read(key).await?, writer.read(key).await?];
    Ok(Race {
        held: held.map(|event| event.detail),
        old_known: old.is_some(),
        late,
        written,
        stored: ground.stored(key).await?.as_deref() == Some(NEW),
        stale: reads.iter().filter(|answer| !answer.is(NEW)).count(),
        reads,
    })
}
