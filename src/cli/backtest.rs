//! `prescale backtest`: walk a recorded trace forward through the engine.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use chrono_tz::Tz;

use super::{Failure, Global, print_json};
use crate::{
    backtest::{self, BacktestError, Contender, Summary},
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
  summary.json    under-provisioned minutes, lost load, instance-hours, actions, flips, elasticity
Several policies (--policy capacity,target-tracking,oracle) write a folder each, and a table compares them.

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
    /// Rule that turns forecasts into capacity; several, with commas, to compare them.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "capacity")]
    policy: Vec<Rule>,
    /// Quantile of demand that `capacity` buys, 0.5 to 0.995.
    #[arg(long, value_name = "SHARE", default_value_t = 0.96)]
    risk: f64,
    /// How the load runs between the centres of steps.
    #[arg(long, value_enum, default_value_t = Interp::Linear)]
    interp: Interp,
    /// Utilisation that `target-tracking`, `hpa` and `aws-predictive` hold.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    tracking_target: f64,
    /// Price of an instance-hour; costs are summed up where it is given.
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    price: Option<f64>,
    /// Seed of the simulation.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Folder for the files; made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rule {
    /// Buys a quantile of demand over the lead time.
    Capacity,
    /// One more above 70 % predicted CPU, one less below 35 %.
    Threshold,
    /// Holds the CPU of now near `--tracking-target`, as an AWS target-tracking policy does.
    TargetTracking,
    /// Adds or removes 10 to 30 % of the group by the CPU of now, as an AWS step scaling policy does.
    StepScaling,
    /// Target tracking by the rules of Kubernetes' Horizontal Pod Autoscaler.
    Hpa,
    /// Target tracking above an hourly forecast of earlier days, as AWS predictive scaling does.
    AwsPredictive,
    /// Knows the future: the fewest instance-hours that keep the SLO.
    Oracle,
}

impl Rule {
    fn contender(self) -> Contender {
        Contender::Policy(match self {
            Rule::Capacity => Policy::Capacity,
            Rule::Threshold => Policy::Threshold,
            Rule::TargetTracking => Policy::TargetTracking,
            Rule::StepScaling => Policy::StepScaling,
            Rule::Hpa => Policy::Hpa,
            Rule::AwsPredictive => Policy::AwsPredictive,
            Rule::Oracle => return Contender::Oracle,
        })
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
pub fn run(global: &Global, options: Options) -> Result<(), Failure> {
    let backtests = read(&options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| Failure::Failed(format!("no runtime: {e}")))?;
    let mut bar = Bar { shown: std::io::stderr().is_terminal(), percent: u32::MAX };
    let mut summaries = Vec::new();
    for (done, backtest) in backtests.iter().enumerate() {
        let overall = |share: f64| (done as f64 + share) / backtests.len() as f64;
        let report =
            runtime.block_on(backtest::run(backtest, |share| bar.show(overall(share)))).map_err(failure)?;
        let several = (backtests.len() > 1).then(|| backtest.contender.name());
        let folder = several.map_or(options.out.clone(), |name| options.out.join(name));
        report.write(&folder).map_err(failure)?;
        summaries.push(report.summary);
    }
    bar.clear();
    match (summaries.as_slice(), global.json) {
        ([one], true) => print_json(one),
        (all, true) => print_json(&all),
        ([one], false) => super::print(&sentence(one)),
        (all, false) => super::print(&table(all)),
    }
}

/// One backtest in one line.
fn sentence(s: &Summary) -> String {
    let cost = s.cost.map(|cost| format!(" ({cost:.2})")).unwrap_or_default();
    format!(
        "{}: {:.1} h, above the SLO {:.0} min ({:.2} %), lost load {:.2} %, {:.1} instance-hours{cost}, \
         {:.2} x the oracle's, {} actions, {} flips\n",
        s.policy,
        s.hours,
        s.under_provisioned_minutes,
        s.above_slo_percent,
        s.lost_load_percent,
        s.instance_hours,
        s.hours_over_oracle,
        s.actions,
        s.flips,
    )
}

/// Several side by side; the last five columns are SPEC's elasticity metrics.
fn table(summaries: &[Summary]) -> String {
    let head = [
        "above min",
        "above %",
        "lost %",
        "inst-h",
        "x oracle",
        "cost",
        "actions",
        "flips",
        "short %",
        "over %",
        "t short %",
        "t over %",
        "jitter/h",
    ];
    let row = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:>9}")).collect();
        format!("{name:<16}{cells}\n")
    };
    let mut text = row("policy", &head.map(str::to_owned));
    for s in summaries {
        let e = s.elasticity;
        let cells = [
            format!("{:.0}", s.under_provisioned_minutes),
            format!("{:.2}", s.above_slo_percent),
            format!("{:.2}", s.lost_load_percent),
            format!("{:.1}", s.instance_hours),
            format!("{:.2}", s.hours_over_oracle),
            s.cost.map_or("-".to_owned(), |cost| format!("{cost:.2}")),
            s.actions.to_string(),
            s.flips.to_string(),
            format!("{:.2}", e.shortage_percent),
            format!("{:.1}", e.surplus_percent),
            format!("{:.2}", e.time_short_percent),
            format!("{:.1}", e.time_over_percent),
            format!("{:.2}", e.jitter_per_hour),
        ];
        text.push_str(&row(&s.policy, &cells));
    }
    text
}

/// One backtest for each policy asked for.
fn read(options: &Options) -> Result<Vec<backtest::Options>, Failure> {
    check(options)?;
    let name = options.trace.display().to_string();
    let trace = Trace::parse_csv(file(&options.trace)?, &name).map_err(|e| Failure::Usage(e.to_string()))?;
    let first = backtest::Options {
        trace,
        events: events(options)?,
        zone: options.timezone,
        capacity: options.capacity,
        boot: options.boot,
        min: options.min,
        max: options.max,
        slo: options.slo,
        from: options.from,
        contender: Contender::Oracle,
        risk: options.risk,
        tracking_target: options.tracking_target,
        price: options.price,
        seed: options.seed,
        interpolation: match options.interp {
            Interp::Linear => Interpolation::Linear,
            Interp::Hold => Interpolation::Hold,
        },
    };
    let each =
        options.policy.iter().map(|rule| backtest::Options { contender: rule.contender(), ..first.clone() });
    Ok(each.collect())
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
    if options.price.is_some_and(|price| !(price >= 0.0 && price.is_finite())) {
        return usage("--price must be a number from 0 up: what an instance-hour costs");
    }
    if (1..options.policy.len()).any(|at| options.policy[..at].contains(&options.policy[at])) {
        return usage("--policy names a policy twice; each writes a folder of its own name, so give it once");
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
