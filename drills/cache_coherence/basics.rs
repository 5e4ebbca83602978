//! The plain ways: a miss, hits, a write.

use sor_gate::error::Result;

use super::ground::Ground;
use super::instance::Instance;
use super::judge::{Filled, Hit, Written};

/// The thing that all of them are about.
const KEY: &str = "plain";
const VALUE: &str = "https://example.org/plain";
const NEWER: &str = "https://example.org/newer";
/// How often the thing is read from the cache.
const READS: usize = 5;

/// Reads what the cache does not have.
pub async fn miss(ground: &Ground<'_>, service: &Instance<'_>) -> Result<Filled> {
    ground.insert(KEY, VALUE).await?;
    fill(ground, service, KEY, VALUE, "filled").await
}

/// Reads a thing that is not in the cache, and looks at what is there then.
pub async fn fill(
    ground: &Ground<'_>,
    service: &Instance<'_>,
    key: &str,
    value: &str,
    moment: &'static str,
) -> Result<Filled> {
    let entry = ground.entry(key)?;
    let (before, loads) = (ground.client.dump(&entry).await?, service.loads());
    let answer = service.read(key).await?;
    let entry_there = ground.client.dump(&entry).await?.is_some();
    if entry_there {
        ground.reach(moment, key, None).await?;
    }
    Ok(Filled {
        cold: before.is_none(),
        right: answer.is(value),
        answer,
        loads: service.loads() - loads,
        lives_ms: ground.client.lives_ms(&entry).await?,
    })
}

/// Reads what the cache has.
pub async fn hits(ground: &Ground<'_>, service: &Instance<'_>) -> Result<Hit> {
    again(ground, service, KEY, VALUE, "before a hit").await
}

pub async fn again(
    ground: &Ground<'_>,
    service: &Instance<'_>,
    key: &str,
    value: &str,
    moment: &'static str,
) -> Result<Hit> {
    let entry = ground.entry(key)?;
    let (loads, asked) = (service.loads(), service.asked(&entry).len());
    let mut right = 0;
    for _ in 0..READS {
        ground.reach(moment, key, None).await?;
        right += usize::from(service.read(key).await?.is(value));
    }
    let (loads, asked) = (service.loads() - loads, service.asked(&entry).len() - asked);
    Ok(Hit { reads: READS, right, loads, asked })
}

/// Gives what the cache has another value.
pub async fn write(ground: &Ground<'_>, service: &Instance<'_>) -> Result<Written> {
    let entry = ground.entry(KEY)?;
    // Whatever became of it meanwhile.
    service.read(KEY).await?;
    let before = ground.client.dump(&entry).await?;
    let answer = service.write(KEY, NEWER).await?;
    if before.is_some() {
        ground.reach("written", KEY, before.as_deref()).await?;
    }
    let after = ground.client.dump(&entry).await?;
    let read = service.read(KEY).await?;
    Ok(Written {
        cached: before.is_some(),
        answer,
        stored: ground.stored(KEY).await?.as_deref() == Some(NEWER),
        old_entry: before.is_some() && before == after,
        right: read.is(NEWER),
        read,
    })
}
