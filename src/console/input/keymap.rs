//! Keys to actions. One table is behind the keys, the palette, the help, the footer and the documents.
//!
//! A key may mean one thing on one page and another elsewhere: a page's own actions are asked first, then
//! those understood everywhere ([`EVERYWHERE`]). The file's `[keys]` and the presets change the table:
//! [`super::remap`].

use crossterm::event::{KeyCode, KeyEvent};

use super::key::Key;

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
    /// Backtest page.
    Backtest,
    /// Log page.
    Log,
    /// Settings page.
    Settings,
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
    /// Next past forecast to lie over what happened.
    Foretold,
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
    /// Order the list by its next column.
    Sort,
    /// The other way round.
    Reverse,
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
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }
}

/// What every page understands.
pub const EVERYWHERE: &[Action] = &[
    Action::Fleet,
    Action::Group,
    Action::Proposals,
    Action::Calendar,
    Action::Models,
    Action::Journal,
    Action::Backtest,
    Action::Log,
    Action::Settings,
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

/// One line of the keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// By which keys; the first stands in the footer.
    pub keys: Vec<Key>,
    /// One word or two, for the footer.
    pub word: &'static str,
    /// One line, for the help.
    pub help: &'static str,
}

/// Which keys do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// In the order of the help.
    pub bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        let char = |c| Key::plain(KeyCode::Char(c));
        let (control, code) = (Key::control, Key::plain);
        let table: Vec<(Action, Vec<Key>, &'static str, &'static str)> = vec![
            (Action::Fleet, vec![char('1')], "fleet", "Fleet: every group on one line"),
            (
                Action::Group,
                vec![char('2')],
                "group",
                "Group: charts, plan and activities of the chosen group",
            ),
            (Action::Proposals, vec![char('3')], "proposals", "Proposals that wait for a person"),
            (Action::Calendar, vec![char('4')], "calendar", "Business calendar"),
            (Action::Models, vec![char('5')], "models", "Models and training"),
            (Action::Journal, vec![char('6')], "journal", "Journal: what happened, who, why"),
            (Action::Backtest, vec![char('7')], "backtest", "Backtest: what other policies would have done"),
            (Action::Log, vec![char('8')], "log", "Log: what the program did and what troubled it"),
            (Action::Settings, vec![char('9')], "settings", "Settings in force, and themes"),
            (Action::NextPage, vec![code(KeyCode::Tab)], "next page", "Next page"),
            (Action::PreviousPage, vec![code(KeyCode::BackTab)], "previous page", "Previous page"),
            (Action::Up, vec![code(KeyCode::Up), char('k')], "up", "One line up"),
            (Action::Down, vec![code(KeyCode::Down), char('j')], "down", "One line down"),
            (Action::Left, vec![code(KeyCode::Left), char('h')], "earlier", "To the left: earlier"),
            (Action::Right, vec![code(KeyCode::Right), char('l')], "later", "To the right: later"),
            (
                Action::PageUp,
                vec![code(KeyCode::PageUp), control('b')],
                "page up",
                "One page up, or the previous month",
            ),
            (
                Action::PageDown,
                vec![code(KeyCode::PageDown), control('f')],
                "page down",
                "One page down, or the next month",
            ),
            (Action::First, vec![code(KeyCode::Home), char('g')], "first", "The first line, or today"),
            (Action::Last, vec![code(KeyCode::End), char('G')], "last", "The last line"),
            (Action::Open, vec![code(KeyCode::Enter)], "open", "Open what is chosen"),
            (
                Action::Back,
                vec![code(KeyCode::Esc), code(KeyCode::Backspace)],
                "back",
                "Back; close what is open",
            ),
            (Action::Filter, vec![char('/')], "filter", "Filter what is listed"),
            (Action::NextMatch, vec![char('n')], "next", "The next line that the filter lets through"),
            (
                Action::PreviousMatch,
                vec![char('N')],
                "previous",
                "The line before that the filter lets through",
            ),
            (Action::Sort, vec![char('o')], "order", "Order the list by its next column"),
            (Action::Reverse, vec![char('O')], "reverse", "The other way round"),
            (Action::ZoomIn, vec![char('+'), char('=')], "zoom in", "Less time on the charts"),
            (Action::ZoomOut, vec![char('-')], "zoom out", "More time on the charts"),
            (Action::Now, vec![char('.')], "now", "Back to now"),
            (Action::Expand, vec![char('z')], "expand", "Next chart to fill the page, then all again"),
            (Action::Range, vec![char('r')], "range", "Next range of time: 1 h, 6 h, 24 h, 7 d, 48 h ahead"),
            (Action::Crosshair, vec![char('v')], "values", "Read the values of one moment (arrows move it)"),
            (
                Action::Foretold,
                vec![char('F')],
                "forecasts",
                "Which past forecasts lie over what happened: made how long before, or none",
            ),
            (Action::Approve, vec![char('a')], "approve", "Approve the chosen proposal (asks)"),
            (Action::Reject, vec![char('r')], "reject", "Reject the chosen proposal (asks for a reason)"),
            (Action::Snooze, vec![char('s')], "snooze", "Put the chosen proposal off (asks for how long)"),
            (
                Action::Undo,
                vec![char('u')],
                "undo",
                "Undo: propose the inverse, or take a calendar edit back (asks)",
            ),
            (Action::Redo, vec![control('r')], "redo", "Do again what was taken back (asks)"),
            (Action::Import, vec![char('i')], "import", "Read an iCalendar file"),
            (Action::Export, vec![char('o')], "export", "Write an iCalendar file"),
            (Action::Add, vec![char('a')], "add", "Add an entry"),
            (Action::Edit, vec![char('e')], "edit", "Edit the chosen entry"),
            (
                Action::Delete,
                vec![char('d'), code(KeyCode::Delete)],
                "delete",
                "Delete the chosen entry (asks)",
            ),
            (Action::Train, vec![char('t')], "train", "Train a challenger for the chosen group"),
            (Action::Cancel, vec![char('c')], "cancel", "Cancel the training or backtest under way"),
            (Action::Run, vec![code(KeyCode::Enter), char('r')], "run", "Run the backtest"),
            (Action::Tick, vec![char(' ')], "tick", "Take a policy into the backtest, or leave it out"),
            (Action::Promote, vec![char('P')], "promote", "Promote the chosen model (asks)"),
            (Action::RollBack, vec![char('R')], "roll back", "Roll back to the champion before (asks)"),
            (
                Action::Mode,
                vec![char('m')],
                "mode",
                "Next mode for the chosen group: observe, approve, auto (asks)",
            ),
            (
                Action::Brake,
                vec![char('b'), control('x')],
                "brake",
                "Freeze or release scale-in everywhere (asks); Ctrl-X works while typing too",
            ),
            (Action::Pause, vec![char('p')], "pause", "Pause or resume the simulated clock"),
            (Action::Faster, vec![char('>')], "faster", "Simulated clock faster"),
            (Action::Slower, vec![char('<')], "slower", "Simulated clock slower"),
            (Action::Fault, vec![char('x')], "faults", "Make something go wrong in the simulation (menu)"),
            (Action::Freeze, vec![char('f')], "freeze", "Hold the screen still, or let it go on"),
            (
                Action::Zone,
                vec![char('Z')],
                "zone",
                "Times in the fleet's zone, in UTC, on this machine's clock",
            ),
            (Action::Copy, vec![char('y')], "copy", "Send what is chosen to the terminal's clipboard"),
            (Action::Theme, vec![char('T')], "theme", "Next theme"),
            (Action::Picture, vec![char('S')], "picture", "Save the screen as SVG and ANSI"),
            (
                Action::Palette,
                vec![char(':')],
                "command",
                "Type what to do: any action, a theme, a group, a zone",
            ),
            (Action::Help, vec![char('?'), code(KeyCode::F(1))], "help", "Show or hide this help"),
            (Action::Suspend, vec![control('z')], "suspend", "Back to the shell; `fg` returns"),
            (Action::Quit, vec![char('q'), control('c')], "quit", "Leave the program"),
        ];
        let bindings = table.into_iter();
        Keymap {
            bindings: bindings
                .map(|(action, keys, word, help)| Binding { action, keys, word, help })
                .collect(),
        }
    }
}

