//! What the keys, the palette and the mouse can ask for.

/// A page, by the name of the action that opens it. The list of pages is [`crate::console::pages::PAGES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(pub &'static str);

impl PageId {
    /// The page of all groups: where the journal leads for a moment of the past.
    pub const FLEET: PageId = PageId("fleet");
    /// The page that other pages open on one group.
    pub const GROUP: PageId = PageId("group");
    /// The page that other pages open to approve something.
    pub const PROPOSALS: PageId = PageId("proposals");
    /// The page on which the palette finds a key of the configuration.
    pub const SETTINGS: PageId = PageId("settings");
}

/// Everything that a key can ask for outside a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// Show or hide the help.
    Help,
    /// Open this page.
    Page(PageId),
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// To the left: earlier, previous day.
    Left,
    /// To the right: later, next day.
    Right,
    /// A page up, or the previous month.
    PageUp,
    /// A page down, or the next month.
    PageDown,
    /// The first line, or today.
    First,
    /// The last line.
    Last,
    /// Open what is chosen.
    Open,
    /// Back to where one came from; close what is open.
    Back,
    /// Approve the chosen proposal.
    Approve,
    /// Reject the chosen proposal.
    Reject,
    /// Put the chosen proposal off.
    Snooze,
    /// Propose the inverse of what the chosen entry did (asks first).
    Undo,
    /// Next mode for the chosen group (asks first).
    Mode,
    /// Freeze or release scale-in everywhere (asks first).
    Brake,
    /// Less time on the charts.
    ZoomIn,
    /// More time on the charts.
    ZoomOut,
    /// Back to now.
    Now,
    /// Next chart to fill the page, then all again.
    Expand,
    /// Next of the named ranges of time.
    Range,
    /// Read the values of one moment, or no longer.
    Crosshair,
    /// Logarithmic value axes, or linear ones again.
    Scale,
    /// Next past forecast to lie over what happened.
    Overlay,
    /// The decision before, with what was known then.
    EarlierDecision,
    /// The decision after, with what was known then.
    LaterDecision,
    /// What was known at a time (asks for it).
    AtTime,
    /// Change settings in thought, and see what follows.
    WhatIf,
    /// Add an entry.
    Add,
    /// Edit the chosen entry.
    Edit,
    /// Delete the chosen entry (asks first).
    Delete,
    /// Do again what was taken back.
    Redo,
    /// Read an iCalendar file (asks for its path).
    Import,
    /// Write an iCalendar file (asks for its path).
    Export,
    /// Train a challenger for the chosen group.
    Train,
    /// Cancel what runs in the background.
    Cancel,
    /// Start what the page has put together.
    Run,
    /// Tick or untick the chosen line.
    Tick,
    /// Promote the chosen model (asks first).
    Promote,
    /// Roll back to the champion before (asks first).
    RollBack,
    /// Pause or resume the simulated clock.
    Pause,
    /// Simulated clock faster.
    Faster,
    /// Simulated clock slower.
    Slower,
    /// Inject a fault into the simulation (opens a menu).
    Fault,
    /// Next theme.
    Theme,
    /// Save the screen as a picture.
    Picture,
    /// Filter what is listed.
    Filter,
    /// To the next line that the filter lets through, counted round.
    NextMatch,
    /// To the line before that the filter lets through, counted round.
    PreviousMatch,
    /// Show lines of the next kind alone, then all again.
    Kinds,
    /// Order the list by its next column.
    Sort,
    /// The other way round.
    Reverse,
    /// List the groups under headings: by tag, by source, or not.
    Headings,
    /// Suspend Terminate of groups that AWS can still shrink while the brake is on.
    SuspendTerminate,
    /// Hold the screen still, or let it go on.
    Freeze,
    /// Times in the fleet's zone, in UTC, on this machine's clock.
    Zone,
    /// Send what is chosen to the terminal's clipboard.
    Copy,
    /// Type what to do.
    Palette,
    /// The next page.
    NextPage,
    /// The page before.
    PreviousPage,
    /// Stop the program until the shell brings it back.
    Suspend,
}

impl Action {
    /// Its name in `prescale.toml` and in the palette: `next-page`.
    pub fn name(self) -> String {
        if let Action::Page(PageId(name)) = self {
            return name.to_owned();
        }
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// True for what only a simulation has: its clock and its faults.
    pub fn is_simulated(self) -> bool {
        matches!(self, Action::Pause | Action::Faster | Action::Slower | Action::Fault)
    }

    /// True where it works on a page with these actions of its own, in a simulation or not.
    pub fn works(self, page: &[Action], simulated: bool) -> bool {
        (page.contains(&self) || self.is_everywhere()) && (simulated || !self.is_simulated())
    }

    /// True if every page understands it.
    pub fn is_everywhere(self) -> bool {
        matches!(self, Action::Page(_)) || EVERYWHERE.contains(&self)
    }
}

/// What every page understands, beside the actions that open one.
const EVERYWHERE: &[Action] = &[
    Action::NextPage,
    Action::PreviousPage,
    Action::Up,
    Action::Down,
    Action::Left,
    Action::Right,
    Action::PageUp,
    Action::PageDown,
    Action::First,
    Action::Last,
    Action::Open,
    Action::Back,
    Action::Brake,
    Action::SuspendTerminate,
    Action::Pause,
    Action::Faster,
    Action::Slower,
    Action::Fault,
    Action::Freeze,
    Action::Zone,
    Action::Copy,
    Action::Theme,
    Action::Picture,
    Action::Palette,
    Action::Help,
    Action::Suspend,
    Action::Quit,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_have_names() {
        assert_eq!((Action::NextPage.name(), Action::Up.name()), ("next-page".into(), "up".into()));
        assert_eq!(Action::Page(PageId::GROUP).name(), "group");
    }
}
