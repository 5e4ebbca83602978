//! The ways to order: with a lock, without one, and without any protection.

use sor_gate::rewrite;
use sor_gate::subject::Stock;

/// What protects the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// A lock on what is sold.
    Lock,
    /// A version that is compared.
    Version,
    /// Nothing.
    None,
}

impl Guard {
    /// Its name in the evidence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lock => "with a lock",
            Self::Version => "optimistic",
            Self::None => "unprotected",
        }
    }
}

/// The statements of one way to order.
pub struct Variant {
    pub guard: Guard,
    /// What is looked at first, outside of the order's transaction.
    pub read: Option<String>,
    pub order: Vec<String>,
}

impl Variant {
    /// The ways that the subject describes, the one with a lock first.
    pub fn of(binding: &Stock) -> Vec<Self> {
        let mut all = vec![Self { guard: Guard::Lock, read: None, order: binding.locking.clone() }];
        if let Some(optimistic) = &binding.optimistic {
            let (read, order) = (Some(optimistic.read.clone()), optimistic.order.clone());
            all.push(Self { guard: Guard::Version, read, order });
        }
        all.extend(unprotected(binding).map(|order| Self { guard: Guard::None, read: None, order }));
        all
    }
}

/// The order without protection: as declared, else the locking one without its locks; `None` when it has none to lose.
pub fn unprotected(binding: &Stock) -> Option<Vec<String>> {
    if !binding.unprotected.is_empty() {
        return Some(binding.unprotected.clone());
    }
    let bare: Vec<Option<String>> = binding.locking.iter().map(|sql| rewrite::without_locking(sql)).collect();
    let any = bare.iter().any(Option::is_some);
    let order = binding.locking.iter().zip(bare).map(|(locked, bare)| bare.unwrap_or_else(|| locked.clone()));
    any.then(|| order.collect())
}
