//! The usual keys, as data. What each action does on a page is in the page; the pages' own keys are in
//! [`crate::console::pages::PAGES`].

use crossterm::event::KeyCode;

use super::{action::Action, key::Key};

/// An action, its keys, its word in the footer and its line in the help.
pub type DefaultBinding = (Action, &'static [Key], &'static str, &'static str);

const fn char(c: char) -> Key {
    Key::plain(KeyCode::Char(c))
}

const fn code(code: KeyCode) -> Key {
    Key::plain(code)
}

const fn control(letter: char) -> Key {
    Key::control(letter)
}

/// Every action but those that open a page, in the order of the help.
pub const DEFAULT_KEYS: &[DefaultBinding] = &[
    (Action::NextPage, &[code(KeyCode::Tab)], "next page", "Next page"),
    (Action::PreviousPage, &[code(KeyCode::BackTab)], "previous page", "Previous page"),
    (Action::Up, &[code(KeyCode::Up), char('k')], "up", "One line up"),
    (Action::Down, &[code(KeyCode::Down), char('j')], "down", "One line down"),
    (Action::Left, &[code(KeyCode::Left), char('h')], "earlier", "To the left: earlier"),
    (Action::Right, &[code(KeyCode::Right), char('l')], "later", "To the right: later"),
    (Action::PageUp, &[code(KeyCode::PageUp), control('b')], "page up", "One page up, or the previous month"),
    (
        Action::PageDown,
        &[code(KeyCode::PageDown), control('f')],
        "page down",
        "One page down, or the next month",
    ),
    (Action::First, &[code(KeyCode::Home), char('g')], "first", "The first line, or today"),
    (Action::Last, &[code(KeyCode::End), char('G')], "last", "The last line"),
    (Action::Open, &[code(KeyCode::Enter)], "open", "Open what is chosen"),
    (Action::Back, &[code(KeyCode::Esc), code(KeyCode::Backspace)], "back", "Back; close what is open"),
    (Action::Filter, &[char('/')], "filter", "Filter what is listed"),
    (Action::NextMatch, &[char('n')], "next", "The next line that the filter lets through"),
    (Action::PreviousMatch, &[char('N')], "previous", "The line before that the filter lets through"),
    (Action::Sort, &[char('o')], "order", "Order the list by its next column"),
    (Action::Reverse, &[char('O')], "reverse", "The other way round"),
    (Action::ZoomIn, &[char('+'), char('=')], "zoom in", "Less time on the charts"),
    (Action::ZoomOut, &[char('-')], "zoom out", "More time on the charts"),
    (Action::Now, &[char('.')], "now", "Back to now"),
    (Action::Expand, &[char('z')], "expand", "Next chart to fill the page, then all again"),
    (Action::Range, &[char('r')], "range", "Next range of time: 1 h, 6 h, 24 h, 7 d, 48 h ahead"),
    (Action::Crosshair, &[char('v')], "values", "Read the values of one moment (arrows move it)"),
    (
        Action::Overlay,
        &[char('F')],
        "forecasts",
        "Which past forecasts lie over what happened: made how long before, or none",
    ),
    (Action::Approve, &[char('a')], "approve", "Approve the chosen proposal (asks)"),
    (Action::Reject, &[char('r')], "reject", "Reject the chosen proposal (asks for a reason)"),
    (Action::Snooze, &[char('s')], "snooze", "Put the chosen proposal off (asks for how long)"),
    (Action::Undo, &[char('u')], "undo", "Undo: propose the inverse, or take a calendar edit back (asks)"),
    (Action::Redo, &[control('r')], "redo", "Do again what was taken back (asks)"),
    (Action::Import, &[char('i')], "import", "Read an iCalendar file"),
    (Action::Export, &[char('o')], "export", "Write an iCalendar file"),
    (Action::Add, &[char('a')], "add", "Add an entry"),
    (Action::Edit, &[char('e')], "edit", "Edit the chosen entry"),
    (Action::Delete, &[char('d'), code(KeyCode::Delete)], "delete", "Delete the chosen entry (asks)"),
    (Action::Train, &[char('t')], "train", "Train a challenger for the chosen group"),
    (Action::Cancel, &[char('c')], "cancel", "Cancel the training or backtest under way"),
    (Action::Run, &[code(KeyCode::Enter), char('r')], "run", "Run the backtest"),
    (Action::Tick, &[char(' ')], "tick", "Take a policy into the backtest, or leave it out"),
    (Action::Promote, &[char('P')], "promote", "Promote the chosen model (asks)"),
    (Action::RollBack, &[char('R')], "roll back", "Roll back to the champion before (asks)"),
    (Action::Mode, &[char('m')], "mode", "Next mode for the chosen group: observe, approve, auto (asks)"),
    (
        Action::Brake,
        &[char('b'), control('x')],
        "brake",
        "Freeze or release scale-in everywhere (asks); Ctrl-X works while typing too",
    ),
    (Action::Pause, &[char('p')], "pause", "Pause or resume the simulated clock"),
    (Action::Faster, &[char('>')], "faster", "Simulated clock faster"),
    (Action::Slower, &[char('<')], "slower", "Simulated clock slower"),
    (Action::Fault, &[char('x')], "faults", "Make something go wrong in the simulation (menu)"),
    (Action::Freeze, &[char('f')], "freeze", "Hold the screen still, or let it go on"),
    (Action::Zone, &[char('Z')], "zone", "Times in the fleet's zone, in UTC, on this machine's clock"),
    (Action::Copy, &[char('y')], "copy", "Send what is chosen to the terminal's clipboard"),
    (Action::Theme, &[char('T')], "theme", "Next theme"),
    (Action::Picture, &[char('S')], "picture", "Save the screen as SVG and ANSI"),
    (Action::Palette, &[char(':')], "command", "Type what to do: any action, a theme, a group, a zone"),
    (Action::Help, &[char('?'), code(KeyCode::F(1))], "help", "Show or hide this help"),
    (Action::Suspend, &[control('z')], "suspend", "Back to the shell; `fg` returns"),
    (Action::Quit, &[char('q'), control('c')], "quit", "Leave the program"),
];
