//! Removing the containers of runs that are over, known by their labels.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use super::engine::Engine;
use crate::error::Result;

/// On every container of a run: the run's id.
pub(super) const RUN: &str = "sor-gate.run";
/// On every container of a run: its scratch folder, whose lock is held while the run lives.
pub(super) const SCRATCH: &str = "sor-gate.scratch";
/// On every container of a run: the machine it runs on; only there does the lock say anything.
pub(super) const HOST: &str = "sor-gate.host";

/// The labels of a run's containers.
pub(super) fn labels(run: &str, scratch: &Path) -> HashMap<String, String> {
    let pairs = [(RUN, run.to_owned()), (SCRATCH, scratch.display().to_string()), (HOST, host())];
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

/// Removes the containers of runs of this machine that were killed. Returns how many there were.
///
/// # Errors
/// When the engine refuses.
pub(super) async fn sweep(engine: &Engine) -> Result<usize> {
    let mut swept = 0;
    for container in engine.labelled(RUN).await? {
        let labels = container.labels.unwrap_or_default();
        if let (Some(id), true) = (container.id, is_abandoned(&labels)) {
            engine.remove(&id).await?;
            swept += 1;
        }
    }
    Ok(swept)
}

fn is_abandoned(labels: &HashMap<String, String>) -> bool {
    let Some(scratch) = labels.get(SCRATCH) else { return false };
    labels.get(HOST) == Some(&host())
        && match File::open(Path::new(scratch).join("lock")) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
}

fn host() -> String {
    nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned()
}

/// Removes every container of a run. Guard and sweep call it from plain threads, the end of a run from within a
/// runtime.
pub(super) fn remove_of(run: &str) {
    let label = format!("{RUN}={run}");
    blocking(async move |engine: Engine| {
        // Twice, for a container that the engine was still creating for a harness that is gone.
        for _ in 0..2 {
            for container in engine.labelled(&label).await.unwrap_or_default() {
                // What resists is found again by the next run's sweep.
                let _ = engine.remove(container.id.as_deref().unwrap_or_default()).await;
            }
        }
    });
}

/// Removes one container from a place that cannot await.
pub(super) fn remove_one(id: &str) {
    let id = id.to_owned();
    // The end of the run removes what resists.
    blocking(async move |engine: Engine| drop(engine.remove(&id).await));
}

/// Runs work with the engine on a thread and a runtime of its own, and waits for it.
fn blocking<F: Future<Output = ()>>(work: impl FnOnce(Engine) -> F + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            if let Ok(engine) = Engine::find().await {
                work(engine).await;
            }
        });
    });
    let _ = thread.join();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_abandoned_when_its_lock_is_free_on_this_machine() {
        let scratch = tempfile::tempdir().unwrap();
        let mine = labels("r1", scratch.path());
        assert!(is_abandoned(&mine), "no lock file: the folder is gone or going");
        let lock = File::create(scratch.path().join("lock")).unwrap();
        lock.lock().unwrap();
        assert!(!is_abandoned(&mine), "held");
        drop(lock);
        assert!(is_abandoned(&mine), "free");
        let mut elsewhere = mine.clone();
        elsewhere.insert(HOST.into(), "another-machine".into());
        assert!(!is_abandoned(&elsewhere), "the lock says nothing here");
        assert!(!is_abandoned(&HashMap::new()), "not made by a run");
    }
}
