//! Draws the pictures of the README: the real pages of the console over the embedded simulated fleet, as SVG, and records a story of
//! `prescale demo`.
//!
//!     cargo run --example pictures -- docs/pictures
//!
//! Everything but the speed of the machine is fixed (seed, start, minutes), so a second run draws the same charts.

mod stage;
mod story;

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::Duration,
};

use crossterm::event::{KeyCode, KeyCode as K};
use prescale::{
    agent::{assemble, story::Story},
    cli::Global,
    console::{app::App, draw::export},
    domain::shift,
    link::Command,
};

use self::stage::Stage;

/// Columns of a picture, and rows of a console.
const SIZE: (u16, u16) = (132, 42);
/// Minutes that the fleet lives before it is drawn.
const MINUTES: i64 = 200;
/// The group whose page is shown.
const GROUP: &str = "checkout-web";

/// What the fleet is run with: the modes that the demo shows, prices, and one short training on demand.
const CONFIG: &str = r#"
[train]
daily = false
epochs = 24
hidden = 24

[defaults]
price = 0.096

[group.web-sessions]
mode = "auto"

[group.batch-steady]
mode = "observe"
demand = "cpu"
"#;

/// Name of a picture, its theme, its rows, and the keys that lead to it from the page before.
const PICTURES: [(&str, &str, u16, &[KeyCode]); 8] = [
    ("fleet", "dark", 36, &[K::Char('1'), K::Down]),
    ("group", "dark", 42, &[K::Char('2')]),
    (
        "outlook",
        "dark",
        34,
        &[K::Char('r'), K::Char('r'), K::Char('r'), K::Char('z'), K::Char('v'), K::PageDown],
    ),
    ("proposals", "dark", 38, &[K::Esc, K::Esc, K::Char('3'), K::Down]),
    ("calendar", "dark", 36, &[K::Char('4')]),
    ("models", "dark", 42, &[K::Char('5')]),
    ("journal", "dark", 38, &[K::Char('6'), K::Down, K::Enter]),
    ("light", "light", 42, &[K::Down, K::Char('2')]),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).map_or_else(|| "docs/pictures".into(), Into::into);
    std::fs::create_dir_all(&folder)?;
    let home = tempfile::tempdir()?;
    std::fs::write(home.path().join("prescale.toml"), CONFIG)?;
    std::fs::copy("calendar.toml", home.path().join("calendar.toml"))?;
    let global = Global { config: None, home: Some(home.path().to_owned()), json: false };
    let assembled = assemble::assemble(&global.location(), false).await?;
    let mut stage =
        Stage { engine: assembled.engine, clock: assembled.clock, app: stage::app("dark", SIZE)? };
    live(&mut stage).await?;
    for (name, theme, rows, keys) in PICTURES {
        stage.app = if name == "light" { stage::app(theme, SIZE)? } else { stage.app };
        stage.show().await?;
        for key in keys {
            stage.press(*key).await?;
        }
        draw(&stage.app, name, rows, &folder)?;
    }
    story::record(Story::Sale, "sale", &folder).await
}

/// Lets the fleet live, and a model be trained meanwhile.
async fn live(stage: &mut Stage) -> Result<(), Box<dyn Error>> {
    let start = stage.engine.now();
    stage.engine.minute(start).await?;
    stage.send(Command::Train { group: GROUP.into() }).await?;
    for minute in 1..=MINUTES {
        stage.engine.minute(shift(start, 60 * minute)).await?;
    }
    while stage.engine.is_training() {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stage.engine.minute(stage.engine.now()).await?;
    }
    Ok(())
}

fn draw(app: &App, name: &str, rows: u16, folder: &Path) -> Result<(), Box<dyn Error>> {
    let picture = export::svg(&export::frame(app, SIZE.0, rows), &format!("prescale: {name}"));
    let path = folder.join(format!("{name}.svg"));
    std::fs::write(&path, &picture)?;
    println!("{} ({} kB)", path.display(), picture.len().div_ceil(1_000));
    Ok(())
}
