//! Framing: a type byte, a length, a body that may be too long to keep.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};

/// A message longer than this is no message: Postgres itself stops at 1 GiB (`MaxAllocSize`).
const LONGEST: usize = 1 << 30;
/// Statement texts are read, and can be rewritten, up to here; what is longer passes with its head seen.
const TEXT_SEEN: usize = 16 << 20;
/// Enough of a row for a number in its first cell.
const ROW_SEEN: usize = 64;
/// Enough of a Bind for its names and up to 65,535 format codes, and of all else for everything.
const HEAD_SEEN: usize = 192 << 10;
const BUFFER: usize = 64 << 10;

/// A message whose head was read; `rest` bytes of its body still wait in the reader.
#[derive(Debug)]
pub(super) struct Frame {
    /// The type byte.
    pub(super) tag: u8,
    /// The body as far as it is looked at.
    pub(super) head: Vec<u8>,
    /// Bytes behind the head, not read yet.
    pub(super) rest: usize,
}

impl Frame {
    /// The head is the whole body.
    pub(super) fn whole(&self) -> bool {
        self.rest == 0
    }

    /// Type byte, length and head as they go on the wire.
    pub(super) fn encoded(&self) -> Vec<u8> {
        let length = self.head.len() + self.rest + 4;
        let mut bytes = Vec::with_capacity(self.head.len() + 5);
        bytes.push(self.tag);
        // `LONGEST` and the checks of Postgres's own encoder keep it below 2^31.
        bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(&self.head);
        bytes
    }
}

