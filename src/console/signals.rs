//! What the system tells the console, and what happens when the console does not listen.
//!
//! A terminal can vanish (SIGHUP, or no signal at all where it is not the controlling one) while the event reader
//! spins and never returns (crossterm#793), or stall while a frame is written. So signals are heard, and the terminal is
//! watched, apart from the screen; and whoever runs the screen asks [`Ended::overdue`] and goes on without it.

use std::{
    io::{self, stdout},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use tokio::{
    signal::unix::{Signal as Stream, SignalKind, signal},
    sync::{mpsc, watch},
};

/// From being told to end, the screen has this long to do so.
const GRACE: Duration = Duration::from_secs(2);

/// What the system tells the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End: SIGTERM, SIGINT, SIGHUP, or the terminal is gone.
    End,
    /// Stop until the shell goes on: SIGTSTP from outside (Ctrl-Z comes as a key).
    Stop,
    /// The process was stopped and goes on; the screen may hold anything.
    Continue,
}

/// What is heard, and whether the end has been asked for.
pub struct SignalReceiver {
    /// One by one.
    pub told: mpsc::Receiver<Signal>,
    /// For whoever runs the screen.
    pub ended: Ended,
}

/// Whether the console has been asked to end.
#[derive(Debug, Clone)]
pub struct Ended(watch::Receiver<bool>);

impl Ended {
    /// Returns when the screen should have ended a while ago: it never will.
    pub async fn overdue(mut self) {
        match self.0.wait_for(|ended| *ended).await {
            Ok(_) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Begins to listen, in a task and a thread of their own, so that a busy screen cannot delay them.
///
/// # Errors
/// When the system refuses a handler.
pub fn listen() -> io::Result<SignalReceiver> {
    let (tell, told) = mpsc::channel(8);
    let (end, ended) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut stop = named(20, 18)?;
    let mut carry_on = named(18, 19)?;
    let mut gone = watch_terminal();
    tokio::spawn(async move {
        loop {
            let heard = tokio::select! {
                _ = terminate.recv() => Signal::End,
                _ = interrupt.recv() => Signal::End,
                _ = hang_up.recv() => Signal::End,
                Some(()) = gone.recv() => Signal::End,
                _ = stop.recv() => Signal::Stop,
                _ = carry_on.recv() => Signal::Continue,
            };
            if heard == Signal::End {
                end.send_replace(true);
            }
            // A screen that does not listen has a full queue; what matters to it then is the end alone.
            if matches!(tell.try_send(heard), Err(mpsc::error::TrySendError::Closed(_))) {
                return;
            }
        }
    });
    Ok(SignalReceiver { told, ended: Ended(ended) })
}

/// A signal that has no name in tokio: its number on Linux, and on macOS and the BSDs.
fn named(linux: i32, bsd: i32) -> io::Result<Stream> {
    signal(SignalKind::from_raw(if cfg!(target_os = "linux") { linux } else { bsd }))
}

/// Says once that the terminal is gone. The thread sleeps in the system until then; it ends with the process.
fn watch_terminal() -> mpsc::Receiver<()> {
    let (tell, gone) = mpsc::channel(1);
    std::thread::spawn(move || {
        let out = stdout();
        loop {
            let mut watched = [PollFd::new(&out, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_)
                    if watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) =>
                {
                    // Nobody listens any more when the console has ended by itself.
                    let _ = tell.blocking_send(());
                    return;
                }
                Ok(_) | Err(Errno::INTR) => {}
                // A system that cannot watch a terminal: signals remain.
                Err(_) => return,
            }
        }
    });
    gone
}
