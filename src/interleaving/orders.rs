//! Every order of several sequences that keeps each sequence's own order. Pure.

/// All merges of sequences of these lengths; an order names, per place, the sequence whose next step it is.
///
/// In lexicographic order: the first runs sequence 0 to its end, then sequence 1, and so on.
pub fn orders(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    extend(&mut lengths.to_vec(), &mut Vec::new(), &mut all);
    all
}

fn extend(left: &mut [usize], order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
    if left.iter().all(|left| *left == 0) {
        all.push(order.clone());
        return;
    }
    for sequence in 0..left.len() {
        if left[sequence] > 0 {
            left[sequence] -= 1;
            order.push(sequence);
            extend(left, order, all);
            order.pop();
            left[sequence] += 1;
        }
    }
}

/// How many such orders there are: the multinomial coefficient; none if it does not fit.
pub fn count(lengths: &[usize]) -> Option<u64> {
    let mut ways: u64 = 1;
    let mut total: u64 = 0;
    for length in lengths {
        for place in 1..=*length as u64 {
            total += 1;
            // Exact: the running product is a binomial coefficient times what came before.
            ways = ways.checked_mul(total)? / place;
        }
    }
    Some(ways)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_as_many_as_the_multinomial_says_and_no_two_alike() {
        for lengths in [&[][..], &[3], &[0, 2], &[1, 1], &[4, 4], &[2, 3, 4], &[3, 3, 3], &[1, 2, 1, 2]] {
            let all = orders(lengths);
            assert_eq!(Some(all.len() as u64), count(lengths), "{lengths:?}");
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            for order in &all {
                for (sequence, length) in lengths.iter().enumerate() {
                    assert_eq!(order.iter().filter(|s| **s == sequence).count(), *length);
                }
            }
        }
        assert_eq!(count(&[4, 4]), Some(70));
        assert_eq!(count(&[2, 3, 4]), Some(1260));
        assert_eq!(count(&[5, 5, 5]), Some(756_756));
        assert_eq!(count(&[90, 90, 90]), None);
    }

    #[test]
    fn two_by_one_reads_as_expected() {
        assert_eq!(orders(&[2, 1]), [[0, 0, 1], [0, 1, 0], [1, 0, 0]]);
    }
}