impl Keymap {
    /// What `event` asks for on a page that understands `page` beside [`EVERYWHERE`].
    pub fn action(&self, event: KeyEvent, page: &[Action]) -> Option<Action> {
        let key = Key::from(event);
        let find = |among: &[Action]| {
            self.bindings
                .iter()
                .find(|b| among.contains(&b.action) && b.keys.contains(&key))
                .map(|b| b.action)
        };
        find(page).or_else(|| find(EVERYWHERE))
    }

    /// The line of `action`.
    pub fn binding(&self, action: Action) -> Option<&Binding> {
        self.bindings.iter().find(|b| b.action == action)
    }

    /// The first key of `action` in words; empty if it has none.
    pub fn key_of(&self, action: Action) -> String {
        self.binding(action).and_then(|b| b.keys.first()).map(Key::to_string).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    #[test]
    fn every_action_of_everywhere_has_a_key_and_no_two_share_one() {
        let keymap = Keymap::default();
        let mut seen: Vec<Key> = Vec::new();
        for action in EVERYWHERE {
            let binding = keymap.binding(*action).expect("bound");
            for key in &binding.keys {
                assert!(!seen.contains(key), "{key} twice");
                seen.push(*key);
            }
        }
    }

    #[test]
    fn a_page_goes_before_everywhere() {
        let keymap = Keymap::default();
        let a = KeyEvent::from(KeyCode::Char('a'));
        assert_eq!(keymap.action(a, &[Action::Add]), Some(Action::Add));
        assert_eq!(keymap.action(a, &[Action::Approve]), Some(Action::Approve));
        assert_eq!(keymap.action(a, &[]), None);
        let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keymap.action(quit, &[Action::Cancel]), Some(Action::Quit));
    }

    #[test]
    fn actions_have_names() {
        assert_eq!((Action::NextPage.name(), Action::Up.name()), ("next-page".into(), "up".into()));
    }

    #[test]
    fn keys_have_names() {
        let keymap = Keymap::default();
        assert_eq!(keymap.key_of(Action::PreviousPage), "Shift-Tab");
        assert_eq!(keymap.key_of(Action::Suspend), "Ctrl-Z");
        assert_eq!(keymap.key_of(Action::Up), "Up");
    }
}
