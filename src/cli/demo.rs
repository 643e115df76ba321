//! `prescale demo`: a story in the simulation, on the console or as lines.

use serde_json::json;

use super::{
    Failure, Global,
    console::{self, ConsoleArgs, OwnEngine, failure},
    print,
};
use crate::{
    agent::story::{self, Story, Told},
    config::{Config, Source, home},
    domain::text::escape_json,
    engine::GroupDecision,
    store::StoreError,
};

/// Options of `prescale demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It plays some hours of the simulated fleet in which one thing happens; captions say what, and what prescale does about it and why.
Nothing outside is touched, no configuration is read, and nothing is kept. With --plain or --json it is printed as fast as it can be
computed, whatever the speed; the same seed gives the same lines.")]
pub struct DemoArgs {
    /// What happens.
    #[arg(long, value_enum, value_name = "NAME", default_value = "sale")]
    story: Story,
    /// Simulated seconds per second on the console.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    speed: u16,
    /// Seed of the simulation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How the console looks.
    #[command(flatten)]
    console: ConsoleArgs,
}

/// Runs `prescale demo`.
///
/// # Errors
/// [`Failure::Usage`] for options that leave nothing to see; otherwise as the console.
pub fn run(global: &Global, options: DemoArgs) -> Result<(), Failure> {
    let DemoArgs { story, speed, seed, console } = options;
    if console.attach || console.read_only {
        let text =
            "demo plays a simulation of its own, in which prescale acts; leave out --attach and --read-only";
        return Err(Failure::Usage(text.into()));
    }
    let home = home(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    let mut config = Config::at(&home);
    config.source = Source::Simulated { speed: f64::from(speed), seed };
    if console.plain || global.json {
        return lines(config, story, global.json);
    }
    console::show(config, console, OwnEngine::Staged(story))
}

/// Why a story ended early.
enum Broken {
    Store(StoreError),
    Output(Failure),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Broken {
        Broken::Store(error)
    }
}

/// Prints the story: a line a caption and a decision, or a document each.
fn lines(config: Config, story: Story, json: bool) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Failure::Failed(format!("cannot start the async runtime: {e}")))?;
    let assembled = story::staged(config, story).map_err(failure)?;
    let tell = |told: Told| {
        let line = if json { as_json(&told) } else { as_text(&told) };
        print(&(line + "\n")).map_err(Broken::Output)
    };
    match runtime.block_on(story::play(assembled, story, tell)) {
        Ok(()) => Ok(()),
        Err(Broken::Output(failure)) => Err(failure),
        Err(Broken::Store(error)) => Err(Failure::Failed(error.to_string())),
    }
}

fn as_text(told: &Told) -> String {
    match told {
        Told::Caption(caption) => {
            format!("{} == {}\n{:21} {}", caption.at.format("%FT%TZ"), caption.what, "", caption.why)
        }
        Told::Decision(one) => crate::agent::as_text(one),
    }
}

fn as_json(told: &Told) -> String {
    let line = match told {
        Told::Caption(caption) => json!({ "caption": caption }),
        Told::Decision(one) => {
            let GroupDecision { group, decision } = one.as_ref();
            json!({ "decision": {
                "at": decision.at, "group": group, "stage": decision.stage.name(), "from": decision.from, "to": decision.to,
                "why": decision.plan.reasons.first(),
            }})
        }
    };
    escape_json(&line.to_string())
}
