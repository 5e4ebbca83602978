//! The service is killed while it keeps hits that are not written yet.

use sor_gate::error::{Error, Result};
use sor_gate::template::Values;

use super::ground::Ground;
use super::instance::Instance;
use super::judge::Counted;

const KEY: &str = "counted";
const VALUE: &str = "https://example.org/counted";
/// More than a batch, and never a whole number of them.
const BEYOND: u64 = 21;

/// Reads one thing often, counts the answers, and kills the service right behind the last. `None` where nothing is counted.
pub async fn crash(ground: &Ground<'_>, service: Instance<'_>) -> Result<Option<Counted>> {
    let Some(binding) = &ground.binding.hits else { return Ok(None) };
    ground.insert(KEY, VALUE).await?;
    let counted = async || -> Result<u64> {
        let rows = ground.admin.must(&binding.counted, &Values::new().with("key", KEY)).await?;
        let text = rows.first("counted")?;
        text.parse()
            .map_err(|_| Error::usage(format!("`counted` is no number: {text}")).at("cache.hits.counted"))
    };
    let before = counted().await?;
    let mut answered = 0;
    for _ in 0..2 * binding.bound + BEYOND {
        answered += u64::from(service.read(KEY).await?.is(VALUE));
    }
    let killed = service.kill().await?;
    let landed = killed.landed();
    ground.cx.recorder.note("service", format!("KILLED after {answered} hits"));
    ground.cx.recorder.faults([killed.event(&format!("it had answered {answered} hits"))]);
    Ok(Some(Counted { answered, counted: counted().await? - before, bound: binding.bound, landed }))
}
