//! Whether attacks were refused, and by what.

use sor_gate::session::{Outcome, Refusal, Rows};
use sor_gate::standing::HeldRole;
use sor_gate::verdict::Finding;

/// What every attack must come to.
pub const EXPECTED: &str = "refused by a privilege (42501) or by a trigger of the table, the row unchanged";

/// How Postgres up to 15 refuses the grant of a superuser's role (`user.c`), without naming the role.
const OF_SUPERUSERS: &str = "must be superuser to alter superusers";

/// An append as the Worker does it.
pub struct Append {
    pub outcome: Outcome,
    /// By how many the events grew.
    pub added: u64,
    /// The id of the newest event.
    pub id: String,
}

impl Append {
    fn landed(&self) -> bool {
        self.outcome.refusal().is_none() && self.added == 1
    }

    fn tell(&self) -> String {
        match self.outcome.refusal() {
            Some(refusal) => refusal.to_string(),
            None => format!("{} event(s) more", self.added),
        }
    }
}

/// What may refuse.
pub struct Guard {
    /// Bare name of the events table.
    pub table: String,
    /// The table's triggers and their functions.
    pub triggers: Vec<String>,
    /// SQLSTATEs that the subject declares as refusals.
    pub refusals: Vec<String>,
}

/// One attack.
pub struct Attempt {
    pub what: String,
    /// What a refusal for want of a privilege must name; empty where anything will do.
    pub object: String,
    pub outcome: Outcome,
    /// Whether the event was changed or gone afterwards.
    pub changed: bool,
    /// Whether being carried out had no effect.
    pub harmless: bool,
    /// Aimed at a view: one that cannot be updated refuses by 55000.
    pub view: bool,
    /// Aimed at a row that the event refers to: what counts is the event.
    pub parent: bool,
    /// COPY itself was refused, so that nothing came in.
    pub copy_closed: bool,
}

impl Attempt {
    /// An attack still to be made.
    pub fn on(what: String, object: &str) -> Self {
        let outcome = Outcome::Done(Rows::default());
        Self {
            what,
            object: object.into(),
            outcome,
            changed: false,
            harmless: false,
            view: false,
            parent: false,
            copy_closed: false,
        }
    }

    /// Aimed at a view.
    #[must_use]
    pub fn view(self) -> Self {
        Self { view: true, ..self }
    }

    /// Aimed at a row that the event refers to.
    #[must_use]
    pub fn parent(self) -> Self {
        Self { parent: true, ..self }
    }

    fn tell(&self) -> String {
        let (what, outcome) = (&self.what, &self.outcome);
        match outcome {
            _ if self.changed => format!("{what}: {outcome}, the event was changed"),
            Outcome::Done(_) if self.harmless => format!("{what}: carried out without effect"),
            _ => format!("{what}: {outcome}"),
        }
    }

    /// `Some(true)`: refused by what must refuse it; `Some(false)`: it got through; `None`: stopped by something else.
    fn refused(&self, guard: &Guard) -> Option<bool> {
        if self.changed {
            return Some(false);
        }
        match &self.outcome {
            Outcome::Done(_) => Some(self.parent || self.harmless),
            Outcome::Refused(refusal) => self.by_guard(refusal, guard).then_some(true),
        }
    }

    fn by_guard(&self, refusal: &Refusal, guard: &Guard) -> bool {
        let context = refusal.context.as_deref().unwrap_or_default();
        let named = |word: &String| names(&refusal.message, word) || names(context, word);
        match refusal.sqlstate.as_str() {
            "42501" if self.object.is_empty() || names(&refusal.message, &self.object) => true,
            "42501" if refusal.message == OF_SUPERUSERS => true,
            "55000" | "0A000" if self.view => names(&refusal.message, &self.object),
            "23503" | "23001" if self.parent => true,
            "0A000" if self.copy_closed => true,
            state if guard.refusals.iter().any(|declared| declared == state) => true,
            _ => guard.triggers.iter().any(named),
        }
    }
}

/// Whether a text has this identifier as a word of its own.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, found)| {
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !part(text[..at].chars().next_back()) && !part(text[at + found.len()..].chars().next())
    })
}

/// The role can append.
pub fn insert_allowed(seen: &Append) -> Finding {
    Finding::judge("insert_allowed", seen.landed(), "1 event more", seen.tell())
        .witnessed(format!("admin counted {} event(s) more after the append", seen.added))
}

/// Every attempt is refused by a guard.
pub fn refused(claim: &str, attempts: &[Attempt], guard: &Guard, control: &Append) -> Finding {
    if !control.landed() {
        let why = format!("the append on the same connection came to {}", control.tell());
        return Finding::unproven(claim, EXPECTED, why);
    }
    let through: Vec<_> =
        attempts.iter().filter(|attempt| attempt.refused(guard) == Some(false)).map(Attempt::tell).collect();
    let unclear: Vec<_> =
        attempts.iter().filter(|attempt| attempt.refused(guard).is_none()).map(Attempt::tell).collect();
    if through.is_empty() && !unclear.is_empty() {
        return Finding::unproven(
            claim,
            EXPECTED,
            format!("stopped by something else: {}", unclear.join("; ")),
        );
    }
    let observed = if through.is_empty() {
        format!("{} attempt(s), all refused", attempts.len())
    } else {
        format!("{} of {} got through: {}", through.len(), attempts.len(), through.join("; "))
    };
    let mut finding = Finding::judge(claim, through.is_empty() && !attempts.is_empty(), EXPECTED, observed)
        .witnessed("an append succeeded on the same connection afterwards");
    for attempt in attempts {
        finding = finding.witnessed(attempt.tell());
    }
    finding
}

/// What was tried to get around the rule.
#[derive(Default)]
pub struct Around {
    pub attempts: Vec<Attempt>,
    pub copied: Option<Attempt>,
    /// What there was to try, in words.
    pub looked_at: String,
}

/// No way around leads to a changed event.
pub fn upsert_merge_refused(seen: &Around, guard: &Guard, control: &Append) -> Finding {
    let claim = "upsert_merge_refused";
    let copied = seen.copied.as_ref();
    let finding =
        refused(claim, &seen.attempts, guard, control).witnessed(format!("found: {}", seen.looked_at));
    let Some(copied) = copied else { return finding };
    let told = copied.tell();
    match copied.refused(guard) {
        Some(true) => finding.witnessed(told),
        Some(false) => Finding::judge(claim, false, EXPECTED, told),
        None => Finding::unproven(claim, EXPECTED, format!("stopped by something else: {told}")),
    }
}

/// The role can neither become the owner nor do what only he can.
pub fn not_owner(attempts: &[Attempt], guard: &Guard, held: &[HeldRole], control: &Append) -> Finding {
    let finding = refused("not_owner", attempts, guard, control);
    match held.iter().find(|role| role.superuser) {
        Some(role) => Finding::judge(
            "not_owner",
            false,
            EXPECTED,
            format!("{} is superuser; {}", role.name, finding.observed),
        ),
        None => finding,
    }
}
