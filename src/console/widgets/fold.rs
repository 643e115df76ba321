//! Lines that say the same again, but for their numbers, folded into the newest of them: advice that changes by one every
//! five minutes is one line with a count, not a page.

use chrono_tz::Tz;

use crate::{console::draw::axis::clock, domain::Time};

/// How many lines that are shown already a line may be folded over: what is older starts anew.
const REACH: usize = 12;

/// A line that is shown and those folded into it, as places in the list; the newest comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The line that is shown.
    pub newest: usize,
    /// The older ones that are folded into it.
    pub older: Vec<usize>,
}

impl Run {
    /// A line on its own.
    pub fn single(at: usize) -> Run {
        Run { newest: at, older: Vec::new() }
    }

    /// The oldest line.
    pub fn oldest(&self) -> usize {
        self.older.last().copied().unwrap_or(self.newest)
    }
}

/// Folds lines, given newest first, that have the same key; a line without one stands alone.
pub fn fold(keys: impl IntoIterator<Item = Option<String>>) -> Vec<Run> {
    let mut runs: Vec<(Option<String>, Run)> = Vec::new();
    for (at, key) in keys.into_iter().enumerate() {
        let near = runs.iter_mut().rev().take(REACH).find(|(known, _)| key.is_some() && *known == key);
        match near {
            Some((_, run)) => run.older.push(at),
            None => runs.push((key, Run::single(at))),
        }
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

/// `(20 times since 12:05) `, where so many `more` lines are folded into one.
pub fn times(more: usize, since: Time, zone: Tz) -> String {
    match more {
        0 => String::new(),
        more => format!("({} times since {}) ", more + 1, clock(since, zone)),
    }
}

/// `text` with every number made the same; digits within a name, as in `web-2` or `i-0a1b`, are no number.
pub fn shape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut name = false;
    for c in text.chars() {
        if name || !c.is_ascii_digit() {
            name = c.is_alphabetic() || (name && (c.is_alphanumeric() || matches!(c, '-' | '_')));
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

/// The direction of the first `4 → 7` in `text`: `Some(true)` for more.
pub fn direction(text: &str) -> Option<bool> {
    let (before, after) = text.split_once('→')?;
    let from: u64 = before.split_whitespace().next_back()?.parse().ok()?;
    let to = after.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()?;
    Some(to > from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_fold_over_others_and_the_rest_stands_alone() {
        let key = |text: &str| (!text.is_empty()).then(|| shape(text));
        let runs = fold(["web 4 → 5", "", "api 1 → 2", "web 3 → 4", "", "web 20 → 3"].map(key));
        assert_eq!(
            runs,
            [Run { newest: 0, older: vec![3, 5] }, Run::single(1), Run::single(2), Run::single(4)]
        );
        assert_eq!(runs[0].oldest(), 5);
        assert_eq!(shape("web-2: 60 → 55, 1.5 %"), "web-2: # → #, #.# %", "another group is another line");
        assert_eq!(
            shape("want 3-7, after 12_000 s: -4"),
            "want #-#, after #_# s: -#",
            "a dash begins no name"
        );
        assert_eq!(shape("i-0a1b2c of web_2 in eu-west-1a went"), "i-0a1b2c of web_2 in eu-west-1a went");
        let far = fold(std::iter::once(key("a 1")).chain((0..REACH).map(|_| None)).chain([key("a 2")]));
        assert_eq!(far.len(), REACH + 2, "what is far away is shown again");
    }

    #[test]
    fn directions_are_read() {
        assert_eq!(direction("desired capacity 23 → 19: the load"), Some(false));
        assert_eq!(direction("floor 2 → 16"), Some(true));
        assert_eq!((direction("4 to 5"), direction("a → b"), direction("1 → ")), (None, None, None));
    }
}
