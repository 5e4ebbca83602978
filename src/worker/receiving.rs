//! What the relay sends to: the harness's sink, or one of the subject's own, started and with the harness's port before it.

use std::ops::Deref;

use regex::Regex;

use super::{Assignment, Worker};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fault::sink::{KeyFrom, Sink, Theirs};
use crate::subject::{OwnSink, Relay};
use crate::template::Values;

/// A sink, and the subject's own program behind it. Dropping it ends both.
#[derive(Debug)]
pub struct Receiver {
    sink: Sink,
    program: Option<Worker>,
}

impl Deref for Receiver {
    type Target = Sink;

    fn deref(&self) -> &Sink {
        &self.sink
    }
}

impl Receiver {
    /// Says that the subject's own sink still runs.
    ///
    /// # Errors
    /// Harness when it has ended, with its last lines.
    pub fn runs(&self) -> Result<()> {
        match &self.program {
            Some(program) if program.process().ended().is_some() => {
                Err(program.process().failure("ended while the relay was to send to it"))
            }
            _ => Ok(()),
        }
    }
}

impl Context {
    /// Opens what the relay sends to.
    ///
    /// # Errors
    /// Environment when there is no port or the subject's own sink cannot be started; harness when it does not come up;
    /// usage when it is given no port.
    pub async fn receiver(&self, relay: &Relay) -> Result<Receiver> {
        match &relay.sink {
            None => {
                let sink = Sink::start(KeyFrom::Header(relay.key_header.clone())).await?;
                Ok(Receiver { sink, program: None })
            }
            Some(own) => self.own_sink(relay, own).await,
        }
    }

    async fn own_sink(&self, relay: &Relay, own: &OwnSink) -> Result<Receiver> {
        let deliveries = self.scope.fresh_path("deliveries");
        let values = Values::new().with("deliveries", deliveries.display());
        let command = self.program(&own.program, &relay.role, &Assignment::with("sink", values))?;
        let port = command.port.ok_or_else(|| {
            Error::usage("`relay.sink.program` does not say where it listens")
                .fix("hand it `${port}`, and listen there at 127.0.0.1")
        })?;
        let pattern = Regex::new(&own.pattern).map_err(|error| Error::usage(error.to_string()))?;
        let program = Worker::start(&self.scope, &command).await?;
        command.up(program.process()).await?;
        self.recorder.note("sink", format!("the subject's own started (pid {})", program.process().pid()));
        let sink = Sink::before(Theirs { port, deliveries, pattern }).await?;
        Ok(Receiver { sink, program: Some(program) })
    }
}
