//! One line of the last hours, in one row of text; a gap stays a gap.

use super::theme::Symbols;

/// `values` (oldest first) in `width` columns, newest at the right, scaled to their own maximum from zero. Each takes an equal share
/// of the width, so that values of longer steps cover the same time as others.
///
/// The highest bar leaves a line free, so that rows under each other stay apart. Columns that have only gaps show `·` (a blank in ASCII); zero shows the lowest bar, so the two differ.
pub fn sparkline(values: &[Option<f64>], width: usize, symbols: Symbols) -> String {
    let (levels, gap): (&[char], char) = match symbols {
        Symbols::Ascii => (&['_', '.', ':', '-', '=', '+', '*', '#'], ' '),
        Symbols::Braille | Symbols::Octant | Symbols::Block => (&['▁', '▂', '▃', '▄', '▅', '▆', '▇'], '·'),
    };
    let columns = spread(values, width);
    let top = columns.iter().flatten().copied().fold(0.0, f64::max);
    let level = |value: f64| {
        let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
        levels[(share * (levels.len() - 1) as f64).round() as usize]
    };
    if columns.is_empty() {
        return " ".repeat(width);
    }
    columns.into_iter().map(|v| v.map_or(gap, level)).collect()
}

/// `width` columns, or none without values: a value may fill several; where several share one, the highest is kept.
fn spread(values: &[Option<f64>], width: usize) -> Vec<Option<f64>> {
    if values.is_empty() {
        return Vec::new();
    }
    let finite = |v: &Option<f64>| v.filter(|v| v.is_finite());
    let edge = |column: usize| column * values.len() / width;
    let share = |column: usize| edge(column)..edge(column + 1).max(edge(column) + 1);
    (0..width).map(|column| values[share(column)].iter().filter_map(finite).reduce(f64::max)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gaps_and_zero_differ() {
        let values = [Some(0.0), None, Some(4.0), Some(8.0)];
        assert_eq!(sparkline(&values, 4, Symbols::Braille), "▁·▄▇");
        assert_eq!(sparkline(&values, 4, Symbols::Ascii), "_ =#");
        assert_eq!(sparkline(&values, 2, Symbols::Braille), "▁▇");
        assert_eq!(sparkline(&[], 2, Symbols::Braille), "  ");
    }

    #[test]
    fn the_same_hours_are_as_wide_with_long_steps_as_with_short_ones() {
        let peak_at = |step: usize| {
            let values: Vec<Option<f64>> =
                (0..48 / step).map(|n| Some(if n * step == 36 { 8.0 } else { 1.0 })).collect();
            let shown = sparkline(&values, 24, Symbols::Block);
            assert_eq!(shown.chars().count(), 24);
            shown.chars().position(|c| c == '▇')
        };
        assert_eq!([1, 2, 4, 12].map(peak_at), [Some(18); 4]);
    }

    proptest! {
        #[test]
        fn always_as_wide_as_asked(values in prop::collection::vec(prop::option::of(any::<f64>()), 0..60), width in 0usize..40) {
            prop_assert_eq!(sparkline(&values, width, Symbols::Block).chars().count(), width);
        }
    }
}
