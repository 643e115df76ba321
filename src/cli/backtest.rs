//! `prescale backtest`: walk a recorded trace forward through the engine.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use chrono_tz::Tz;

use super::{Failure, Global, print_json};
use crate::{
    backtest::{self, BacktestError},
    calendar::parse_events,
    cloud::simulator::{Interpolation, Trace},
    domain::{Time, event::Event},
    plan::Policy,
};

/// Options of `prescale backtest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What lies before --from is history to learn from. Writes into --out:
  decisions.csv   timestamp,desired: one row a change, the first at --from
  forecasts.csv   origin,target,p10,p25,p50,p75,p90,p95,p99: 5, 15, 30 and 60 minutes ahead, each cycle
  summary.json    under-provisioned minutes, lost load, instance-hours, actions, flips

Example:
  prescale backtest --trace data/traces/nyc_taxi.csv --timezone America/New_York --capacity 1773.9 \\
    --boot 300 --min 1 --max 40 --from 2014-12-09T10:30:00Z --out /tmp/taxi")]
pub struct Options {
    /// Recorded load: `timestamp,<name>`, UTC, one value a step (load per step); a missing row is a gap.
    #[arg(long, value_name = "FILE")]
    trace: PathBuf,
    /// Calendar: `start,end,name,kind`.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Zone of people's days and weeks, for example Europe/Berlin.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    timezone: Tz,
    /// Load per step that one instance serves at 100 % utilisation.
    #[arg(long, value_name = "LOAD")]
    capacity: f64,
    /// Seconds from ordering an instance until it serves.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(0..=86_400))]
    boot: i64,
    /// MinSize.
    #[arg(long, value_name = "N")]
    min: u32,
    /// MaxSize.
    #[arg(long, value_name = "N")]
    max: u32,
    /// Utilisation not to exceed.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    slo: f64,
    /// First moment of the test (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Time,
    /// Rule that turns forecasts into capacity.
    #[arg(long, value_enum, default_value_t = Rule::Capacity)]
    policy: Rule,
    /// Quantile of demand that `capacity` buys, 0.5 to 0.995.
    #[arg(long, value_name = "SHARE", default_value_t = 0.96)]
    risk: f64,
    /// How the load runs between the centres of steps.
    #[arg(long, value_enum, default_value_t = Interp::Linear)]
    interp: Interp,
    /// Utilisation that `target-tracking` and `hpa` hold.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    tracking_target: f64,
    /// Seed of the simulation.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Folder for the files; made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Rule {
    /// Buys a quantile of demand over the lead time.
    Capacity,
    /// One more above 70 % predicted CPU, one less below 35 %.
    Threshold,
    /// Holds the CPU of now near `--tracking-target`, as an AWS target-tracking policy does.
    TargetTracking,
    /// The same by the rules of Kubernetes' Horizontal Pod Autoscaler.
    Hpa,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Interp {
    /// Straight lines between the centres of steps.
    Linear,
    /// Each step's value for its whole length.
    Hold,
}

/// Runs `prescale backtest`.
pub fn run(global: &Global, options: Options) -> Result<(), Failure> {
    let backtest = read(&options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| Failure::Failed(format!("no runtime: {e}")))?;
    let mut bar = Bar { shown: std::io::stderr().is_terminal(), percent: u32::MAX };
    let report = runtime.block_on(backtest::run(&backtest, |share| bar.show(share))).map_err(failure)?;
    bar.clear();
    report.write(&options.out).map_err(failure)?;
    if global.json {
        return print_json(&report.summary);
    }
    let s = &report.summary;
    super::print(&format!(
        "{}: {:.1} h, above the SLO {:.0} min ({:.2} %), lost load {:.2} %, {:.1} instance-hours, \
         {} actions, {} flips\n",
        s.policy,
        s.hours,
        s.under_provisioned_minutes,
        s.above_slo_percent,
        s.lost_load_percent,
        s.instance_hours,
        s.actions,
        s.flips,
    ))
}

fn read(options: &Options) -> Result<backtest::Options, Failure> {
    check(options)?;
    let name = options.trace.display().to_string();
    let trace = Trace::parse_csv(file(&options.trace)?, &name).map_err(|e| Failure::Usage(e.to_string()))?;
    Ok(backtest::Options {
        trace,
        events: events(options)?,
        zone: options.timezone,
        capacity: options.capacity,
        boot: options.boot,
        min: options.min,
        max: options.max,
        slo: options.slo,
        from: options.from,
        policy: match options.policy {
            Rule::Capacity => Policy::Capacity,
            Rule::Threshold => Policy::Threshold,
            Rule::TargetTracking => Policy::TargetTracking,
            Rule::Hpa => Policy::Hpa,
        },
        risk: options.risk,
        tracking_target: options.tracking_target,
        seed: options.seed,
        interpolation: match options.interp {
            Interp::Linear => Interpolation::Linear,
            Interp::Hold => Interpolation::Hold,
        },
    })
}

fn check(options: &Options) -> Result<(), Failure> {
    let usage = |text: &str| Err(Failure::Usage(text.into()));
    if !(options.capacity > 0.0 && options.capacity.is_finite()) {
        return usage("--capacity must be a number above 0: the load per step that one instance serves");
    }
    if !(options.slo > 0.0 && options.slo <= 1.0) {
        return usage("--slo must lie above 0 and not above 1, for example 0.8");
    }
    if !(0.5..=0.995).contains(&options.risk) {
        return usage("--risk must lie between 0.5 and 0.995, for example 0.95");
    }
    if !(0.1..=1.0).contains(&options.tracking_target) {
        return usage("--tracking-target must lie between 0.1 and 1, for example 0.5");
    }
    if options.min > options.max || options.max == 0 {
        return usage("--max must be at least 1 and not below --min");
    }
    Ok(())
}

fn events(options: &Options) -> Result<Vec<Event>, Failure> {
    let Some(path) = &options.events else { return Ok(Vec::new()) };
    let text = String::from_utf8_lossy(&file(path)?).into_owned();
    parse_events(&text, path).map_err(|e| Failure::Usage(e.to_string()))
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))
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
