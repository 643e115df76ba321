//! The TUI: draws a `View`, sends `Command`s. It never imports cloud, store, forecast or plan.
//!
//! [`run`] is the loop: it waits for a key, a new view, an answer or a signal, lets [`app::App::update`] change
//! the state, does the effects, and draws when something changed; there is no tick. [`app`] is pure and holds the
//! [`pages`]; [`widgets`] are what pages share, [`draw`] is below both, [`input`] turns keys into actions. [`terminal`]
//! takes and gives back the terminal; nobody else writes to it; [`signals`] hears the system, [`pace`] spares slow links.
//! [`plain`] says the same in lines, for screen readers and pipes.
//!
//! Start with [`app`], then [`pages`].

pub mod app;
pub mod draw;
mod embedded;
pub mod input;
pub mod pace;
pub mod pages;
pub mod plain;
pub mod signals;
pub mod terminal;
#[cfg(test)]
pub(crate) mod tests;
pub mod widgets;
pub mod zone;

use std::sync::Arc;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use self::{
    app::{App, Effect, Message},
    draw::{
        export,
        style::{ColorChoice, Environment},
        theme::{Symbols, Theme, ThemeError},
    },
    input::keymap::Keymap,
    pace::FrameInterval,
    pages::PageSetup,
    signals::{Signal, SignalReceiver},
    terminal::Screen,
    widgets::caption::Narrator,
    zone::Zone,
};
use crate::{
    domain::Answer,
    link::{Command, Link, View},
};

/// How the console looks, and who sits at it.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// Name of a built-in theme, or path of a file.
    pub theme: String,
    /// How many colours.
    pub color: ColorChoice,
    /// With what charts are drawn.
    pub symbols: Symbols,
    /// Whether a frame is marked, so that the terminal shows it all at once (mode 2026).
    pub synchronized: bool,
    /// Whether presses and the wheel of a mouse are heard.
    pub mouse: bool,
    /// Which keys do what.
    pub keymap: Keymap,
    /// The zone of times at first.
    pub zone: Zone,
    /// Who, for the journal ([`crate::link::operator::of_process`]).
    pub operator: String,
    /// There is no configuration: over the simulated fleet two lines say what one sees and which keys to try.
    pub guide: bool,
    /// What makes captions of the view, where a story is played.
    pub narrator: Option<Narrator>,
    /// Folder that pictures of the screen go to.
    pub pictures: std::path::PathBuf,
}

/// Why the console ended otherwise than by a quit or a signal.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The theme cannot be used.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The terminal cannot be used.
    #[error("cannot use the terminal: {0}; run `prescale` in a terminal, or `prescale agent` without one")]
    Terminal(#[from] std::io::Error),
    /// The engine ended before the console.
    #[error("the engine has stopped; its log says why")]
    EngineGone,
}

/// Runs the console until the operator quits, a signal ends it, or the terminal goes away.
///
/// `setup` is what the pages are built from.
///
/// # Errors
/// [`ConsoleError`]; the terminal has been given back by then.
pub async fn run(
    link: Link,
    options: ConsoleOptions,
    setup: PageSetup,
    signals: SignalReceiver,
) -> Result<(), ConsoleError> {
    let depth = Environment::of_process().depth(options.color);
    let theme = Theme::load(&options.theme, depth, options.symbols)?;
    let screen = Screen::enter(options.synchronized, options.mouse)?;
    let (answers_in, answers) = mpsc::channel(64);
    let app = App::new(theme, &setup).with_keys(options.keymap).in_zone(options.zone, zone::of_machine());
    let app = match options.narrator {
        Some(narrator) => app.narrated(narrator),
        None if options.guide => app.guided(),
        None => app,
    };
    let runner = Runner {
        app,
        screen,
        link,
        operator: options.operator,
        pictures: options.pictures,
        start: Instant::now(),
        answers: answers_in,
        pace: FrameInterval::default(),
        own: true,
    };
    runner.run(signals.told, answers).await
}

/// The loop's state.
struct Runner {
    app: App,
    screen: Screen,
    link: Link,
    operator: String,
    pictures: std::path::PathBuf,
    start: Instant,
    answers: mpsc::Sender<Message>,
    pace: FrameInterval,
    /// The operator has pressed a key since the last frame.
    own: bool,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum LoopControl {
    Go,
    End,
}

impl Runner {
    async fn run(
        mut self,
        mut signals: mpsc::Receiver<Signal>,
        mut answers: mpsc::Receiver<Message>,
    ) -> Result<(), ConsoleError> {
        let mut events = EventStream::new();
        let (width, height) = self.screen.size()?;
        self.take(Message::Resize(width, height))?;
        let first = Arc::clone(&self.link.view.borrow_and_update());
        self.take(Message::View(first))?;
        let (mut dirty, mut drawn) = (true, self.start);
        loop {
            dirty |= self.app.take_changed();
            let expiry = self.app.next_expiry().map(|at| self.start + at);
            let due = drawn + self.pace.apart(self.own);
            // Everything that waits is taken before a frame is drawn: what a slow terminal loses are frames, not keys.
            let next = tokio::select! {
                biased;
                signal = signals.recv() => self.signal(signal, &mut dirty)?,
                event = events.next() => match event {
                    Some(Ok(event)) => self.event(event)?,
                    // The terminal is gone: there is nobody to tell and nothing to restore.
                    Some(Err(_)) | None => LoopControl::End,
                },
                () = sleep_until(due), if dirty => {
                    drawn = self.draw()?;
                    dirty = false;
                    LoopControl::Go
                }
                Some(message) = answers.recv() => self.take(message)?,
                changed = self.link.view.changed() => {
                    changed.map_err(|_| ConsoleError::EngineGone)?;
                    let view: Arc<View> = Arc::clone(&self.link.view.borrow_and_update());
                    self.take(Message::View(view))?
                }
                () = sleep_until(expiry.unwrap_or(self.start)), if expiry.is_some() => self.take(Message::Tick)?,
            };
            if next == LoopControl::End {
                return Ok(());
            }
        }
    }

