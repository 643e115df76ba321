//! Waiting for what a running program does, and signals by name.

use std::{
    process::Command,
    time::{Duration, Instant},
};

/// No wait is longer. On an account a loop turns once a real minute, which then takes some seconds; this is far beyond that, so
/// that reaching it means a defect.
const LIMIT: Duration = Duration::from_secs(150);

/// Sends a signal by its name without SIG: `TERM`, `HUP`, `KILL`.
pub fn signal(pid: u32, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(done.expect("kill is part of every Unix").success(), "no process {pid} to send {name} to");
}

/// Asks `ready` again and again until it gives a value; `None` after [`LIMIT`].
pub fn poll<T>(mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        match ready() {
            None if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(5)),
            answer => return answer,
        }
    }
}

/// As [`poll`]; panics with `what` instead of giving nothing.
pub fn until<T>(what: &str, ready: impl FnMut() -> Option<T>) -> T {
    poll(ready).unwrap_or_else(|| panic!("waited in vain for {what}"))
}
