//! The next value of a setting, and values as they are typed.

use std::ops::RangeInclusive;

use crate::domain::Seconds;

/// The next of `ladder` and `own` above `value`, or below it; `value` itself at an end.
pub(super) fn next<T: Copy + PartialOrd>(ladder: impl AsRef<[T]>, value: T, own: T, up: bool) -> T {
    let all = ladder.as_ref().iter().copied().chain([own]);
    let beyond = all.filter(|rung| if up { *rung > value } else { *rung < value });
    let nearer = |a: T, b: T| if (a < b) == up { a } else { b };
    beyond.reduce(nearer).unwrap_or(value)
}

/// The next of `own` doubled and halved again and again, and of the two bounds; each is `rounded`.
pub(super) fn doubled(
    own: f64,
    value: f64,
    (bounds, rounded): ((f64, f64), impl Fn(f64) -> f64),
    up: bool,
) -> f64 {
    let all = (-20..=20).map(|power| rounded(own * f64::powi(2.0, power)));
    let within = all.filter(|share| (bounds.0..=bounds.1).contains(share));
    let ladder: Vec<f64> = within.chain([bounds.0, bounds.1].map(&rounded)).collect();
    next(ladder, rounded(value), rounded(own), up)
}

/// Every fifth percent within `bounds`, as a share.
pub(super) fn percents(bounds: (f64, f64)) -> Vec<f64> {
    let all = (1..=20).map(|step| f64::from(5 * step) / 100.0);
    all.filter(|share| (bounds.0..=bounds.1).contains(share)).collect()
}

/// Without the digits that a float adds.
pub(super) fn rounded(value: f64) -> f64 {
    (1e7 * value).round() / 1e7
}

/// A number as it is typed.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

/// A length of time as it is typed: `5` and `5 min` are minutes, `90 s` seconds, `4 h` hours.
pub(super) fn seconds(text: &str, within: RangeInclusive<Seconds>) -> Option<Seconds> {
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = match text[digits.len()..].trim() {
        "" | "m" | "min" => 60.0,
        "s" => 1.0,
        "h" => 3_600.0,
        _ => return None,
    };
    let seconds = (number(digits)? * unit).round();
    Some(seconds.clamp(-1e12, 1e12) as Seconds).filter(|seconds| within.contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_is_doubled_and_halved_between_its_bounds_and_comes_back() {
        let bounds = ((0.005, 0.5), rounded);
        let mut seen = vec![0.05];
        for _ in 0..5 {
            seen.push(doubled(0.05, seen[seen.len() - 1], bounds, true));
        }
        assert_eq!(seen, [0.05, 0.1, 0.2, 0.4, 0.5, 0.5]);
        assert_eq!(doubled(0.05, 0.5, bounds, false), 0.4);
        assert_eq!(doubled(0.05, 0.00625, bounds, false), 0.005);
        assert_eq!(doubled(0.003, 0.003, ((0.000_01, 0.2), rounded), true), 0.006);
    }

    #[test]
    fn the_value_in_force_is_a_rung_of_its_own() {
        assert_eq!(next(&[1, 2, 5][..], 2, 3, true), 3);
        assert_eq!(next(&[1, 2, 5][..], 5, 3, false), 3);
        assert_eq!(next(&[1, 2, 5][..], 5, 3, true), 5);
        assert_eq!(next(percents((0.1, 1.0)), 0.8, 0.8, true), 0.85);
    }

    #[test]
    fn lengths_are_typed_in_minutes_unless_they_say_otherwise() {
        let read = |text| seconds(text, 0..=86_400);
        assert_eq!([read("5"), read("1.5 min"), read("90 s"), read("4h")], [300, 90, 90, 14_400].map(Some));
        assert_eq!([read("x"), read("-1"), read("9 d"), read("25 h"), read("inf")], [None; 5]);
    }
}
