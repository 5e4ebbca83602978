//! A reply that may have to be lost. Pure.

use super::frame::Frame;
use super::message::WireMessage;

/// Replies kept back until it is known whether the statement took effect.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    completed: Option<String>,
    failed: bool,
}

impl Kept {
    pub(super) fn keep(&mut self, frame: &Frame, message: &WireMessage<'_>) {
        self.bytes.extend_from_slice(&frame.encoded());
        self.failed |= message.tag == b'E' || message.completed == Some("ROLLBACK");
        if let Some(completed) = message.completed {
            self.completed = Some(completed.into());
        }
    }

    /// The tag that it completed with; else the replies, to be passed on after all.
    pub(super) fn done(&mut self) -> Result<String, Vec<u8>> {
        let Kept { bytes, completed, failed } = std::mem::take(self);
        completed.filter(|_| !failed).ok_or(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Direction;
    use super::*;

    fn after(tags: &[(u8, Option<&str>)]) -> Result<String, usize> {
        let mut kept = Kept::default();
        for (tag, completed) in tags {
            let direction = Direction::ToClient;
            let message = WireMessage {
                connection: 1,
                direction,
                tag: *tag,
                sql: None,
                completed: *completed,
                sqlstate: None,
            };
            kept.keep(&Frame { tag: *tag, head: Vec::new(), rest: 0 }, &message);
        }
        kept.done().map_err(|bytes| bytes.len())
    }

    #[test]
    fn only_what_took_effect_is_lost() {
        assert_eq!(after(&[(b'2', None), (b'C', Some("COMMIT")), (b'Z', None)]), Ok("COMMIT".into()));
        assert_eq!(after(&[(b'C', Some("ROLLBACK")), (b'Z', None)]), Err(10));
        assert_eq!(after(&[(b'C', Some("INSERT 0 1")), (b'E', None), (b'Z', None)]), Err(15));
        assert_eq!(after(&[(b'I', None), (b'Z', None)]), Err(10));
    }
}
