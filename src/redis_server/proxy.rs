//! A proxy before the server: a port of 127.0.0.1 for one program, and every command written down.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use super::{Place, resp};
use crate::error::{Error, Result};

/// More commands than this are not kept.
const KEPT: usize = 100_000;

/// A command as a program sent it: its words, the name in upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The name.
    pub name: String,
    /// What follows the name; bytes that are no UTF-8 are replaced.
    pub words: Vec<String>,
}

/// A running proxy. Dropping it closes its port and every connection through it.
#[derive(Debug)]
pub struct RedisProxy {
    port: u16,
    commands: Arc<Mutex<Vec<Command>>>,
    task: JoinHandle<()>,
}

impl RedisProxy {
    pub(super) async fn start(upstream: Place) -> Result<Self> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let bound = bound.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
        let (port, listener) = bound
            .map_err(|error| Error::environment(format!("no port for the proxy before Redis: {error}")))?;
        let commands = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(attend(listener, upstream, Arc::clone(&commands)));
        Ok(Self { port, commands, task })
    }

    /// How a program reaches the server through it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// The commands that were passed on so far.
    pub fn commands(&self) -> Vec<Command> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for RedisProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn attend(listener: TcpListener, upstream: Place, commands: Arc<Mutex<Vec<Command>>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    connections.spawn(serve(client, upstream.clone(), Arc::clone(&commands)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A server that is down shows as a connection that is closed at once.
async fn serve(client: TcpStream, upstream: Place, commands: Arc<Mutex<Vec<Command>>>) {
    let _ = client.set_nodelay(true);
    let _ended = match upstream {
        Place::Socket(socket) => match UnixStream::connect(socket).await {
            Ok(server) => pass(client, server, &commands).await,
            Err(error) => Err(error),
        },
        Place::Tcp(host, port) => match TcpStream::connect((host, port)).await {
            Ok(server) => pass(client, server, &commands).await,
            Err(error) => Err(error),
        },
    };
}

async fn pass(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite,
    commands: &Mutex<Vec<Command>>,
) -> io::Result<()> {
    let (asks, mut hears) = client.into_split();
    let (mut answers, mut does) = tokio::io::split(server);
    let up = async {
        let mut asks = BufReader::new(asks);
        while let Some(words) = resp::next(&mut asks).await? {
            note(commands, &words);
            does.write_all(&resp::encoded(&words)).await?;
        }
        does.shutdown().await
    };
    let down = async { tokio::io::copy(&mut answers, &mut hears).await.map(|_| ()) };
    // When the server is gone, nothing more is to be said.
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
    }
}

fn note(commands: &Mutex<Vec<Command>>, words: &[Vec<u8>]) {
    let mut text = words.iter().map(|word| String::from_utf8_lossy(word).into_owned());
    let Some(name) = text.next() else { return };
    let mut kept = commands.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT {
        kept.push(Command { name: name.to_uppercase(), words: text.collect() });
    }
}
