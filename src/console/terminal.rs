//! The terminal as a loan: taken, drawn on, and given back as it was, however the program ends.

mod compact;

use std::{
    io::{self, BufWriter, Stdout, Write, stdout},
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor, event, execute, queue,
    style::{Print, force_color_output},
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Terminal, layout::Rect};
use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};

use self::compact::CompactBackend;
use super::app::App;
use crate::domain::panics::is_expected;

/// True while the terminal is ours; leaving twice does nothing.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The panic hook is set once.
static HOOK: Once = Once::new();
/// Presses and the wheel, in the form without limits of columns. Motion is not asked for: it would cost a message a
/// cell over a slow link.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
/// The end of it; harmless where it was never asked for.
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// The screen, held until dropped.
pub struct Screen {
    terminal: Terminal<CompactBackend<BufWriter<Stdout>>>,
    synchronized: bool,
    mouse: bool,
    /// The shell has the terminal.
    away: bool,
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, no cursor. Nothing is asked of it.
    /// `synchronized` marks frames, for the terminal to show each all at once; `mouse` lets it report presses.
    ///
    /// # Errors
    /// When standard output is no terminal or it cannot be written.
    pub fn enter(synchronized: bool, mouse: bool) -> io::Result<Screen> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if !is_expected() {
                    leave();
                    before(panic);
                }
            }));
        });
        // Colours are chosen by the theme; crossterm's own reading of NO_COLOR would also undo reverse and bold.
        force_color_output(true);
        take(mouse)?;
        let terminal = Terminal::new(CompactBackend::new(BufWriter::with_capacity(1 << 16, stdout())));
        match terminal {
            Ok(terminal) => Ok(Screen { terminal, synchronized, mouse, away: false }),
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
        if self.away {
            return Ok(());
        }
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

    /// Sends `text` to the terminal's clipboard (OSC 52). Whether it has one, and takes it, is not known.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Gives the terminal back and stops the job, if there is a shell that can bring it back; says whether. Until
    /// [`Screen::resume`] nothing is drawn.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn suspend(&mut self) -> io::Result<bool> {
        if !has_shell() {
            return Ok(false);
        }
        leave();
        self.away = true;
        stop_job()?;
        Ok(true)
    }

    /// Takes the terminal again and forgets what was on it.
    ///
    /// `Terminal::clear` would do the same, but first ask the terminal where the cursor is; the answer can be
    /// late or mixed with keys, and that must not end the console.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resume(&mut self) -> io::Result<()> {
        take(self.mouse)?;
        self.away = false;
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Stops the whole foreground job, as the terminal's own signal does; SIGTSTP would come back to our own handler. What
/// goes on meanwhile goes on for a moment only. Without a shell to bring the job back nothing is stopped.
///
/// # Errors
/// When the system refuses.
pub fn stop_job() -> io::Result<()> {
    if has_shell() {
        kill_current_process_group(Signal::STOP)?;
    }
    Ok(())
}

/// True where the job is not that of the session's leader: then a shell leads, which can bring the job back.
fn has_shell() -> bool {
    getsid(None).is_ok_and(|leader| leader != getpgrp())
}

/// Makes the terminal ours.
fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mouse = Print(if mouse { MOUSE_ON } else { "" });
    execute!(stdout(), EnterAlternateScreen, event::EnableBracketedPaste, cursor::Hide, mouse)
        .inspect_err(|_| leave())
}

/// Gives the terminal back. Errors are of no use: there is nobody left to tell.
fn leave() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = stdout();
        let _ = execute!(
            out,
            EndSynchronizedUpdate,
            Print(MOUSE_OFF),
            event::DisableBracketedPaste,
            cursor::Show,
            LeaveAlternateScreen
        );
        let _ = disable_raw_mode();
        let _ = out.flush();
    }
}
