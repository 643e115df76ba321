//! Records a story of `prescale demo` on the real console: an asciinema file, and a moving SVG of some of its frames.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use crossterm::event::{KeyCode, KeyCode as K};
use prescale::{
    agent::story::{self, Story},
    config::{Config, Source},
    console::draw::export,
    domain::shift,
};
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};
use serde_json::json;

use super::stage::{Stage, app};

/// Columns and rows.
const SIZE: (u16, u16) = (110, 32);
/// Simulated minutes between two frames of the asciinema file, and how long one is shown.
const EVERY: usize = 3;
const SECONDS: f64 = 0.4;
/// Of so many frames one is in the SVG, where it is shown for so many seconds.
const OF: usize = 10;
const LONGER: f64 = 2.5;
/// Minutes of the story before its group is opened, and the keys that open it.
const FLEET: i64 = 30;
const KEYS: [KeyCode; 6] = [K::Char('/'), K::Char('s'), K::Char('e'), K::Char('s'), K::Enter, K::Enter];

/// What a terminal would have been sent since it was last taken.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<Mutex<Vec<u8>>>);

impl Sent {
    fn take(&self) -> String {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&std::mem::take(&mut *sent)).into_owned()
    }
}

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes `name.cast` and `name.svg` of `story` into `folder`.
pub async fn record(story: Story, name: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let mut config = Config::at(home.path());
    config.source = Source::Simulated { speed: 60.0, seed: 1 };
    let assembled = story::staged(config, story)?;
    let app = app("dark", SIZE)?.narrated(story.narrator());
    let mut stage = Stage { engine: assembled.engine, clock: assembled.clock, app };
    let (cast, pictures) = play(&mut stage, story, name).await?;
    for (ending, text) in [("cast", cast), ("svg", moving(&pictures, name))] {
        let path = folder.join(format!("{name}.{ending}"));
        std::fs::write(&path, &text)?;
        println!("{} ({} kB)", path.display(), text.len().div_ceil(1_000));
    }
    Ok(())
}

/// Plays `story`; gives it in asciinema's form (docs.asciinema.org, asciicast v2), and some of its frames as SVG.
async fn play(stage: &mut Stage, story: Story, name: &str) -> Result<(String, Vec<String>), Box<dyn Error>> {
    let sent = Sent::default();
    let area = Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(sent.clone()), options)?;
    let title = format!("prescale demo --story {name}");
    let head = json!({ "version": 2, "width": SIZE.0, "height": SIZE.1, "title": title });
    let (mut cast, mut pictures) = (format!("{head}\n"), Vec::new());
    let start = stage.engine.now();
    for (count, minute) in (0..=story.minutes()).enumerate() {
        stage.engine.minute(shift(start, 60 * minute)).await?;
        stage.show().await?;
        if minute == FLEET {
            for key in KEYS {
                stage.press(key).await?;
            }
        }
        if !count.is_multiple_of(EVERY) {
            continue;
        }
        let frame = count / EVERY;
        terminal.draw(|frame| stage.app.draw(frame))?;
        writeln!(cast, "{}", json!([(frame as f64 * SECONDS * 100.0).round() / 100.0, "o", sent.take()]))?;
        if frame.is_multiple_of(OF) {
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
