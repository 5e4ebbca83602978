//! Live progress: a line per running drill on a terminal, plain lines otherwise.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::args::{Common, Format};
use super::terminal;
use crate::context::Scenario;
use crate::events::{Event, Listener};

/// Shows what runs.
pub struct Progress {
    live: Option<MultiProgress>,
    plain: bool,
    running: Mutex<HashMap<String, ProgressBar>>,
}

impl Progress {
    /// Live on a terminal outside of CI; plain lines with `--verbose`; nothing with `--quiet`.
    pub fn new(common: &Common) -> Self {
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        let live = !common.no_progress && !common.quiet && !ci && std::io::stderr().is_terminal();
        let plain = !live && common.verbose && common.format == Format::Human;
        Self { live: live.then(MultiProgress::new), plain, running: Mutex::default() }
    }

    /// Takes every line away.
    pub fn clear(&self) {
        if let Some(live) = &self.live {
            // A terminal that went away cannot be tidied.
            let _ = live.clear();
        }
    }
}

impl Listener for Progress {
    fn on(&self, event: &Event<'_>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Began { .. } => {}
            Event::Started { drill, scenario } => {
                if let Some(live) = &self.live {
                    let bar = live.add(ProgressBar::new_spinner().with_message(name(drill, *scenario)));
                    let style = ProgressStyle::with_template("  {spinner} {msg} {elapsed}");
                    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
                    bar.enable_steady_tick(Duration::from_millis(80));
                    running.insert(name(drill, *scenario), bar);
                }
            }
            Event::Finished { drill, scenario, ended } => {
                if let Some(bar) = running.remove(&name(drill, *scenario)) {
                    bar.finish_and_clear();
                }
                if self.plain {
                    terminal::finished(&name(drill, *scenario), ended);
                }
            }
        }
    }
}

fn name(drill: &str, scenario: Scenario) -> String {
    match scenario {
        Scenario::Baseline => drill.to_owned(),
        Scenario::Sabotaged(id) => format!("{drill} under {id}"),
    }
}
