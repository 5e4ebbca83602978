//! Turns what was seen of outbox, relays and sink into findings.

mod seen;
#[cfg(test)]
mod tests;

use sor_gate::fault::sink::Delivery;
use sor_gate::fault::sweep::Sweep;
use sor_gate::verdict::Finding;

pub use seen::{
    Atomic, Attempt, Cut, Failed, Failures, Kill, Kills, Message, Pair, Poison, Seen, Stands, Unique,
};

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        atomic_with_write(&seen.atomic),
        stays_pending(&seen.failures),
        dispatched_once(&seen.failures),
        dedup_on_redelivery(&seen.kills, &seen.sweep),
        two_relays(&seen.pair),
        poison_isolated(&seen.poison),
        dedup_key_unique(&seen.unique),
    ]
}

fn atomic_with_write(seen: &Atomic) -> Finding {
    let claim = "atomic_with_write";
    let expected = "business row and message both there or both absent, wherever the write is cut off";
    if seen.whole != (1, 1) {
        let (business, messages) = seen.whole;
        let why = format!("the whole write left {business} business row(s) and {messages} message(s)");
        return Finding::unproven(claim, expected, why);
    }
    let torn: Vec<String> = seen
        .cuts
        .iter()
        .filter(|cut| cut.business != cut.messages)
        .map(|cut| {
            format!(
                "cut behind statement {}: {} business row(s), {} message(s)",
                cut.after, cut.business, cut.messages
            )
        })
        .collect();
    let observed = match torn.is_empty() {
        true => format!("neither at {} cuts, both at the end", seen.cuts.len()),
        false => torn.join("; "),
    };
    Finding::judge(claim, torn.is_empty() && !seen.cuts.is_empty(), expected, observed).witnessed(format!(
        "the backend was terminated behind each of {} statement(s); the write left alone leaves one of each",
        seen.cuts.len()
    ))
}

fn stays_pending(seen: &Failures) -> Finding {
    let claim = "stays_pending";
    let expected = "pending, attempts 1, last error and next attempt set";
    let wrong: Vec<String> = seen.failed.iter().filter_map(wrong_after_failure).collect();
    let observed = match wrong.is_empty() {
        true => format!("so it was for each of {} messages", seen.failed.len()),
        false => wrong.join("; "),
    };
    if seen.fired.len() < seen.failed.len() {
        let why = format!("{} faults fired for {} messages: {observed}", seen.fired.len(), seen.failed.len());
        return Finding::unproven(claim, expected, why);
    }
    seen.fired.iter().fold(
        Finding::judge(claim, wrong.is_empty() && !seen.failed.is_empty(), expected, observed),
        |finding, (_, detail)| finding.witnessed(detail),
    )
}

fn wrong_after_failure(failed: &Failed) -> Option<String> {
    let Failed { key, began, message } = failed;
    let Some(message) = message else { return Some(format!("{key} is gone")) };
    let mut wrong = Vec::new();
    if message.status != "pending" || message.attempts != 1 {
        wrong.push(format!("{} attempt(s), {}", message.attempts, message.status));
    }
    if message.last_error.is_empty() {
        wrong.push("no last error".into());
    }
    if message.next_attempt.is_none_or(|next| next <= *began) {
        wrong.push("no next attempt ahead".into());
    }
    (!wrong.is_empty()).then(|| format!("{key}: {}", wrong.join(", ")))
}

fn dispatched_once(seen: &Failures) -> Finding {
    let claim = "dispatched_once";
    let expected = "with the next attempt dispatched, one effective delivery for each key";
    let mut wrong = Vec::new();
    for Failed { key, .. } in &seen.failed {
        let status = seen.retried.iter().find(|message| message.key == *key);
        let status = status.map_or("gone", |message| message.status.as_str());
        let effective = effective(&seen.deliveries, key);
        if status != "dispatched" || effective != 1 {
            wrong.push(format!("{key}: {status}, {effective} effective deliveries"));
        }
    }
    let observed = match wrong.is_empty() {
        true => {
            format!("{} messages dispatched, {} deliveries arrived", seen.failed.len(), seen.deliveries.len())
        }
        false => wrong.join("; "),
    };
    Finding::judge(claim, wrong.is_empty() && !seen.failed.is_empty(), expected, observed)
        .witnessed(format!("{} faults had fired in the attempts before", seen.fired.len()))
}

