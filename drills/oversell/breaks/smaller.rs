//! A smaller crowd: what a break shows, it shows with fewer buyers too, and sooner.

use sor_gate::subject::Stock;

/// Enough at once for a race.
const AT_ONCE: u32 = 16;

/// Lets ten buyers come for each piece and not too many at once, if there are no fewer anyway; always enough to stand in
/// line, and as many again to find nothing left.
pub fn crowd(binding: &mut Stock) {
    binding.at_once = binding.at_once.min(AT_ONCE);
    let enough = binding.pieces.saturating_mul(10).max(2 * binding.at_once);
    binding.buyers = binding.buyers.min(enough);
}
