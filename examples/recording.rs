//! Records a story of `prescale demo` on the real console: an asciinema file, and a moving SVG of some of its frames.
//!
//!     cargo run --example recording -- docs/pictures sale
//!
//! Everything is fixed (seed, start, minutes, keys), so a second run records the same.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::ValueEnum;
use crossterm::event::{KeyCode, KeyCode as K, KeyEvent};
use prescale::{
    agent::story::{self, Story},
    config::{Config, Source},
    console::{
        app::{App, Effect, Message},
        draw::{
            export,
            style::Depth,
            theme::{Symbols, Theme},
        },
        pages::PageSetup,
    },
    domain::shift,
    engine::{Engine, clock::Clock},
    link::Command,
};
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};
use serde_json::json;

/// Columns and rows.
const SIZE: (u16, u16) = (110, 32);
/// Simulated minutes between two frames of the asciinema file, and how long one is shown.
const EVERY: i64 = 3;
const SECONDS: f64 = 0.4;
/// Of so many frames one is in the SVG, where it is shown for so many seconds.
const OF: usize = 10;
const LONGER: f64 = 2.5;
/// Minutes of the story before its group is opened, and the keys that open it.
const FLEET: i64 = 30;
const KEYS: [KeyCode; 6] = [K::Char('/'), K::Char('w'), K::Char('e'), K::Char('b'), K::Enter, K::Enter];

/// What a terminal would have been sent since it was last taken.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<Mutex<Vec<u8>>>);

impl Sent {
    fn take(&self) -> String {
        let mut sent = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        String::from_utf8_lossy(&std::mem::take(&mut *sent)).into_owned()
    }
}

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A story under way, and the console that shows it.
struct Stage {
    engine: Engine,
    clock: Clock,
    app: App,
}

impl Stage {
    /// Gives the console the newest view, and the engine what the console asks for, until both are content.
    async fn show(&mut self) -> Result<(), Box<dyn Error>> {
        for _ in 0..2 {
            let view = Arc::new(self.engine.view(&self.clock)?);
            self.update(Message::View(view)).await?;
        }
        Ok(())
    }

    async fn update(&mut self, message: Message) -> Result<(), Box<dyn Error>> {
        for effect in self.app.update(message, Duration::ZERO) {
            if let Effect::Show(viewport) = effect {
                self.engine.command("ada@ops", Command::Show(viewport), &mut self.clock).await??;
            }
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut options = std::env::args().skip(1);
    let folder: PathBuf = options.next().map_or_else(|| "docs/pictures".into(), Into::into);
    let name = options.next().unwrap_or_else(|| "sale".into());
    let story = Story::from_str(&name, false)?;
    let home = tempfile::tempdir()?;
    let mut config = Config::at(home.path());
    config.source = Source::Simulated { speed: 60.0, seed: 1 };
    let assembled = story::staged(config, story)?;
    let theme = Theme::load("dark", Depth::True, Symbols::Braille)?;
    let app = App::new(theme, &PageSetup::default()).narrated(story.narrator());
    let mut stage = Stage { engine: assembled.engine, clock: assembled.clock, app };
    stage.update(Message::Resize(SIZE.0, SIZE.1)).await?;
    let (cast, pictures) = record(&mut stage, story, &name).await?;
    for (ending, text) in [("cast", cast), ("svg", moving(&pictures, &name))] {
        let path = folder.join(format!("{name}.{ending}"));
        std::fs::write(&path, &text)?;
        println!("{} ({} kB)", path.display(), text.len().div_ceil(1_000));
    }
    Ok(())
}

/// Plays `story`; gives it in asciinema's form (docs.asciinema.org, asciicast v2), and some of its frames as SVG.
async fn record(
    stage: &mut Stage,
    story: Story,
    name: &str,
) -> Result<(String, Vec<String>), Box<dyn Error>> {
    let sent = Sent::default();
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(sent.clone()), options)?;
    let title = format!("prescale demo --story {name}");
    let head = json!({ "version": 2, "width": SIZE.0, "height": SIZE.1, "title": title });
    let (mut cast, mut pictures) = (format!("{head}\n"), Vec::new());
    let start = stage.engine.now();
    for (frame, minute) in (0..=story.minutes()).enumerate() {
        stage.engine.minute(shift(start, 60 * minute)).await?;
        stage.show().await?;
        if minute == FLEET {
            for key in KEYS {
                stage.update(Message::Key(KeyEvent::from(key))).await?;
                stage.show().await?;
            }
        }
        let frame = frame / EVERY as usize;
        if minute % EVERY != 0 {
            continue;
        }
        terminal.draw(|frame| stage.app.draw(frame))?;
        writeln!(cast, "{}", json!([(frame as f64 * SECONDS * 100.0).round() / 100.0, "o", sent.take()]))?;
        if frame % OF == 0 {
            pictures.push(export::svg(&export::frame(&stage.app, SIZE.0, SIZE.1), &title));
        }
    }
    Ok((cast, pictures))
}

/// `pictures` of one size, one after the other and again from the first.
fn moving(pictures: &[String], name: &str) -> String {
    let box_of =
        |svg: &str| svg.split("viewBox=\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let size = pictures.first().and_then(|svg| box_of(svg)).unwrap_or_default();
    let count = pictures.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{size}\">\n<title>prescale demo --story {name}</title>\n"
    );
    for (at, picture) in pictures.iter().enumerate() {
        let (from, until) = (at as f64 / count, (at + 1) as f64 / count);
        // Without animation the last picture is what is seen.
        let (values, times) = match (at, at + 1 == pictures.len()) {
            (0, _) => ("visible;hidden".to_owned(), format!("0;{until:.4}")),
            (_, true) => ("hidden;visible".to_owned(), format!("0;{from:.4}")),
            _ => ("hidden;visible;hidden".to_owned(), format!("0;{from:.4};{until:.4}")),
        };
        let (seconds, shown) = (LONGER * count, if at + 1 == pictures.len() { "visible" } else { "hidden" });
        out += &format!(
            "<g visibility=\"{shown}\">\n{picture}<animate attributeName=\"visibility\" calcMode=\"discrete\" values=\"{values}\" \
             keyTimes=\"{times}\" dur=\"{seconds}s\" repeatCount=\"indefinite\"/></g>\n"
        );
    }
    out + "</svg>\n"
}
