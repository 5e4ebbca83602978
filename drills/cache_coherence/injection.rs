//! Strings that would be commands where somebody pastes them.

use sor_gate::error::Result;
use sor_gate::template::Values;

use super::ground::Ground;
use super::instance::Instance;
use super::judge::Injected;

/// A table that anybody may write to, and an entry that nobody has: none of the strings may reach them.
pub const CANARY: &str = "sor_gate_canary";
const STRINGS: [&str; 10] = [
    "INSERT INTO public.sor_gate_canary VALUES ('executed')",
    "x'); INSERT INTO public.sor_gate_canary VALUES ('stacked'); --",
    "x' OR '1'='1",
    "x\"; DROP TABLE public.sor_gate_canary; --",
    "x\r\nSET sor_gate_canary 1\r\n",
    "*3\r\n$3\r\nSET\r\n$15\r\nsor_gate_canary\r\n$1\r\n1\r\n",
    "redis.call('SET', 'sor_gate_canary', '1')",
    "$1, ${key}, %s, {0}, \\u0041",
    "*?[a-z]",
    "../../etc/passwd",
];

/// Writes and reads each of them, as the value of a plain key and as a key.
pub async fn attempt(ground: &Ground<'_>, service: &Instance<'_>) -> Result<Injected> {
    let none = Values::new();
    let make = format!("CREATE TABLE public.{CANARY} (what text); GRANT ALL ON public.{CANARY} TO PUBLIC");
    ground.admin.script(&make, &none).await?;
    let before = rows(ground).await?;
    let mut seen = Injected::default();
    for (at, string) in STRINGS.iter().enumerate() {
        let plain = format!("injected{at}");
        one(ground, service, &plain, string, &mut seen).await?;
        one(ground, service, string, "https://example.org/injected", &mut seen).await?;
    }
    seen.added = rows(ground).await? - before;
    let canary =
        ground.admin.attempt(&format!("SELECT count(*) AS rows FROM public.{CANARY}"), &none).await?;
    let rows = canary.rows().map(|rows| rows.first("rows")).transpose()?;
    seen.executed = rows.as_deref() != Some("0");
    seen.commanded = ground.client.dump(CANARY).await?.is_some();
    Ok(seen)
}

async fn one(
    ground: &Ground<'_>,
    service: &Instance<'_>,
    key: &str,
    value: &str,
    seen: &mut Injected,
) -> Result<()> {
    let written = service.write(key, value).await?;
    // From the database, then from the cache.
    let reads = [service.read(key).await?, service.read(key).await?];
    let stored = ground.stored(key).await?;
    let good = match written.status {
        200..300 => {
            seen.stored += 1;
            reads.iter().all(|read| read.is(value)) && stored.as_deref() == Some(value)
        }
        400..500 => {
            seen.refused += 1;
            stored.is_none()
        }
        _ => false,
    };
    if !good {
        let told = format!("{key:?} = {value:?}: {}, then {}", written.tell(), reads[0].tell());
        seen.wrong.push(told.chars().take(200).collect());
    }
    Ok(())
}

async fn rows(ground: &Ground<'_>) -> Result<i64> {
    let count = format!("SELECT count(*) AS rows FROM {}", ground.binding.table);
    Ok(ground.admin.must(&count, &Values::new()).await?.first("rows")?.parse().unwrap_or(-1))
}
