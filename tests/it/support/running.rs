//! A child process that does not outlive its test.

use std::process::{Child, Command};

use super::wait::until;

/// A process that is killed when the test is over, however it ends.
pub struct Running(pub Child);

impl Running {
    /// Starts `command`.
    pub fn start(mut command: Command) -> Running {
        Running(command.spawn().expect("the binary was built for this test"))
    }

    /// Waits for its end and gives its exit code; `None` when a signal ended it.
    pub fn end(&mut self) -> Option<i32> {
        until("the end of the process", || self.0.try_wait().expect("it is our child")).code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
