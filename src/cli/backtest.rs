//! `prescale backtest`: replay a recorded trace through the engine.

mod case;
mod table;

use std::{
    io::{IsTerminal, Write},
    ops::ControlFlow,
    path::PathBuf,
    sync::LazyLock,
};

use clap::builder::PossibleValue;

use self::case::Case;
use super::{
    Failure, Global,
    announced::Announced,
    print_json,
    recorded::{MissingRows, Retrain},
};
use crate::{
    backtest::{self, BacktestError, Contender, MOST_INSTANCES},
    cloud::simulator::Interpolation,
    domain::{Time, objective::Objective},
    plan::{Settings, preflight::Limits},
};

/// Options of `prescale backtest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Data before --from is history to learn from. Writes into --out:
  decisions.csv   timestamp,desired: one row per change, the first at --from
  forecasts.csv   origin,target,p10,p25,p50,p75,p90,p95,p99: 5, 15, 30 and 60 minutes ahead, each cycle, per step of forecasts
  summary.json    under-provisioned minutes, lost load, instance-hours, actions, flips, elasticity
Several policies (--policy capacity,target-tracking,oracle) write a folder each, and a table compares them.

Example:
  prescale backtest --trace data/traces/nyc_taxi.csv --timezone America/New_York --capacity 1773.9 \\
    --boot 300 --min 1 --max 40 --from 2014-12-09T10:30:00Z --out /tmp/taxi

What would have happened last week, also while a console or an agent runs:
  prescale backtest --group checkout-web --boot 240 --min 2 --max 40 --policy capacity,target-tracking --out /tmp/week")]
// It has many fields because each is an option of the command line.
pub struct BacktestArgs {
    /// Recorded load: `timestamp,<name>`, UTC, one value per step (load per step).
    #[arg(long, value_name = "FILE", required_unless_present = "group", conflicts_with = "group")]
    trace: Option<PathBuf>,
    /// With --trace, what a missing row is [default: gap]
    #[arg(long, value_enum, value_name = "WHAT", requires = "trace")]
    missing: Option<MissingRows>,
    /// Use a group of the home folder instead: its stored demand, and its calendar, holidays and zone unless given.
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    #[command(flatten)]
    announced: Announced,
    #[command(flatten)]
    size: GroupSize,
    /// Utilisation not to exceed.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    slo: f64,
    /// First moment of the test (RFC 3339). With --group: the last week, or half of a shorter history, unless given.
    #[arg(long, value_name = "TIME", required_unless_present = "group")]
    from: Option<Time>,
    /// Rule that turns forecasts into capacity; several, with commas, to compare them.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "capacity")]
    policy: Vec<PolicyArg>,
    /// Quantile of demand that `capacity` provisions for, 0.5 to 0.995.
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = risk)]
    risk: f64,
    /// What `capacity` keeps: a share of minutes above the target (0.5%) or of load (lost_load=0.01%). The quantile follows it,
    /// from --risk on.
    #[arg(long, value_name = "PERCENT")]
    objective: Option<Objective>,
    /// Interpolation of the load between the centres of steps.
    #[arg(long, value_enum, default_value_t = Interp::Linear)]
    interp: Interp,
    /// Minutes of a step of forecasts: with a trace of minutes, 5 forecasts as a console and an agent do [default: the trace's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=60))]
    step_minutes: Option<i64>,
    /// Utilisation that `target-tracking`, `hpa` and `aws-predictive` hold.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    tracking_target: f64,
    /// Whether the prior is adapted to the load once a local day, as groups do it.
    #[arg(long, value_enum, value_name = "WHEN", default_value = "daily")]
    retrain: Retrain,
    /// Price of an instance-hour; with it, costs are reported.
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    price: Option<f64>,
    /// Seed of the simulation.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Folder for the files; created if needed.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The group that the load is replayed on.
#[derive(Debug, clap::Args)]
struct GroupSize {
    /// Load per step that one instance serves at 100 % utilisation. With --group: configured or learned unless given.
    #[arg(long, value_name = "LOAD", required_unless_present = "group")]
    capacity: Option<f64>,
    /// Seconds from ordering an instance until it serves. With --group: as configured unless given.
    #[arg(long, value_name = "SECONDS", required_unless_present = "group", value_parser = clap::value_parser!(i64).range(0..=86_400))]
    boot: Option<i64>,
    /// MinSize.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=i64::from(MOST_INSTANCES)))]
    min: u32,
    /// MaxSize, at most 20000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=i64::from(MOST_INSTANCES)))]
    max: u32,
}

/// Who decides in a backtest, as a value of `--policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PolicyArg(Contender);

