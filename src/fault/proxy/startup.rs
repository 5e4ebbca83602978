//! The start of a connection: what comes before messages have type bytes.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::endpoint::Socket;

/// Codes from the manual, section "Message Formats".
const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;
/// `MAX_STARTUP_PACKET_LENGTH` of the server.
const LONGEST: usize = 10_000;

/// What a client wants, with the packet as it came.
#[derive(Debug)]
pub(super) enum Hello {
    Session(Vec<u8>),
    Cancel(Vec<u8>),
}

/// Reads the first packet. Offers of encryption are declined: the proxy has to read along.
pub(super) async fn hello(client: &mut dyn Socket) -> io::Result<Hello> {
    loop {
        let length = client.read_u32().await?;
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if !(8..=LONGEST).contains(&size) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a start-up packet"));
        }
        let mut packet = vec![0; size];
        packet[..4].copy_from_slice(&length.to_be_bytes());
        client.read_exact(&mut packet[4..]).await?;
        let code = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        match code {
            SSL_REQUEST | GSSENC_REQUEST => {
                client.write_all(b"N").await?;
                client.flush().await?;
            }
            CANCEL_REQUEST => return Ok(Hello::Cancel(packet)),
            _ => return Ok(Hello::Session(packet)),
        }
    }
}
