//! The proxy's sockets: Unix or TCP, on either side.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::postgres::{ConnectInfo, Host};

/// What the proxy listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// A fresh socket folder (0700) that goes with the proxy; the port number is the upstream's.
    Unix,
    /// A free port of 127.0.0.1.
    Tcp,
}

pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

pub(super) async fn connect(upstream: &ConnectInfo) -> io::Result<Box<dyn Socket>> {
    Ok(match &upstream.host {
        Host::Socket(folder) => Box::new(UnixStream::connect(socket(folder, upstream.port)).await?),
        Host::Tcp(host) => {
            let stream = TcpStream::connect((host.as_str(), upstream.port)).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
    })
}

/// The name that libpq looks for (PostgreSQL manual, `unix_socket_directories`).
fn socket(folder: &Path, port: u16) -> PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}

#[derive(Debug)]
enum Bound {
    Unix { listener: UnixListener, _folder: TempDir },
    Tcp(TcpListener),
}

/// A bound socket; the folder of a Unix socket is removed with it.
#[derive(Debug)]
pub(super) struct Listener {
    bound: Bound,
    host: Host,
    port: u16,
}

impl Listener {
    pub(super) async fn open(listen: Listen, port: u16) -> io::Result<Self> {
        match listen {
            Listen::Unix => {
                // tempfile makes folders 0700. The short name leaves room in the 107 bytes of a socket path.
                let folder = tempfile::Builder::new().prefix("wire-").tempdir()?;
                let host = Host::Socket(folder.path().to_owned());
                let listener = UnixListener::bind(socket(folder.path(), port))?;
                Ok(Self { bound: Bound::Unix { listener, _folder: folder }, host, port })
            }
            Listen::Tcp => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                let address = listener.local_addr()?;
                let host = Host::Tcp(address.ip().to_string());
                Ok(Self { bound: Bound::Tcp(listener), host, port: address.port() })
            }
        }
    }

    /// The same role and database as at `upstream`, reached through this socket.
    pub(super) fn before(&self, upstream: &ConnectInfo) -> ConnectInfo {
        ConnectInfo { host: self.host.clone(), port: self.port, ..upstream.clone() }
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Socket>> {
        Ok(match &self.bound {
            Bound::Unix { listener, .. } => Box::new(listener.accept().await?.0),
            Bound::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
        })
    }
}
