//! A cache that never tells anything but what the database holds.

mod basics;
mod breaks;
mod failures;
mod ground;
mod hits;
mod http;
mod injection;
mod instance;
mod judge;
mod outage;
mod slow_fill;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;

use ground::Ground;

/// Cache-aside reads.
pub struct CacheCoherence;

const SPEC: DrillSpec = DrillSpec {
    id: "cache_coherence",
    suite: Suite::DataIntegrity,
    lesson: 6,
    habit: "caches that stay coherent",
    claims: &[
        Claim {
            id: "miss_fills",
            statement: "a miss loads from the database once, and fills the cache for a bounded time",
            remedy: "fill with SET … EX, in one command, after the load",
            rests_on: &[],
        },
        Claim {
            id: "hit_spares_database",
            statement: "a hit is answered without a load",
            remedy: "look into the cache first, and return what is found",
            rests_on: &["miss_fills"],
        },
        Claim {
            id: "write_invalidates",
            statement: "after a write nobody is told the old value",
            remedy: "delete the entry after the write is committed",
            rests_on: &[],
        },
        Claim {
            id: "failed_load_uncached",
            statement: "a load that failed leaves nothing in the cache",
            remedy: "fill only with what was loaded, never on the way of an error",
            rests_on: &["failure_not_mapped"],
        },
        Claim {
            id: "not_found_mapped",
            statement: "no row is told as not found",
            remedy: "map the empty answer, and only that, to the port's not-found",
            rests_on: &[],
        },
        Claim {
            id: "failure_not_mapped",
            statement: "another error is never told as not found",
            remedy: "let other errors through as errors of the server",
            rests_on: &[],
        },
        Claim {
            id: "no_stale_fill",
            statement: "a slow fill leaves no old value behind a newer write",
            remedy: "take a lease on a miss, let each write end it, and fill only while it is held",
            rests_on: &["write_invalidates"],
        },
        Claim {
            id: "served_without_cache",
            statement: "while the cache is down, everything is served from the database",
            remedy: "treat an error of the cache as a miss, with a short time-out",
            rests_on: &[],
        },
        Claim {
            id: "cache_returns",
            statement: "a cache that was killed and started again is filled and used again",
            remedy: "connect anew when a connection to the cache is lost",
            rests_on: &["miss_fills", "hit_spares_database"],
        },
        Claim {
            id: "hits_counted",
            statement: "a crash loses no more hits than the declared bound, and counts none twice",
            remedy: "write a batch when it is full, in one transaction, and keep what could not be written",
            rests_on: &[],
        },
        Claim {
            id: "injection_is_data",
            statement: "SQL, commands of the cache and paths in keys and values are stored as they are, or refused",
            remedy: "bind every value, and send the cache words with their lengths",
            rests_on: &[],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for CacheCoherence {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.cache else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [cache]"));
        };
        let ground = Ground::lay(cx, binding).await?;
        let (first, second) = ground.two_instances().await?;
        let seen = judge::Seen {
            redis: ground.redis.about(),
            ttl_s: binding.ttl_s,
            filled: basics::miss(&ground, &first).await?,
            hit: basics::hits(&ground, &first).await?,
            written: basics::write(&ground, &first).await?,
            failed: failures::failed_load(&ground, &first).await?,
            missing: failures::missing(&ground, &first).await?,
            slow: slow_fill::race(&ground, &first, &second).await?,
            injected: injection::attempt(&ground, &first).await?,
            outage: outage::outage(&ground, &first).await?,
            counted: hits::crash(&ground, second).await?,
        };
        cx.recorder.faults(first.events());
        Ok(Evidence::new(judge::line(&seen), judge::judge(&seen)))
    }
}
