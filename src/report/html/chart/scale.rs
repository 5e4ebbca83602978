//! From figures to places on an axis.

/// An axis, from nothing upwards or by powers of ten.
pub(super) struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// The axis on which all of the values find a place. Of powers of ten there are none below what is shown.
    pub(super) fn over(values: impl Iterator<Item = f64>, log: bool) -> Self {
        let shown = values.filter(|value| value.is_finite() && *value > 0.0);
        let (least, most) = shown.fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
        let most = if most > 0.0 { most } else { 1.0 };
        if log {
            let (low, high) = (least.min(most).log10().floor(), most.log10().ceil());
            return Self { low, high: high.max(low + 1.0), log };
        }
        Self { low: 0.0, high: round_up(most), log }
    }

    /// Where a value lies: 0 at the foot, 1 at the top.
    pub(super) fn part(&self, value: f64) -> f64 {
        let at = match (self.log, value > 0.0) {
            (false, _) => value,
            (true, true) => value.log10(),
            (true, false) => self.low,
        };
        ((at - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The values that get a line.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if !self.log {
            return [0.0, 0.5, 1.0].map(|part| self.high * part).to_vec();
        }
        let powers = std::iter::successors(Some(self.low), |power| Some(power + 1.0));
        powers.take_while(|power| *power <= self.high).map(|power| 10.0_f64.powf(power)).collect()
    }
}

/// The next of 1, 2, 5, 10, 20 …
fn round_up(value: f64) -> f64 {
    let decade = 10.0_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0].iter().map(|step| step * decade).find(|step| *step >= value).unwrap_or(10.0 * decade)
}

/// A figure in few characters.
pub(super) fn short(value: f64) -> String {
    match value {
        value if value >= 10_000.0 => format!("{:.0}k", value / 1000.0),
        value if value >= 1_000.0 => format!("{:.1}k", value / 1000.0),
        value if value >= 10.0 || value == 0.0 => format!("{value:.0}"),
        value if value >= 1.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_find_their_places() {
        let plain = Scale::over([300.0, 1200.0].into_iter(), false);
        assert_eq!(plain.ticks(), [0.0, 1000.0, 2000.0]);
        assert!((plain.part(500.0) - 0.25).abs() < 1e-9);
        let powers = Scale::over([0.2, 30.0].into_iter(), true);
        assert_eq!(
            powers.ticks().iter().map(|tick| short(*tick)).collect::<Vec<_>>(),
            ["0.10", "1.0", "10", "100"]
        );
        assert!((powers.part(1.0) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!((powers.part(0.0), powers.part(1e9)), (0.0, 1.0));
        assert_eq!([12_345.0, 1_234.0, 12.0, 1.25, 0.04].map(short), ["12k", "1.2k", "12", "1.2", "0.04"]);
    }

    #[test]
    fn nothing_has_an_axis_too() {
        for log in [false, true] {
            let none = Scale::over(std::iter::empty(), log);
            assert!(none.part(0.0).is_finite() && none.ticks().iter().all(|tick| tick.is_finite()));
        }
    }
}