fn effective(deliveries: &[Delivery], key: &str) -> usize {
    deliveries.iter().filter(|delivery| delivery.key.as_deref() == Some(key) && delivery.effective()).count()
}

fn dedup_on_redelivery(seen: &Kills, sweep: &Sweep) -> Finding {
    let claim = "dedup_on_redelivery";
    let expected =
        "wherever the relay is killed: dispatched in the end, one effect; sent twice under one key";
    let (landed, missed): (Vec<&Kill>, Vec<&Kill>) = seen.kills.iter().partition(|kill| kill.landed);
    let effective = seen.deliveries.iter().filter(|delivery| delivery.effective()).count();
    let undone: Vec<String> =
        seen.messages.iter().filter(|message| message.status != "dispatched").map(Message::tell).collect();
    let mut observed = format!(
        "{} messages, {} deliveries, {effective} effects",
        seen.messages.len(),
        seen.deliveries.len()
    );
    for wrong in undone.iter().chain(&sweep.wrong()) {
        observed = format!("{observed}; {wrong}");
    }
    let holds = effective == seen.messages.len() && undone.is_empty() && sweep.wrong().is_none();
    let finding = landed.iter().fold(Finding::judge(claim, holds, expected, &*observed), |finding, kill| {
        finding.witnessed(&kill.witness)
    });
    if !holds {
        return finding;
    }
    if landed.len() < 4 {
        let missed = missed.iter().map(|kill| kill.witness.as_str()).collect::<Vec<_>>().join("; ");
        return Finding::unproven(
            claim,
            expected,
            format!("only {} of 4 kills landed: {missed}", landed.len()),
        );
    }
    if let Some(gap) = sweep.gap() {
        return Finding::unproven(claim, expected, format!("{}; {gap}", sweep.tell()));
    }
    let twice = |kill: &&&Kill| {
        seen.deliveries.iter().filter(|delivery| delivery.key.as_ref() == Some(&kill.key)).count() == 2
    };
    match landed.iter().filter(|kill| kill.redelivers).find(twice) {
        Some(kill) => finding
            .witnessed(format!("{} arrived twice under the same key", kill.key))
            .witnessed(sweep.witness()),
        None => Finding::unproven(claim, expected, "no message arrived twice, so nothing was deduplicated"),
    }
}

fn two_relays(seen: &Pair) -> Finding {
    let claim = "two_relays";
    let sent = seen.messages.len();
    let order = if seen.in_order.is_some() { ", in order" } else { "" };
    let expected = format!("{sent} messages sent by two relays at once, none by both{order}");
    let undone: Vec<String> =
        seen.messages.iter().filter(|message| message.status != "dispatched").map(Message::tell).collect();
    let repeats = seen.deliveries.len().saturating_sub(sent);
    let mut observed = format!("{} deliveries, {repeats} of them repeats", seen.deliveries.len());
    if !undone.is_empty() {
        observed = format!("{observed}; {}", undone.join("; "));
    }
    let disorder = seen.in_order.as_ref().filter(|arrived| !arrived.is_sorted());
    if let Some(arrived) = disorder {
        observed = format!("{observed}; arrived as {}", arrived.join(", "));
    }
    let holds = seen.deliveries.len() == sent && undone.is_empty() && disorder.is_none() && sent > 0;
    if holds && !matches!(seen.first_stands, Stands::Claiming | Stands::Sending) {
        let why = format!("the first relay was not at work when the second came: {}", seen.first_stands);
        return Finding::unproven(claim, expected, why);
    }
    if holds && seen.held == 0 {
        return Finding::unproven(claim, expected, "no request was open while the other relay ran");
    }
    Finding::judge(claim, holds, expected, observed)
        .witnessed(format!("when the second relay was started, of the first one: {}", seen.first_stands))
        .witnessed(format!("then of the second one: {}", seen.second_stands))
        .witnessed(format!(
            "while the sink kept {} request(s) open, {} relay(s) came to an end",
            seen.held, seen.ended_meanwhile
        ))
}

