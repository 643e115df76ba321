//! The TUI: draws a `View`, sends `Command`s. It never imports cloud, store, forecast or plan.
//!
//! [`run`] is the loop: it waits for a key, a new view, an answer or a signal, lets [`app::App::update`] change
//! the state, does the effects, and draws when something changed; there is no tick. [`app`] is pure and holds the
//! pages ([`page::Page`], one file each in [`views`]). [`terminal`] takes and gives back the terminal; nobody else
//! writes to it. [`keymap`] is behind keys, help and footer; [`theme`] behind every colour; [`chart`] draws curves.
//!
//! Start with [`app`], then [`views::fleet`].

pub mod app;
pub mod ascii;
pub mod axis;
pub mod chart;
pub mod export;
pub mod keymap;
pub mod operator;
pub mod page;
pub mod plot;
pub mod question;
pub mod sparkline;
pub mod style;
pub mod terminal;
pub mod theme;
pub mod toast;
pub mod views;

use std::{sync::Arc, time::Duration};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use self::{
    app::{App, Effect, Message},
    page::{Page, Target},
    style::{ColorChoice, Environment},
    terminal::{Screen, Signal},
    theme::{Symbols, Theme, ThemeError},
};
use crate::link::{Link, View};

/// Two frames are at least this far apart: 15 a second at the most.
const FRAME: Duration = Duration::from_millis(66);

/// How the console looks, and who sits at it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of a built-in theme, or path of a file.
    pub theme: String,
    /// How many colours.
    pub color: ColorChoice,
    /// With what charts are drawn.
    pub symbols: Symbols,
    /// Whether a frame is marked, so that the terminal shows it all at once (mode 2026).
    pub synchronized: bool,
    /// Who, for the journal ([`operator::of_process`]).
    pub operator: String,
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
    #[error(
        "the terminal cannot be used: {0}; run `prescale` in a terminal, or `prescale agent` without one"
    )]
    Terminal(#[from] std::io::Error),
    /// The engine ended before the console.
    #[error("the engine has stopped; its log says why")]
    EngineGone,
}

/// Runs the console until the operator quits, a signal ends it, or the terminal goes away.
///
/// `more` are the pages beside fleet, group and proposals, each with its place.
///
/// # Errors
/// [`ConsoleError`]; the terminal has been given back by then.
pub async fn run(
    link: Link,
    options: Options,
    more: Vec<(Target, Box<dyn Page>)>,
) -> Result<(), ConsoleError> {
    let depth = Environment::of_process().depth(options.color);
    let theme = Theme::load(&options.theme, depth, options.symbols)?;
    let signals = terminal::signals()?;
    let screen = Screen::enter(options.synchronized)?;
    let (answers_in, answers) = mpsc::channel(64);
    let app = App::new(theme, more);
    let runner = Runner {
        app,
        screen,
        link,
        operator: options.operator,
        pictures: options.pictures,
        start: Instant::now(),
        answers: answers_in,
    };
    runner.run(signals, answers).await
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
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Next {
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
        let (mut dirty, mut drawn) = (true, self.start - FRAME.min(self.start.elapsed()));
        loop {
            dirty |= self.app.take_changed();
            let expiry = self.app.next_expiry().map(|at| self.start + at);
            let next = tokio::select! {
                biased;
                signal = signals.recv() => match signal {
                    Some(Signal::Continue) => {
                        self.screen.resume()?;
                        dirty = true;
                        Next::Go
                    }
                    Some(Signal::End) | None => Next::End,
                },
                event = events.next() => match event {
                    Some(Ok(event)) => self.event(event)?,
                    // The terminal is gone: there is nobody to tell and nothing to restore.
                    Some(Err(_)) | None => Next::End,
                },
                () = sleep_until(drawn + FRAME), if dirty => {
                    self.screen.draw(&self.app)?;
                    (dirty, drawn) = (false, Instant::now());
                    Next::Go
                }
                Some(message) = answers.recv() => self.take(message)?,
                changed = self.link.view.changed() => {
                    changed.map_err(|_| ConsoleError::EngineGone)?;
                    let view: Arc<View> = Arc::clone(&self.link.view.borrow_and_update());
                    self.take(Message::View(view))?
                }
                () = sleep_until(expiry.unwrap_or(self.start)), if expiry.is_some() => self.take(Message::Tick)?,
            };
            if next == Next::End {
                return Ok(());
            }
        }
    }

    /// Takes an event of the terminal.
    fn event(&mut self, event: Event) -> Result<Next, ConsoleError> {
        match event {
            Event::Key(key) => self.take(Message::Key(key)),
            Event::Paste(text) => self.take(Message::Paste(text)),
            Event::Resize(width, height) => self.take(Message::Resize(width, height)),
            Event::Mouse(_) | Event::FocusGained | Event::FocusLost => Ok(Next::Go),
        }
    }

    /// Lets the app take a message and does what it wants done.
    fn take(&mut self, message: Message) -> Result<Next, ConsoleError> {
        for effect in self.app.update(message, self.start.elapsed()) {
            match effect {
                Effect::Quit => return Ok(Next::End),
                Effect::Suspend => {
                    self.screen.suspend()?;
                    let (width, height) = self.screen.size()?;
                    self.app.update(Message::Resize(width, height), self.start.elapsed());
                }
                Effect::Picture(name) => self.picture(&name)?,
                Effect::Send(command) => {
                    let (reply, answers) = (self.link.send(&self.operator, command), self.answers.clone());
                    tokio::spawn(async move {
                        let answer = reply.await.unwrap_or_else(|_| Err("the engine did not answer".into()));
                        // The console may have ended meanwhile; then nobody waits for it.
                        let _ = answers.send(Message::Answer(answer)).await;
                    });
                }
                Effect::Show(viewport) => {
                    let reply = self.link.send(&self.operator, crate::link::Command::Show(viewport));
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
        Ok(Next::Go)
    }

    /// Saves the screen and says where.
    fn picture(&mut self, name: &str) -> Result<(), ConsoleError> {
        let (width, height) = self.screen.size()?;
        let saved = export::save(&export::frame(&self.app, width, height), name, &self.pictures);
        let answer = match saved {
            Ok(path) => Ok(format!("saved {}, and beside it .ansi", path.display())),
            Err(error) => Err(format!("no picture in {}: {error}", self.pictures.display())),
        };
        self.app.update(Message::Answer(answer), self.start.elapsed());
        Ok(())
    }
}

#[cfg(test)]
mod screens_tests;
