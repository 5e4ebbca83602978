//! A message meets the plan: what the toxic that it sets off does to it.

use super::message::WireMessage;
use super::plan::WireToxic;
use super::shared::{Admitted, Shared};
use crate::fault::FaultKind;

/// What becomes of a message.
pub(super) enum Step {
    Pass,
    /// Pass it, then cut; the text is the event's detail.
    PassThenCut(String),
    Cut,
}

/// Does what the toxic says, and says what is left to do with the message.
pub(super) async fn meet(shared: &Shared, admitted: Admitted, message: &WireMessage<'_>) -> Step {
    let Some((rule, toxic)) = admitted.toxic else { return Step::Pass };
    let what = message.describe(admitted.number);
    match toxic {
        WireToxic::Kill(kill) => {
            // The gate stays shut until the kill is over.
            let _gate = admitted.gate;
            if tokio::task::spawn_blocking(move || kill()).await.is_ok() {
                shared.happened(FaultKind::Kill, format!("killed before {what}"));
            }
            Step::Cut
        }
        WireToxic::CutBefore => {
            shared.happened(FaultKind::CutBefore, format!("cut before {what}"));
            Step::Cut
        }
        WireToxic::CutAfter => Step::PassThenCut(format!("cut after {what}")),
        WireToxic::Delay(late) => {
            shared.happened(FaultKind::Delay, format!("{late:?} before {what}"));
            tokio::time::sleep(late).await;
            Step::Pass
        }
        WireToxic::Hold => {
            let released = shared.next_release();
            shared.happened(FaultKind::Hold, format!("held {what}"));
            released.await;
            Step::Pass
        }
        // A start-up packet or a cancel request has no reply that could be lost.
        WireToxic::LoseReply => {
            shared.rearm(rule);
            Step::Pass
        }
    }
}