    /// Draws a frame and learns from how long the terminal took to take it; gives the moment after it.
    fn draw(&mut self) -> Result<Instant, ConsoleError> {
        let begun = Instant::now();
        self.screen.draw(&self.app)?;
        let drawn = Instant::now();
        self.own = false;
        if self.pace.wrote(drawn - begun) {
            let how = if self.pace.is_slow() { "slowly; drawing fewer frames" } else { "quickly again" };
            tracing::warn!("the terminal accepts frames {how} ({} ms)", (drawn - begun).as_millis());
        }
        Ok(drawn)
    }

    /// Does what the system asks; none can ask any more when the listener has gone.
    fn signal(&mut self, signal: Option<Signal>, dirty: &mut bool) -> Result<LoopControl, ConsoleError> {
        match signal {
            Some(Signal::Continue) => {
                self.screen.resume()?;
                *dirty = true;
                let (width, height) = self.screen.size()?;
                self.take(Message::Resize(width, height))
            }
            Some(Signal::Stop) => self.suspend(),
            Some(Signal::End) | None => Ok(LoopControl::End),
        }
    }

    /// Gives the terminal to the shell; the console goes on when the system says that the shell brought it back.
    fn suspend(&mut self) -> Result<LoopControl, ConsoleError> {
        if self.screen.suspend()? {
            return Ok(LoopControl::Go);
        }
        self.take(Message::Answer(Err("not suspended: there is no shell to bring it back".into())))
    }

    /// Takes an event of the terminal.
    fn event(&mut self, event: Event) -> Result<LoopControl, ConsoleError> {
        match event {
            Event::Key(key) => {
                self.own = true;
                self.take(Message::Key(key))
            }
            Event::Paste(text) => self.take(Message::Paste(text)),
            Event::Resize(width, height) => self.take(Message::Resize(width, height)),
            Event::Mouse(event) => {
                self.own = true;
                self.take(Message::Mouse(event))
            }
            Event::FocusGained | Event::FocusLost => Ok(LoopControl::Go),
        }
    }

    /// Lets the app take a message and does what it wants done.
    fn take(&mut self, message: Message) -> Result<LoopControl, ConsoleError> {
        for effect in self.app.update(message, self.start.elapsed()) {
            match effect {
                Effect::Quit => return Ok(LoopControl::End),
                Effect::Suspend => return self.suspend(),
                Effect::Copy(text) => self.screen.copy(&text)?,
                Effect::Picture(name) => self.picture(&name)?,
                Effect::Send(command) => self.send(command, Message::Answer),
                Effect::Confirm(command) => {
                    self.send(command.clone(), |answer| Message::Confirmed(Box::new(command), answer));
                }
                Effect::Show(viewport) => {
                    let reply = self.link.send(&self.operator, Command::Show(viewport));
                    let answers = self.answers.clone();
                    tokio::spawn(async move {
                        if !matches!(reply.await, Ok(Ok(_))) {
                            // As above.
                            let _ = answers.send(Message::ShowFailed).await;
                        }
                    });
                }
            }
        }
        Ok(LoopControl::Go)
    }

    /// Sends `command`; what the engine answers comes back as `message` makes of it.
    fn send(&self, command: Command, message: impl FnOnce(Answer) -> Message + Send + 'static) {
        let (reply, answers) = (self.link.send(&self.operator, command), self.answers.clone());
        tokio::spawn(async move {
            let answer = reply.await.unwrap_or_else(|_| Err("the engine did not answer".into()));
            // The console may have ended meanwhile; then nobody waits for it.
            let _ = answers.send(message(answer)).await;
        });
    }

    /// Saves the screen and says where.
    fn picture(&mut self, name: &str) -> Result<(), ConsoleError> {
        let (width, height) = self.screen.size()?;
        let saved = export::save(&export::frame(&self.app, width, height), name, &self.pictures);
        let answer = match saved {
            Ok(path) => Ok(format!("saved {} and .ansi", path.display())),
            Err(error) => Err(format!("could not save the screen to {}: {error}", self.pictures.display())),
        };
        self.app.update(Message::Answer(answer), self.start.elapsed());
        Ok(())
    }
}
