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
    (Action::Left, &[code(KeyCode::Left), char('h')], "earlier", "Left: earlier"),
    (Action::Right, &[code(KeyCode::Right), char('l')], "later", "Right: later"),
    (Action::PageUp, &[code(KeyCode::PageUp), control('b')], "page up", "One page up, or the previous month"),
    (
        Action::PageDown,
        &[code(KeyCode::PageDown), control('f')],
        "page down",
        "One page down, or the next month",
    ),
    (Action::First, &[code(KeyCode::Home), char('g')], "first", "The first line, or today"),
    (Action::Last, &[code(KeyCode::End), char('G')], "last", "The last line"),
    (Action::Open, &[code(KeyCode::Enter)], "open", "Open the selected item"),
    (Action::Back, &[code(KeyCode::Esc), code(KeyCode::Backspace)], "back", "Back; close the open dialog"),
    (Action::Filter, &[char('/')], "filter", "Filter the list"),
    (Action::NextMatch, &[char('n')], "next", "Next match"),
    (Action::PreviousMatch, &[char('N')], "previous", "Previous match"),
    (Action::Kinds, &[char('t')], "kinds", "Next kind of lines alone, then all again"),
    (Action::Sort, &[char('o')], "order", "Sort by the next column"),
    (Action::Reverse, &[char('O')], "reverse", "Reverse the sort order"),
    (Action::Headings, &[char('H')], "headings", "Headings over the groups: by tag, by source, or none"),
    (Action::ZoomIn, &[char('+'), char('=')], "zoom in", "Less time on the charts"),
    (Action::ZoomOut, &[char('-')], "zoom out", "More time on the charts"),
    (Action::Now, &[char('.')], "now", "Back to now"),
    (Action::Expand, &[char('z')], "expand", "Enlarge the next chart, then the plan, then show all"),
    (Action::Range, &[char('r')], "range", "Next range of time: 1 h, 6 h, 24 h, 7 d, 48 h ahead"),
    (Action::Crosshair, &[char('v')], "values", "Crosshair: values at one time (arrows move it)"),
    (Action::Scale, &[char('L')], "log scale", "Logarithmic or linear value axes"),
    (Action::Overlay, &[char('F')], "forecasts", "Past forecasts over the load: how far ahead, or none"),
    (
        Action::EarlierDecision,
        &[char('[')],
        "decision before",
        "Look back: the decision before, with what was known then",
    ),
    (Action::LaterDecision, &[char(']')], "next decision", "Look back: the next decision, then now"),
    (Action::AtTime, &[char('@')], "time", "Look back: what was known at a time (asks for it)"),
    (Action::WhatIf, &[char('w')], "what if", "What if: try other settings; again writes them (asks)"),
    (Action::Approve, &[char('a')], "approve", "Approve the selected proposal (asks)"),
    (Action::Reject, &[char('r')], "reject", "Reject the selected proposal (asks for a reason)"),
    (Action::Snooze, &[char('s')], "snooze", "Snooze the selected proposal (asks for how long)"),
    (Action::Undo, &[char('u')], "undo", "Undo: propose the inverse, or undo a calendar edit (asks)"),
    (Action::Redo, &[control('r')], "redo", "Redo (asks)"),
    (Action::Import, &[char('i')], "import", "Read an iCalendar file"),
    (Action::Export, &[char('o')], "export", "Write an iCalendar file"),
    (Action::Add, &[char('a')], "add", "Add an entry"),
    (Action::Edit, &[char('e')], "edit", "Edit the selected entry"),
    (Action::Delete, &[char('d'), code(KeyCode::Delete)], "delete", "Delete the selected entry (asks)"),
    (Action::Train, &[char('t')], "train", "Train a challenger for the selected group"),
    (Action::Cancel, &[char('c')], "cancel", "Cancel the running training or backtest"),
    (Action::Run, &[code(KeyCode::Enter), char('r')], "run", "Run the backtest"),
    (Action::Tick, &[char(' ')], "tick", "Include or exclude a policy"),
    (Action::Promote, &[char('P')], "promote", "Promote the selected model (asks)"),
    (Action::RollBack, &[char('R')], "roll back", "Roll back to what served before (asks)"),
    (Action::Mode, &[char('m')], "mode", "Next mode: observe, approve, auto (asks)"),
    (Action::Brake, &[char('b'), control('x')], "brake", "Freeze or release scale-in for all groups (asks)"),
    (
        Action::SuspendTerminate,
        &[char('B')],
        "hold AWS",
        "With the brake on: hold AWS's own scale-in too (asks)",
    ),
    (Action::Pause, &[char('p')], "pause", "Pause or resume the simulated clock"),
    (Action::Faster, &[char('>')], "faster", "Simulated clock faster"),
    (Action::Slower, &[char('<')], "slower", "Simulated clock slower"),
    (Action::Fault, &[char('x')], "faults", "Inject a fault into the simulation (menu)"),
    (Action::Freeze, &[char('f')], "freeze", "Freeze or resume the screen"),
    (Action::Zone, &[char('Z')], "zone", "Times in the fleet's zone, in UTC, on this machine's clock"),
    (Action::Copy, &[char('y')], "copy", "Copy the selection to the terminal clipboard"),
    (Action::Theme, &[char('T')], "theme", "Next theme"),
    (Action::Picture, &[char('S')], "picture", "Save the screen as SVG and ANSI"),
    (Action::Palette, &[char(':')], "command", "Commands: any action, theme, group, time zone or setting"),
    (Action::Help, &[char('?'), code(KeyCode::F(1))], "help", "Show or hide this help"),
    (Action::Suspend, &[control('z')], "suspend", "Back to the shell; `fg` returns"),
    (Action::Quit, &[char('q'), control('c')], "quit", "Quit"),
];
