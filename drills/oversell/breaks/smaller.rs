//! A smaller crowd: what a break shows, it shows with fewer buyers too, and sooner.

use sor_gate::subject::Stock;

/// Lets ten buyers come for each piece, if there are no fewer anyway.
pub fn crowd(binding: &mut Stock) {
    binding.buyers = binding.buyers.min(binding.pieces.saturating_mul(10));
}
