//! A smaller crowd: what a break shows, it shows with fewer buyers too, and sooner.

use sor_gate::subject::Stock;

/// Enough at once for a race.
const AT_ONCE: u32 = 16;

/// Lets ten buyers come for each piece and not too many at once, if there are no fewer anyway.
pub fn crowd(binding: &mut Stock) {
    binding.at_once = binding.at_once.min(AT_ONCE);
    binding.buyers = binding.buyers.min(binding.pieces.saturating_mul(10));
}