/// One direction of a connection: from one socket to the other.
pub(super) struct Pipe<R, W: AsyncWrite> {
    reader: BufReader<R>,
    writer: BufWriter<W>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Pipe<R, W> {
    pub(super) fn new(reader: R, writer: W) -> Self {
        Self {
            reader: BufReader::with_capacity(BUFFER, reader),
            writer: BufWriter::with_capacity(BUFFER, writer),
        }
    }

    /// The next message's head, or none at the end. Whatever was written goes out before it waits.
    pub(super) async fn next(&mut self, seen: impl Fn(u8) -> Seen) -> io::Result<Option<Frame>> {
        if self.reader.buffer().len() < 5 {
            self.writer.flush().await?;
            if self.reader.buffer().is_empty() && self.reader.fill_buf().await?.is_empty() {
                return Ok(None);
            }
        }
        let tag = self.reader.read_u8().await?;
        let length = usize::try_from(self.reader.read_i32().await?).unwrap_or(0);
        if !(4..=LONGEST).contains(&length) {
            let why = format!("a message of type {:?} claims {length} bytes", char::from(tag));
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let body = length - 4;
        let limit = match seen(tag) {
            Seen::Nothing => 0,
            Seen::Row => ROW_SEEN,
            Seen::Head => HEAD_SEEN,
            Seen::Text => TEXT_SEEN,
        };
        let mut head = vec![0; body.min(limit)];
        self.reader.read_exact(&mut head).await?;
        Ok(Some(Frame { tag, rest: body - head.len(), head }))
    }

    /// Reads what is left of the body.
    pub(super) async fn complete(&mut self, frame: &mut Frame) -> io::Result<()> {
        let start = frame.head.len();
        frame.head.resize(start + frame.rest, 0);
        frame.rest = 0;
        self.reader.read_exact(&mut frame.head[start..]).await.map(|_| ())
    }

    /// Passes a message on, its rest streamed.
    pub(super) async fn pass(&mut self, frame: &Frame) -> io::Result<()> {
        self.writer.write_all(&frame.encoded()).await?;
        let mut left = frame.rest;
        while left > 0 {
            let chunk = self.reader.fill_buf().await?;
            if chunk.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let size = chunk.len().min(left);
            self.writer.write_all(&chunk[..size]).await?;
            self.reader.consume(size);
            left -= size;
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes).await
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().await
    }

    /// Sends all that was written and says that no more will come.
    pub(super) async fn end(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }
}

/// How much of a message's body is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen {
    Nothing,
    Row,
    Head,
    Text,
}

/// What to look at in messages from the client.
pub(super) fn of_client(tag: u8) -> Seen {
    match tag {
        b'Q' | b'P' => Seen::Text,
        b'B' | b'E' => Seen::Head,
        _ => Seen::Nothing,
    }
}

/// What to look at in messages from the server.
pub(super) fn of_server(tag: u8) -> Seen {
    match tag {
        b'C' | b'E' | b'K' => Seen::Head,
        b'D' => Seen::Row,
        _ => Seen::Nothing,
    }
}

/// Splits off a zero-terminated string.
pub(super) fn cstr(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The first cell of a DataRow as a whole number, be it sent as text or in the binary form of smallint, integer or bigint.
pub(super) fn number(head: &[u8]) -> Option<i64> {
    let length = usize::try_from(i32::from_be_bytes(head.get(2..6)?.try_into().ok()?)).ok()?;
    let cell = head.get(6..6 + length)?;
    let text = || std::str::from_utf8(cell).ok()?.parse().ok();
    let binary = || match *cell {
        [a, b] => Some(i64::from(i16::from_be_bytes([a, b]))),
        [a, b, c, d] => Some(i64::from(i32::from_be_bytes([a, b, c, d]))),
        _ => Some(i64::from_be_bytes(cell.try_into().ok()?)),
    };
    text().or_else(binary)
}

/// The SQLSTATE in an ErrorResponse: field `C`.
pub(super) fn sqlstate(mut fields: &[u8]) -> Option<String> {
    while let [field, rest @ ..] = fields {
        let (value, behind) = cstr(rest)?;
        if *field == b'C' {
            return Some(String::from_utf8_lossy(value).into_owned());
        }
        fields = behind;
    }
    None
}

/// The process id in a BackendKeyData.
pub(super) fn pid(head: &[u8]) -> Option<i32> {
    head.first_chunk().copied().map(i32::from_be_bytes)
}

/// The text in a Query or a Parse message; of one too long to be kept, its beginning.
pub(super) fn text(tag: u8, head: &[u8]) -> Option<&[u8]> {
    let from = match tag {
        b'Q' => head,
        b'P' => cstr(head)?.1,
        _ => return None,
    };
    Some(cstr(from).map_or(from, |(text, _)| text))
}

/// The body of a Query or a Parse message with its text replaced.
pub(super) fn with_text(tag: u8, head: &[u8], text: &str) -> Option<Vec<u8>> {
    let (name, old) = if tag == b'P' { cstr(head)? } else { (&[][..], head) };
    let (_, behind) = cstr(old)?;
    let mut body = Vec::with_capacity(head.len() + text.len());
    if tag == b'P' {
        body.extend_from_slice(name);
        body.push(0);
    }
    body.extend_from_slice(text.as_bytes());
    body.push(0);
    body.extend_from_slice(behind);
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use postgres_protocol::message::frontend;

    #[test]
    fn a_rewritten_message_is_what_the_encoder_would_make() {
        let encode = |sql| {
            let (mut query, mut parse) = (BytesMut::new(), BytesMut::new());
            frontend::query(sql, &mut query).unwrap();
            frontend::parse("s1", sql, [23, 25], &mut parse).unwrap();
            [query, parse]
        };
        for (old, new) in encode("SELECT 1 FOR UPDATE").iter().zip(encode("SELECT é")) {
            assert_eq!(text(old[0], &old[5..]), Some(&b"SELECT 1 FOR UPDATE"[..]));
            let head = with_text(old[0], &old[5..], "SELECT é").unwrap();
            assert_eq!(Frame { tag: old[0], head, rest: 0 }.encoded(), new);
        }
    }

    #[tokio::test]
    async fn an_impossible_length_is_refused() {
        for length in [3_i32, -1, i32::MAX] {
            let mut bytes = vec![b'Q'];
            bytes.extend_from_slice(&length.to_be_bytes());
            let mut pipe = Pipe::new(&bytes[..], Vec::new());
            assert_eq!(pipe.next(of_client).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }
}
