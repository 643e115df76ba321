//! The terminal as a loan: taken, drawn on, and given back as it was, however the program ends.

use std::{
    io::{self, BufWriter, Stdout, Write, stdout},
    process::Command,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossterm::{
    cursor, event, execute, queue,
    style::force_color_output,
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend, layout::Rect};
use tokio::{
    signal::unix::{Signal as Stream, SignalKind, signal},
    sync::mpsc,
};

use super::app::App;

/// True while the terminal is ours; leaving twice does nothing.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The panic hook is set once.
static HOOK: Once = Once::new();
/// After a hang-up the process is gone within this time, whatever the event reader does (crossterm#793).
const HANG_UP_GRACE: Duration = Duration::from_secs(2);

/// The screen, held until dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    synchronized: bool,
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, no cursor. Nothing is asked of it.
    /// `synchronized` marks frames, for the terminal to show each all at once.
    ///
    /// # Errors
    /// When standard output is no terminal or it cannot be written.
    pub fn enter(synchronized: bool) -> io::Result<Screen> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                leave();
                before(panic);
            }));
        });
        // Colours are chosen by the theme; crossterm's own reading of NO_COLOR would also undo reverse and bold.
        force_color_output(true);
        take()?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout())));
        match terminal {
            Ok(terminal) => Ok(Screen { terminal, synchronized }),
            Err(error) => {
                leave();
                Err(error)
            }
        }
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|s| (s.width, s.height))
    }

    /// Draws one frame, shown by the terminal all at once where frames are marked (mode 2026).
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, app: &App) -> io::Result<()> {
        if self.synchronized {
            queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        }
        let drawn = self.terminal.draw(|frame| app.draw(frame)).map(|_| ());
        if self.synchronized {
            queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        }
        io::Write::flush(self.terminal.backend_mut())?;
        drawn
    }

    /// Gives the terminal back, stops the job as the shell would, and takes it again on return.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        leave();
        // The whole foreground job stops, as it does when the terminal itself sends the signal.
        Command::new("kill").args(["-TSTP", "0"]).status()?;
        self.resume()
    }

    /// Takes the terminal again and forgets what was on it.
    ///
    /// `Terminal::clear` would do the same, but first ask the terminal where the cursor is; the answer can be
    /// late or mixed with keys, and that must not end the console.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resume(&mut self) -> io::Result<()> {
        take()?;
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Makes the terminal ours.
fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(stdout(), EnterAlternateScreen, event::EnableBracketedPaste, cursor::Hide)
        .inspect_err(|_| leave())
}

/// Gives the terminal back. Errors are of no use: there is nobody left to tell.
fn leave() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = stdout();
        let _ = execute!(
            out,
            EndSynchronizedUpdate,
            event::DisableBracketedPaste,
            cursor::Show,
            LeaveAlternateScreen
        );
        let _ = disable_raw_mode();
        let _ = out.flush();
    }
}

/// What the system tells the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End: SIGTERM, SIGINT or SIGHUP.
    End,
    /// The process was stopped and goes on; the screen may hold anything.
    Continue,
}

/// Listens for signals from a task of its own, so that a busy screen cannot delay them.
///
/// # Errors
/// When the system refuses a handler.
pub fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let (tell, told) = mpsc::channel(4);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut carry_on = continued()?;
    tokio::spawn(async move {
        loop {
            let heard = tokio::select! {
                _ = terminate.recv() => Signal::End,
                _ = interrupt.recv() => Signal::End,
                _ = hang_up.recv() => {
                    std::thread::spawn(|| {
                        std::thread::sleep(HANG_UP_GRACE);
                        std::process::exit(129);
                    });
                    Signal::End
                }
                _ = carry_on.recv() => Signal::Continue,
            };
            if tell.send(heard).await.is_err() {
                return;
            }
        }
    });
    Ok(told)
}

/// SIGCONT, which has no name in tokio: 18 on Linux, 19 on macOS and the BSDs.
fn continued() -> io::Result<Stream> {
    signal(SignalKind::from_raw(if cfg!(target_os = "linux") { 18 } else { 19 }))
}