impl clap::ValueEnum for PolicyArg {
    fn value_variants<'a>() -> &'a [PolicyArg] {
        static ALL: LazyLock<Vec<PolicyArg>> = LazyLock::new(|| Contender::all().map(PolicyArg).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            Contender::Policy(policy) => policy.help(),
            Contender::Oracle => "Knows the future: the fewest instance-hours that keep the SLO.",
            Contender::Recorded => {
                "With --group: the group as it was, where its instances in service were recorded."
            }
        };
        Some(PossibleValue::new(self.0.name()).help(help.trim_end_matches('.')))
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Interp {
    /// Straight lines between the centres of steps.
    Linear,
    /// Each step's value for its whole length.
    Hold,
}

/// Runs `prescale backtest`.
pub fn run(global: &Global, options: BacktestArgs) -> Result<(), Failure> {
    let backtests = read(global, &options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| Failure::Failed(format!("cannot start the async runtime: {e}")))?;
    let mut bar = Bar { shown: std::io::stderr().is_terminal(), percent: u32::MAX };
    let mut summaries = Vec::new();
    for (done, backtest) in backtests.iter().enumerate() {
        let overall = |share: f64| (done as f64 + share) / backtests.len() as f64;
        let watch = |share| {
            bar.show(overall(share));
            ControlFlow::Continue(())
        };
        let report = runtime.block_on(backtest::run(backtest, watch)).map_err(failure)?;
        let several = (backtests.len() > 1).then(|| backtest.contender.name());
        let folder = several.map_or(options.out.clone(), |name| options.out.join(name));
        report.write(&folder).map_err(failure)?;
        summaries.push(report.summary);
    }
    bar.clear();
    match (summaries.as_slice(), global.json) {
        ([one], true) => print_json(one),
        (all, true) => print_json(&all),
        ([one], false) => super::print(&table::sentence(one)),
        (all, false) => super::print(&table::table(all)),
    }
}

/// One backtest for each policy asked for.
fn read(global: &Global, options: &BacktestArgs) -> Result<Vec<backtest::BacktestOptions>, Failure> {
    check(options)?;
    let Case { trace, events, zone, capacity, boot, from, recorded } = Case::read(global, options)?;
    let first = backtest::BacktestOptions {
        trace,
        events,
        zone,
        capacity,
        boot,
        min: options.size.min,
        max: options.size.max,
        from,
        contender: Contender::Oracle,
        settings: Settings {
            risk: options.risk,
            objective: options.objective,
            target: options.slo,
            tracking_target: options.tracking_target,
            ..Settings::default()
        },
        limits: Limits::default(),
        recorded,
        price: options.price,
        seed: options.seed,
        interpolation: match options.interp {
            Interp::Linear => Interpolation::Linear,
            Interp::Hold => Interpolation::Hold,
        },
        retrain: options.retrain == Retrain::Daily,
        step: options.step_minutes.map(|minutes| 60 * minutes),
    };
    let each =
        options.policy.iter().map(|rule| backtest::BacktestOptions { contender: rule.0, ..first.clone() });
    Ok(each.collect())
}

/// The quantile that is typed as `text`, as `risk` of the configuration.
pub(super) fn risk(text: &str) -> Result<f64, String> {
    Settings::RISK.typed(text)
}

fn check(options: &BacktestArgs) -> Result<(), Failure> {
    let usage = |text: &str| Err(Failure::Usage(text.into()));
    if options.size.capacity.is_some_and(|capacity| !(capacity > 0.0 && capacity.is_finite())) {
        return usage("--capacity must be a number above 0: the load per step that one instance serves");
    }
    if !(options.slo > 0.0 && options.slo <= 1.0) {
        return usage("--slo must lie above 0 and not above 1, for example 0.8");
    }
    if !(0.1..=1.0).contains(&options.tracking_target) {
        return usage("--tracking-target must lie between 0.1 and 1, for example 0.5");
    }
    if options.price.is_some_and(|price| !(price >= 0.0 && price.is_finite())) {
        return usage("--price must be a number from 0 up: what an instance-hour costs");
    }
    if (1..options.policy.len()).any(|at| options.policy[..at].contains(&options.policy[at])) {
        return usage("--policy names a policy twice; each writes a folder of its own name, so give it once");
    }
    if options.size.min > options.size.max || options.size.max == 0 {
        return usage("--max must be at least 1 and not below --min");
    }
    Ok(())
}

fn failure(error: BacktestError) -> Failure {
    match error {
        BacktestError::Usage(text) => Failure::Usage(text),
        other => Failure::Failed(other.to_string()),
    }
}

/// Progress on standard error, when somebody looks.
struct Bar {
    shown: bool,
    percent: u32,
}

impl Bar {
    fn show(&mut self, share: f64) {
        let percent = (100.0 * share) as u32;
        if self.shown && percent != self.percent {
            self.percent = percent;
            // Progress that cannot be shown is not worth failing for.
            let _ = write!(std::io::stderr(), "\r{percent:3} %");
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r      \r");
        }
    }
}
