//! How large the history becomes: the embedded fleet in `auto`, minute by minute, with the defaults of `[keep]`.
//!
//!     PRESCALE_GROWTH_DAYS=365 cargo bench --bench growth
//!
//! Prints the size of the store, a group, as the days pass. Without the variable it lives through 20 days.

mod embedded;

use embedded::fleet;
use prescale::{
    cloud::simulator::demo_start,
    domain::{decision::Mode, keep::Keep, shift},
    engine::options::GroupOptions,
};

/// Days of a run that nobody asked to be longer.
const DAYS: i64 = 20;
const DAY: i64 = 86_400;

/// Bytes of every file in `folder`.
fn size(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("a folder of our own").flatten();
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

fn main() {
    let days = std::env::var("PRESCALE_GROWTH_DAYS").ok().and_then(|n| n.parse().ok()).unwrap_or(DAYS);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = GroupOptions { mode: Mode::Auto, ..GroupOptions::default() };
    let (engine, simulator) = fleet(folder.path(), options);
    let mut engine = engine.keeping(Keep::default());
    let mut decided = 0;
    println!("day  MB a group  decisions a group and day");
    for day in 1..=days {
        for minute in 1..=DAY / 60 {
            let now = shift(demo_start(), (day - 1) * DAY + minute * 60);
            simulator.with(|world| world.advance(now));
            decided += runtime.block_on(engine.minute(now)).expect("the store can be written").len();
            engine.checkpoint(now).expect("the store can be written");
            engine.tidy(now).expect("the store can be written");
        }
        let groups = engine.groups().len() as f64;
        if day == days || [1, 7, 14, 30, 63, 90, 120, 180, 270].contains(&day) {
            let rate = decided as f64 / groups / day as f64;
            println!("{day:>3}  {:>10.2}  {rate:>10.1}", size(folder.path()) as f64 / 1e6 / groups);
        }
    }
}
