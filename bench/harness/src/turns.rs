//! Two sides, measured in turns.

use crate::Result;

/// The measurements of two sides, turn by turn.
#[derive(Debug, Clone)]
pub struct Turns {
    /// Our values.
    pub ours: Vec<f64>,
    /// The values of the other side.
    pub beside: Vec<f64>,
}

impl Turns {
    /// The ratio of each turn, ours by the other.
    #[must_use]
    pub fn ratios(&self) -> Vec<f64> {
        let pairs = self.ours.iter().zip(&self.beside);
        pairs.map(|(ours, beside)| ours / beside).collect()
    }
}

/// Measures two sides in turns. The side that begins changes from turn to turn, so that a machine
/// that slows down or speeds up favours neither.
///
/// # Errors
///
/// The first that a side returns.
pub fn take_turns(
    rounds: usize,
    mut ours: impl FnMut() -> Result<f64>,
    mut beside: impl FnMut() -> Result<f64>,
) -> Result<Turns> {
    let mut turns = Turns {
        ours: Vec::with_capacity(rounds),
        beside: Vec::with_capacity(rounds),
    };
    for round in 0..rounds {
        if round % 2 == 0 {
            turns.ours.push(ours()?);
            turns.beside.push(beside()?);
        } else {
            turns.beside.push(beside()?);
            turns.ours.push(ours()?);
        }
    }
    Ok(turns)
}

/// The middle value, or the mean of the two in the middle.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// The value that this part of the values does not exceed.
#[must_use]
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * part).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

/// How far the values lie apart, as a part of their median.
pub(crate) fn spread(values: &[f64]) -> f64 {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Counts may all be nothing.
    if most == least {
        return 0.0;
    }
    (most - least) / median(values)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 100.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0, 3.0, 100.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_quantile_is_a_value() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&values, 0.99), 99.0);
        assert_eq!(quantile(&values, 0.5), 50.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn the_spread_is_a_part_of_the_median() {
        assert_eq!(spread(&[9.0, 10.0, 12.0]), 0.3);
        assert_eq!(spread(&[4.0]), 0.0);
        assert_eq!(spread(&[0.0, 0.0]), 0.0);
    }

    #[test]
    fn sides_take_turns_at_beginning() {
        let order = RefCell::new(String::new());
        let side = |letter, value| {
            let order = &order;
            move || {
                order.borrow_mut().push(letter);
                Ok(value)
            }
        };
        let turns = take_turns(3, side('o', 3.0), side('b', 2.0)).unwrap();
        assert_eq!(order.into_inner(), "obboob");
        assert_eq!(turns.ratios(), [1.5; 3]);
    }
}
