//! What a file is to say, and the lines that change, as people read them.

/// A file that is to be written once somebody has said yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDraft {
    /// Its path.
    pub path: String,
    /// Hash of what it says, by which a file is known that changed since.
    pub base: String,
    /// What it says.
    pub before: String,
    /// What it is to say.
    pub after: String,
}

impl FileDraft {
    /// Lines that go with `- `, lines that come with `+ `, a few around them with two blanks.
    pub fn lines(&self) -> Vec<String> {
        line_diff(&self.before, &self.after)
    }
}

/// What of the settings that were thought of the configuration can say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsDraft {
    /// The file, where anything changes in it.
    pub file: Option<FileDraft>,
    /// The keys that change in it.
    pub keys: Vec<&'static str>,
    /// Each key that it cannot say, with why.
    pub left_out: Vec<String>,
}

/// Lines around a change that are shown with it.
const AROUND: usize = 2;
/// Most lines of a stretch that are compared one by one; beyond it all of the one go and all of the other come.
const MOST: usize = 400;

/// What changes from `before` to `after`; nothing for the same.
fn line_diff(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    if gone.is_empty() && come.is_empty() {
        return Vec::new();
    }
    let around = |lines: &[&str]| lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>();
    let mut out = around(&old[head.saturating_sub(AROUND)..head]);
    out.extend(between(gone, come));
    out.extend(around(&old[old.len() - tail..(old.len() - tail + AROUND).min(old.len())]));
    out
}

/// The shortest way from `gone` to `come`.
fn between(gone: &[&str], come: &[&str]) -> Vec<String> {
    let minus = |line: &&str| format!("- {line}");
    let plus = |line: &&str| format!("+ {line}");
    if gone.len() > MOST || come.len() > MOST {
        return gone.iter().map(minus).chain(come.iter().map(plus)).collect();
    }
    // How many lines the rests from here on share.
    let mut shared = vec![vec![0usize; come.len() + 1]; gone.len() + 1];
    for i in (0..gone.len()).rev() {
        for j in (0..come.len()).rev() {
            shared[i][j] = match gone[i] == come[j] {
                true => shared[i + 1][j + 1] + 1,
                false => shared[i + 1][j].max(shared[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < gone.len() || j < come.len() {
        let both = i < gone.len() && j < come.len();
        if both && gone[i] == come[j] {
            out.push(format!("  {}", gone[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == come.len() || both && shared[i + 1][j] >= shared[i][j + 1] {
            out.push(minus(&gone[i]));
            i += 1;
        } else {
            out.push(plus(&come[j]));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_changed_line_stands_between_those_around_it() {
        let before = "a\nb\nc\nrisk = 0.95\nd\ne\nf\n";
        let after = before.replace("0.95", "0.9");
        assert_eq!(line_diff(before, &after), ["  b", "  c", "- risk = 0.95", "+ risk = 0.9", "  d", "  e"]);
        assert!(line_diff(before, before).is_empty());
        assert_eq!(line_diff("", "x\n"), ["+ x"]);
        assert_eq!(line_diff("x\n", ""), ["- x"]);
    }

    proptest! {
        #[test]
        fn what_goes_and_comes_makes_one_of_the_other(
            old in prop::collection::vec("[abc]", 0..12), new in prop::collection::vec("[abc]", 0..12),
        ) {
            let diff = line_diff(&old.join("\n"), &new.join("\n"));
            let count = |mark: &str| diff.iter().filter(|line| line.starts_with(mark)).count();
            prop_assert_eq!(old.len() + count("+ "), new.len() + count("- "));
            prop_assert_eq!(diff.is_empty(), old == new);
        }
    }
}