fn poison_isolated(seen: &Poison) -> Finding {
    let claim = "poison_isolated";
    let others = match seen.in_order {
        true => "no other overtakes it, and all go out in order once it is given up",
        false => "the others go out in the first pass",
    };
    let expected = format!("{others}; the poison backs off and is dead after {} attempts", seen.max_attempts);
    let mut wrong = wrong_with_others(seen);
    let Some(last) = seen.attempts.last() else {
        return Finding::unproven(claim, expected, "the poison message is not in the outbox");
    };
    if last.message.status != "dead" || last.message.attempts != seen.max_attempts {
        wrong.push(last.message.tell());
    }
    if seen.sent_afterwards > 0 {
        wrong.push(format!("sent {} more time(s) after its end", seen.sent_afterwards));
    }
    let pauses: Vec<i64> = seen
        .attempts
        .iter()
        .filter(|attempt| attempt.message.status == "pending")
        .map(|attempt| attempt.pause_ms.unwrap_or(0))
        .collect();
    if !grows(&pauses) {
        wrong.push(format!("the back-off does not grow: {pauses:?} ms"));
    }
    let observed = match wrong.is_empty() {
        true => format!(
            "{} others out {}; {}, back-off {pauses:?} ms",
            seen.others.len(),
            if seen.in_order { "in order behind it" } else { "in the first pass" },
            last.message.tell()
        ),
        false => wrong.join("; "),
    };
    if seen.sent == 0 {
        return Finding::unproven(claim, expected, "the sink never saw the poison message");
    }
    Finding::judge(claim, wrong.is_empty(), expected, observed)
        .witnessed(format!("the sink refused the poison message {} time(s) with status 500", seen.sent))
}

/// What is wrong with the messages that were queued behind the poison.
fn wrong_with_others(seen: &Poison) -> Vec<String> {
    let mut wrong = Vec::new();
    if !seen.in_order {
        let blocked: Vec<String> =
            seen.others.iter().filter(|message| message.status != "dispatched").map(Message::tell).collect();
        if !blocked.is_empty() || seen.others.is_empty() {
            wrong.push(format!("behind the poison: {}", blocked.join(", ")));
        }
        return wrong;
    }
    if !seen.overtook.is_empty() {
        wrong.push(format!("overtook it: {}", seen.overtook.join(", ")));
    }
    if seen.arrived.len() != seen.others.len() || !seen.arrived.is_sorted() || seen.others.is_empty() {
        wrong.push(format!(
            "behind the poison {} of {} arrived: {}",
            seen.arrived.len(),
            seen.others.len(),
            seen.arrived.join(", ")
        ));
    }
    wrong
}

/// Never shorter by more than a tenth (jitter), and longer in the end. A single pause has nothing to grow from.
fn grows(pauses: &[i64]) -> bool {
    let steady = pauses.windows(2).all(|pair| pair[1] * 10 >= pair[0] * 9);
    let (first, last) = (pauses.first().copied().unwrap_or(1), pauses.last().copied().unwrap_or(1));
    steady && first > 0 && (pauses.len() < 2 || last > first)
}

fn dedup_key_unique(seen: &Unique) -> Finding {
    let claim = "dedup_key_unique";
    let expected = "a second message under the same key is refused or adds nothing";
    if seen.others != 1 {
        let why = format!("a message under another key: {}, {} row(s)", seen.other, seen.others);
        return Finding::unproven(claim, expected, why);
    }
    let observed = format!("{} row(s) with the key, the second insert answered {}", seen.rows, seen.second);
    Finding::judge(claim, seen.rows == 1, expected, observed)
        .witnessed("a message under another key was added on the same connection")
}
