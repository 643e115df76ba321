//! `prescale simulate`

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Failure, Global, print};
use crate::{
    cloud::{
        simulator::{GroupSpec, demo_fleet},
        simulator_http::{Account, AccountLimits, serve},
    },
    domain::{at_epoch, shift},
};

/// Options of `prescale simulate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Point any AWS client at it: AWS_ENDPOINT_URL=http://ADDRESS, any keys, any region.
The access key EXPIRED is answered as expired credentials are. Faults:
  curl -d 'Action=InjectFault&Group=checkout-web&Fault=Throttling' http://ADDRESS")]
pub struct SimulateArgs {
    /// Loopback address and port; port 0 chooses a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4600")]
    listen: SocketAddr,
    /// Number of groups: the four recorded ones, repeated under numbered names [default: 4]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    groups: Option<u16>,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    speed: u16,
    /// Seed of the simulation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Minimum latency of every response, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=60_000))]
    latency: u64,
    /// Maximum calls per second; more are throttled [default: no limit]
    #[arg(long, value_name = "CALLS", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
}

/// Runs `prescale simulate` until the process is ended.
pub fn run(global: &Global, options: SimulateArgs) -> Result<(), Failure> {
    let SimulateArgs { listen, groups, speed, seed, latency, rate } = options;
    if !listen.ip().is_loopback() {
        let text =
            format!("{listen} is not on the loopback device; signatures are not checked, so use 127.0.0.1");
        return Err(Failure::Usage(text));
    }
    let four = demo_fleet().map_err(|e| Failure::Failed(e.to_string()))?;
    let fleet = groups.map_or(four.clone(), |count| many(&four, usize::from(count)));
    let (begun, since) = (at_epoch(chrono::Utc::now().timestamp()), Instant::now());
    let clock = move || shift(begun, (since.elapsed().as_secs_f64() * f64::from(speed)) as i64);
    let pace = AccountLimits { latency: Duration::from_millis(latency), rate };
    let account = Account::new(fleet, seed, pace, clock);
    let bound = TcpListener::bind(listen).and_then(|l| l.local_addr().map(|address| (l, address)));
    let (listener, address) =
        bound.map_err(|e| Failure::Failed(format!("{listen}: {e}; choose another port (--listen)")))?;
    let url = format!("http://{address}");
    let line = match global.json {
        true => json!({"endpoint": url, "speed": speed, "seed": seed}).to_string(),
        false => format!("simulated AWS at {url}; set AWS_ENDPOINT_URL={url} to point any AWS client at it"),
    };
    print(&(line + "\n"))?;
    serve(&listener, Arc::new(account));
    Ok(())
}

/// `count` groups like those of `few` in turn, with numbered names.
fn many(few: &[GroupSpec], count: usize) -> Vec<GroupSpec> {
    let named =
        |(n, spec): (usize, &GroupSpec)| GroupSpec { name: format!("{}-{n:03}", spec.name), ..spec.clone() };
    few.iter().cycle().take(count).enumerate().map(named).collect()
}
