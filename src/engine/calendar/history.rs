//! Undo and redo of the operators' edits of the calendar file.
//!
//! A step holds the whole text before and after, so that undo restores comments and order too. It can be
//! undone only while the file is as the step left it: later changes by others are never undone with it.

/// Maximum number of steps.
const MOST: usize = 100;
/// Maximum of their texts together, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditStep {
    /// Description of the edit.
    pub words: String,
    /// The file before.
    pub before: String,
    /// The file after.
    pub after: String,
}

/// Edits done and undone, the newest last.
#[derive(Debug, Default)]
pub struct EditHistory {
    done: Vec<EditStep>,
    undone: Vec<EditStep>,
}

impl EditHistory {
    /// Records an edit; edits undone before it cannot be redone any more.
    pub fn record(&mut self, step: EditStep) {
        self.undone.clear();
        self.done.push(step);
        let mut left = MOST_BYTES;
        let fits = |step: &&EditStep| {
            let rest = left.checked_sub(step.before.len() + step.after.len());
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        let kept = self.done.iter().rev().take(MOST).take_while(fits).count();
        self.done.drain(..self.done.len() - kept);
    }

    /// The edit that undo would revert, if the file is still `text`.
    pub fn last(&self, text: &str) -> Option<&EditStep> {
        self.done.last().filter(|step| step.after == text)
    }

    /// The edit that redo would apply again, if the file is still `text`.
    pub fn next(&self, text: &str) -> Option<&EditStep> {
        self.undone.last().filter(|step| step.before == text)
    }

    /// The newest edit was undone.
    pub fn stepped_back(&mut self) {
        self.undone.extend(self.done.pop());
    }

    /// The edit undone last was redone.
    pub fn stepped_forward(&mut self) {
        self.done.extend(self.undone.pop());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(before: &str, after: &str) -> EditStep {
        EditStep { words: format!("{before} to {after}"), before: before.into(), after: after.into() }
    }

    #[test]
    fn steps_go_back_and_forward_only_from_where_they_lead() {
        let mut history = EditHistory::default();
        history.record(step("a", "b"));
        history.record(step("b", "c"));
        assert_eq!(history.last("x"), None, "somebody else wrote x");
        assert_eq!(history.last("c"), Some(&step("b", "c")));
        history.stepped_back();
        assert_eq!((history.last("b"), history.next("b")), (Some(&step("a", "b")), Some(&step("b", "c"))));
        history.record(step("b", "d"));
        assert_eq!(history.next("d"), None, "a new edit ends what could be redone");
        (0..300).for_each(|_| history.record(step("d", "d")));
        assert_eq!(history.done.len(), MOST);
    }
}
