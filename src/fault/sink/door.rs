//! The listening port: open, or closed so that a connect is really refused.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::{Behind, Shared, serve, theirs};
use crate::error::{Error, Result};
use crate::fault::{FaultEvent, FaultKind};

/// Longest that a closed port may still answer, and the pause between two looks.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(1);

/// Accepts connections in a task of its own, which ends with it.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    orders: mpsc::Sender<(bool, oneshot::Sender<io::Result<()>>)>,
    task: JoinHandle<()>,
}

impl Door {
    pub(super) async fn open(shared: Arc<Shared>) -> Result<Self> {
        let (keeper, listener) = reserve().map_err(|error| {
            Error::environment(format!("no port for the HTTP sink: {error}")).at("127.0.0.1")
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::environment(format!("the sink's port has no address: {error}")))?;
        let (orders, inbox) = mpsc::channel(1);
        let task = tokio::spawn(attend(keeper, Some(listener), address, inbox, shared));
        Ok(Self { address, orders, task })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns once the port is as asked for.
    pub(super) async fn set_open(&self, open: bool) -> Result<()> {
        let (done, answer) = oneshot::channel();
        let gone = |why: String| Error::harness(why).at(self.address);
        self.orders.send((open, done)).await.map_err(|_| gone("the HTTP sink has ended".into()))?;
        let outcome = answer.await.map_err(|_| gone("the HTTP sink has ended".into()))?;
        outcome.map_err(|error| gone(format!("the sink's port could not be switched: {error}")))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A port, and a bound socket that never listens: it keeps the port ours while the listener is closed.
fn reserve() -> io::Result<(TcpSocket, TcpListener)> {
    let keeper = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let listener = bound(keeper.local_addr()?)?.listen(1024)?;
    Ok((keeper, listener))
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn attend(
    _keeper: TcpSocket,
    mut listener: Option<TcpListener>,
    address: SocketAddr,
    mut inbox: mpsc::Receiver<(bool, oneshot::Sender<io::Result<()>>)>,
    shared: Arc<Shared>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            order = inbox.recv() => {
                let Some((open, done)) = order else { return };
                let outcome = switch(&mut listener, open, address, &shared).await;
                // Nobody waits for the answer any more: nothing to tell.
                let _ = done.send(outcome);
            }
            accepted = accept(listener.as_ref()) => {
                // A failed accept (say, the client is gone already) concerns that client alone.
                if let Ok(stream) = accepted {
                    let own = Arc::clone(&shared);
                    match &shared.behind {
                        Behind::Ours(key) => connections.spawn(serve::connection(stream, own, key.clone())),
                        Behind::Theirs(sink) => connections.spawn(theirs::connection(stream, own, sink.port)),
                    };
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

async fn switch(
    listener: &mut Option<TcpListener>,
    open: bool,
    address: SocketAddr,
    shared: &Shared,
) -> io::Result<()> {
    if open && listener.is_none() {
        *listener = Some(bound(address)?.listen(1024)?);
    } else if !open && listener.take().is_some() {
        let refusal = refused(address).await?;
        let detail = format!("closed {address}; a connect was answered: {refusal}");
        shared.change(|state| state.events.push(FaultEvent::now(FaultKind::Refused, detail)));
    }
    Ok(())
}

/// The closed port proves itself: our own connect must be refused. A child that is just being started holds a copy of
/// the listener until it executes its program, so what a connect meets first, an answer or a reset, need not be the last.
async fn refused(address: SocketAddr) -> io::Result<io::Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let met = match TcpStream::connect(address).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Ok(error),
            Err(error) => error,
            Ok(_) => io::Error::other("closed, and still a connect succeeded"),
        };
        if Instant::now() >= deadline {
            return Err(met);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
