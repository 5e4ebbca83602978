//! The one thread that starts children: a parent-death signal fires when the starting *thread* ends (prctl(2)).

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

static SPAWNER: OnceLock<Option<Sender<Job>>> = OnceLock::new();

/// Starts the command on the spawner thread, which lives as long as the harness.
pub(super) async fn spawn(mut command: Command) -> io::Result<Child> {
    let runtime = Handle::current();
    let (answer, started) = oneshot::channel();
    let job: Job = Box::new(move || {
        let _inside = runtime.enter();
        // A runtime that is shutting down panics here; that ends this start, not the thread.
        let started = catch_unwind(AssertUnwindSafe(|| command.spawn()));
        // When the caller has given up meanwhile, the child is dropped here and killed with it.
        if let Ok(started) = started {
            let _ = answer.send(started);
        }
    });
    let gone = || io::Error::other("the thread that starts processes is gone");
    sender().ok_or_else(gone)?.send(job).map_err(|_| gone())?;
    started.await.map_err(|_| gone())?
}

fn sender() -> Option<Sender<Job>> {
    SPAWNER
        .get_or_init(|| {
            let (jobs, queue) = channel::<Job>();
            let thread = std::thread::Builder::new().name("spawner".into());
            thread.spawn(move || queue.iter().for_each(|job| job())).ok().map(|_| jobs)
        })
        .clone()
}
