//! An engine and a console that looks at it, without a terminal between them.

use std::{error::Error, sync::Arc, time::Duration};

use crossterm::event::{KeyCode, KeyEvent};
use prescale::{
    console::{
        app::{App, Effect, Message},
        draw::{
            style::Depth,
            theme::{Symbols, Theme},
        },
        pages::PageSetup,
    },
    engine::{Engine, clock::Clock},
    link::Command,
};

/// An engine and a console.
pub struct Stage {
    pub engine: Engine,
    pub clock: Clock,
    pub app: App,
}

/// A console with every page, of these columns and rows.
pub fn app(theme: &str, (columns, rows): (u16, u16)) -> Result<App, Box<dyn Error>> {
    let mut app = App::new(Theme::load(theme, Depth::True, Symbols::Braille)?, &PageSetup::default());
    app.update(Message::Resize(columns, rows), Duration::ZERO);
    Ok(app)
}

impl Stage {
    /// Has the engine do what an operator wants.
    pub async fn send(&mut self, command: Command) -> Result<(), Box<dyn Error>> {
        self.engine.command("ada@ops", command, &mut self.clock).await?.map_err(|why| why.into()).map(|_| ())
    }

    /// Gives the console the newest view, and the engine what the console asks for, until both are content.
    pub async fn show(&mut self) -> Result<(), Box<dyn Error>> {
        for _ in 0..2 {
            let view = Arc::new(self.engine.view(&self.clock)?);
            let effects = self.app.update(Message::View(view), Duration::ZERO);
            self.carry_out(effects).await?;
        }
        Ok(())
    }

    /// What follows from a key.
    pub async fn press(&mut self, key: KeyCode) -> Result<(), Box<dyn Error>> {
        let effects = self.app.update(Message::Key(KeyEvent::from(key)), Duration::ZERO);
        self.carry_out(effects).await?;
        self.show().await
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), Box<dyn Error>> {
        for effect in effects {
            if let Effect::Show(viewport) = effect {
                self.send(Command::Show(viewport)).await?;
            }
        }
        Ok(())
    }
}
