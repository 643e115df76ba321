//! What is on the screen for a while only.

use super::harness::Terminal;

/// Stops the clock under what `found` sees on the screen, and gives that.
pub fn pause_on<T>(terminal: &Terminal, what: &str, found: impl Fn(&str) -> Option<T>) -> T {
    for _ in 0..5 {
        terminal.wait(what, &found);
        terminal.press("p");
        terminal.wait_for("PAUSED");
        if let Some(found) = found(&terminal.screen()) {
            return found;
        }
        terminal.press("p");
        terminal.wait("the clock to run", |s| (!s.contains("PAUSED")).then_some(()));
    }
    panic!("{what} vanishes before it can be read:\n{}", terminal.screen());
}
