//! What all parts of the drill stand on: the database, the Redis, and two instances of the service.

use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::redis_server::{RedisClient, RedisServer};
use sor_gate::session::Session;
use sor_gate::subject::Cache;
use sor_gate::template::{self, Values};

use super::instance::Instance;

/// The drill's surroundings.
pub struct Ground<'a> {
    pub cx: &'a Context,
    pub binding: &'a Cache,
    pub redis: RedisServer,
    pub client: RedisClient,
    pub admin: Session,
}

impl<'a> Ground<'a> {
    pub async fn lay(cx: &'a Context, binding: &'a Cache) -> Result<Self> {
        let (redis, admin) = tokio::try_join!(RedisServer::start(&cx.scope), cx.admin())?;
        let client = redis.client().await?;
        cx.recorder.note("redis", format!("{} started", redis.about()));
        Ok(Self { cx, binding, redis, client, admin })
    }

    pub async fn two_instances(&self) -> Result<(Instance<'_>, Instance<'_>)> {
        tokio::try_join!(Instance::start(self, "first"), Instance::start(self, "second"))
    }

    /// Adds a thing to the database, past the service.
    pub async fn insert(&self, key: &str, value: &str) -> Result<()> {
        let values = Values::new().with("key", key).with("value", value);
        self.admin.must(&self.binding.insert, &values).await?;
        Ok(())
    }

    /// What the database holds of a thing.
    pub async fn stored(&self, key: &str) -> Result<Option<String>> {
        let rows = self.admin.must(&self.binding.stored, &Values::new().with("key", key)).await?;
        if rows.rows.is_empty() { Ok(None) } else { rows.first("value").map(Some) }
    }

    /// The cache's key of a thing.
    pub fn entry(&self, key: &str) -> Result<String> {
        template::fill(&self.binding.key, &Values::new().with("key", key))
    }

    /// Tells that a moment is reached at which a break may do something to an entry in the cache.
    pub async fn reach(&self, moment: &'static str, key: &str, old: Option<&[u8]>) -> Result<()> {
        self.cx.reach_in_cache(moment, &self.client, &self.entry(key)?, old.unwrap_or_default()).await
    }
}
