//! One line of the last hours, in one row of text; a gap stays a gap.

use super::theme::Symbols;

/// `values` (oldest first) in `width` columns, newest at the right, scaled to their own maximum from zero.
///
/// The highest bar leaves a line free, so that rows under each other stay apart. Columns that have only gaps show `·` (a blank in ASCII); zero shows the lowest bar, so the two differ.
pub fn sparkline(values: &[Option<f64>], width: usize, symbols: Symbols) -> String {
    let (levels, gap): (&[char], char) = match symbols {
        Symbols::Ascii => (&['_', '.', ':', '-', '=', '+', '*', '#'], ' '),
        Symbols::Braille | Symbols::Octant | Symbols::Block => (&['▁', '▂', '▃', '▄', '▅', '▆', '▇'], '·'),
    };
    let columns = shrink(values, width);
    let top = columns.iter().flatten().copied().fold(0.0, f64::max);
    let level = |value: f64| {
        let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
        levels[(share * (levels.len() - 1) as f64).round() as usize]
    };
    let drawn = columns.iter().map(|v| v.map_or(gap, level));
    std::iter::repeat_n(' ', width - columns.len().min(width)).chain(drawn).collect()
}

/// At most `width` columns; where several values share one, the highest is kept.
fn shrink(values: &[Option<f64>], width: usize) -> Vec<Option<f64>> {
    let finite = |v: &Option<f64>| v.filter(|v| v.is_finite());
    if values.len() <= width {
        return values.iter().map(finite).collect();
    }
    let edge = |column: usize| column * values.len() / width;
    (0..width).map(|c| values[edge(c)..edge(c + 1)].iter().filter_map(finite).reduce(f64::max)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gaps_and_zero_differ() {
        let values = [Some(0.0), None, Some(4.0), Some(8.0)];
        assert_eq!(sparkline(&values, 6, Symbols::Braille), "  ▁·▄▇");
        assert_eq!(sparkline(&values, 4, Symbols::Ascii), "_ =#");
        assert_eq!(sparkline(&values, 2, Symbols::Braille), "▁▇");
        assert_eq!(sparkline(&[], 2, Symbols::Braille), "  ");
    }

    proptest! {
        #[test]
        fn always_as_wide_as_asked(values in prop::collection::vec(prop::option::of(any::<f64>()), 0..60), width in 0usize..40) {
            prop_assert_eq!(sparkline(&values, width, Symbols::Block).chars().count(), width);
        }
    }
}
