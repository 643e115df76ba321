//! What a page or a widget answers to an action or a key.

use super::question::Question;
use crate::{
    console::input::action::PageId,
    domain::Time,
    link::{Command, PastMoment},
};

/// What came of an action or a key.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Not for this page or widget.
    Ignored,
    /// The page changed; draw it.
    Changed,
    /// Ask the engine; its answer is shown as a toast.
    Send(Command),
    /// Ask the operator first; a yes sends the question's command.
    Ask(Question),
    /// Tell the operator something (shown as a toast).
    Say(String),
    /// Take the theme of this name.
    Theme(String),
    /// Open another page.
    Open(PageId),
    /// Open the page of this group at a moment.
    OpenGroup(String, Moment),
    /// Open the page of this name, and ask there which moment of the past it shows.
    OpenPast(PageId),
    /// Open the page of this group, and change its settings in thought.
    OpenWhatIf(String),
}

/// Which moment the page of a group shows, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// Now.
    Now,
    /// What is known now, with the crosshair on it.
    Marked(Time),
    /// What was known then.
    AsKnown(PastMoment),
}
