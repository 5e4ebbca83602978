//! Commands on the wire: arrays of bulk strings (Redis serialization protocol), as clients send them.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// No client of ours sends longer lines, words or commands.
const LONGEST_LINE: usize = 64 << 10;
const LONGEST_WORD: usize = 64 << 20;
const MOST_WORDS: usize = 1 << 16;

/// The next command's words; none at the end. Words on a plain line are a command too.
pub(super) async fn next(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<Vec<u8>>>> {
    let Some(head) = line(reader).await? else { return Ok(None) };
    let Some(count) = head.strip_prefix(b"*") else {
        let words = head.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        return Ok(Some(words.map(<[u8]>::to_vec).collect()));
    };
    let count = number(count, MOST_WORDS)?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let head = line(reader).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = head.strip_prefix(b"$").ok_or_else(|| bad("a word without its length"))?;
        let mut word = vec![0; number(length, LONGEST_WORD)? + 2];
        reader.read_exact(&mut word).await?;
        word.truncate(word.len() - 2);
        words.push(word);
    }
    Ok(Some(words))
}

/// The command as it goes on the wire.
pub(super) fn encoded(words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
    if (&mut *reader).take(limit).read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(bad("a line without end"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

fn number(text: &[u8], most: usize) -> io::Result<usize> {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.filter(|number| *number <= most).ok_or_else(|| bad("a length that cannot be"))
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn commands_are_read_as_they_were_sent() {
        let words = vec![b"SET".to_vec(), b"a\r\nb".to_vec(), Vec::new()];
        let mut bytes = encoded(&words);
        bytes.extend_from_slice(b"PING  now\r\n");
        let mut reader = &bytes[..];
        assert_eq!(next(&mut reader).await.unwrap(), Some(words));
        assert_eq!(next(&mut reader).await.unwrap(), Some(vec![b"PING".to_vec(), b"now".to_vec()]));
        assert_eq!(next(&mut reader).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused() {
        for bytes in ["*-1\r\n", "*x\r\n", "*1\r\n+OK\r\n", "*1\r\n$99999999999\r\n", "*99999999\r\n", "*1"] {
            assert!(next(&mut bytes.as_bytes()).await.is_err(), "{bytes:?}");
        }
    }
}
