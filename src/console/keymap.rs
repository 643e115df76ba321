//! Keys to actions. One enum is behind the keys, the help and the footer.

/// Everything that a key can ask for outside a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// Show or hide the help.
    Help,
    /// Fleet page.
    Fleet,
    /// Group page of the chosen group.
    Group,
    /// Proposals page.
    Proposals,
    /// Calendar page.
    Calendar,
    /// Models page.
    Models,
    /// Journal page.
    Journal,
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
    /// Add an entry.
    Add,
    /// Edit the chosen entry.
    Edit,
    /// Delete the chosen entry (asks first).
    Delete,
    /// Train a challenger for the chosen group.
    Train,
    /// Cancel the training under way.
    Cancel,
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
    /// Filter what is listed.
    Filter,
}
