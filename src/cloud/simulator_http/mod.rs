//! The embedded AWS behind a socket, in the protocols that AWS's own clients speak.
//!
//! `prescale simulate` serves it. With `AWS_ENDPOINT_URL` pointed here the SDKs, `boto3`, the AWS CLI and prescale's own
//! adapter see the simulated groups as they would see an account: Auto Scaling in the query protocol (form in,
//! XML out), the health of load balancers' targets likewise, CloudWatch in CBOR, JSON or the query protocol, and
//! `sts:GetCallerIdentity`. What AWS refuses is refused in AWS's words, and so is what is not simulated.
//!
//! Signatures are not checked and any key is good, so the socket stays on the loopback device. The access key
//! `EXPIRED` is answered as expired credentials are; `Action=InjectFault` makes one of the simulator's faults
//! happen.
//!
//! The world lives in the weeks of its traces. Moments are moved by whole weeks on their way in and out, so that
//! the simulation begins now and weekdays stay what they are.
//!
//! Start with [`Account`] (one request to one answer), then `scaling`, `change`, `balancer` and `watch` (the
//! operations), `value` (what goes in and out), `protocol` (in which words) and [`serve`] (sockets).

mod balancer;
mod change;
#[cfg(test)]
pub(crate) mod closed_port;
mod http;
mod protocol;
mod scaling;
#[cfg(test)]
mod tests;
mod value;
mod watch;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

pub use http::serve;

use self::value::{Input, Node};
use super::{
    CloudError,
    simulator::{GroupSpec, Simulator, World, demo_start},
};
use crate::domain::{Seconds, Time, fault::Fault, floor_to, group::GroupState, shift};

/// The account's number.
pub const ACCOUNT: &str = "123456789012";
/// The region in the names of its resources.
pub const REGION: &str = "us-east-1";
/// The access key that counts as expired.
pub const EXPIRED: &str = "EXPIRED";

const WEEK: Seconds = 7 * 86_400;

/// A refusal, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    code: String,
    message: String,
}

impl Refusal {
    fn new(code: &str, message: impl Into<String>) -> Refusal {
        Refusal { code: code.to_owned(), message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new("ValidationError", message)
    }
}

impl From<CloudError> for Refusal {
    /// The simulator's errors read `Code: message`.
    fn from(error: CloudError) -> Refusal {
        let (CloudError::Retry(text)
        | CloudError::NotSent(text)
        | CloudError::Replan(text)
        | CloudError::Stop(text)) = error;
        match text.split_once(": ") {
            Some((code, message)) => Refusal::new(code, message),
            None => Refusal::invalid(text),
        }
    }
}

/// What an operation answers.
type OperationResult = Result<Node, Refusal>;

/// How fast an account answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountLimits {
    /// Every answer takes at least so long.
    pub latency: Duration,
    /// Most calls within a second of the clients' time; those beyond are throttled.
    pub rate: Option<u32>,
}

/// A simulated account that answers requests.
pub struct Account {
    simulator: Simulator,
    /// Seconds from the world's time to the time that clients see.
    offset: Seconds,
    clock: Box<dyn Fn() -> Time + Send + Sync>,
    pace: Mutex<AccountLimits>,
    /// The newest second, and the calls in it.
    calls: Mutex<(Time, u32)>,
}

impl Account {
    /// An account of `specs` that begins at the present moment of `clock`, which tells the time that clients see.
    pub fn new(
        specs: Vec<GroupSpec>,
        seed: u64,
        pace: AccountLimits,
        clock: impl Fn() -> Time + Send + Sync + 'static,
    ) -> Account {
        let now = clock();
        let offset = (now - demo_start()).num_seconds().div_euclid(WEEK) * WEEK;
        let world = World::new(specs, floor_to(shift(now, -offset), 60), seed);
        let simulator = Simulator::new(world);
        let (pace, calls) = (Mutex::new(pace), Mutex::new((now, 0)));
        Account { simulator, offset, clock: Box::new(clock), pace, calls }
    }

    /// The simulation behind it, for looking at it without HTTP.
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// From now on it answers as fast as `pace` says.
    pub fn limit(&self, pace: AccountLimits) {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }

    fn pace(&self) -> AccountLimits {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more call, and refuses it where there were too many within this second.
    fn admit(&self, now: Time) -> Result<(), Refusal> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls = if calls.0 == now { (now, calls.1 + 1) } else { (now, 1) };
        match self.pace().rate {
            Some(rate) if calls.1 > rate => Err(Refusal::new("Throttling", "Rate exceeded")),
            _ => Ok(()),
        }
    }

    /// Does `operation`, and says in AWS's words why not.
    fn perform(&self, operation: &str, input: Input<'_>) -> OperationResult {
        let now = (self.clock)();
        self.admit(now)?;
        let now = shift(now, -self.offset);
        self.simulator.with(|world| {
            world.advance(now);
            let mut call = OperationCall { world, offset: self.offset, input };
            match operation {
                "GetCallerIdentity" => Ok(Node::fields([
                    ("Arn", Node::text(format!("arn:aws:iam::{ACCOUNT}:user/simulated"))),
                    ("UserId", Node::text("AIDASIMULATED")),
                    ("Account", Node::text(ACCOUNT)),
                ])),
                "InjectFault" => inject(&mut call),
                "GetMetricData" => watch::data(&call),
                "GetMetricStatistics" => watch::statistics(&call),
                "ListMetrics" => watch::list(&call),
                other => scaling::perform(other, &call)
                    .or_else(|| balancer::perform(other, &call))
                    .or_else(|| change::perform(other, &mut call))
                    .unwrap_or_else(|| {
                        Err(Refusal::new("InvalidAction", format!("The action {other} is not simulated.")))
                    }),
            }
        })
    }
}

/// One request on its way through an operation.
struct OperationCall<'a> {
    world: &'a mut World,
    offset: Seconds,
    input: Input<'a>,
}

impl OperationCall<'_> {
    /// The groups, by name.
    fn groups(&self) -> Result<Vec<GroupState>, Refusal> {
        Ok(self.world.groups()?)
    }

    /// A moment of the world as clients see it.
    fn outward(&self, time: Time) -> Node {
        Node::Time(shift(time, self.offset))
    }

    /// A moment that the client named, in the world's time.
    fn moment(&self, name: &str) -> Result<Option<Time>, Refusal> {
        Ok(self.input.time(name)?.map(|time| shift(time, -self.offset)))
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.input.text(name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::invalid(format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    ))
}

/// One page of `all` from the place that `NextToken` names, and the token of the next.
fn page<T>(
    all: Vec<T>,
    input: &Input<'_>,
    usual: i64,
    most: i64,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let size = input.number("MaxRecords").unwrap_or(usual).clamp(1, most) as usize;
    page_from(all, input.text("NextToken"), size)
}

/// [`page`] of `size`, from the place that `token` names.
fn page_from<T>(all: Vec<T>, token: Option<&str>, size: usize) -> Result<(Vec<T>, Option<String>), Refusal> {
    let from = match token.filter(|t| !t.is_empty()) {
        None => 0,
        Some(token) => token
            .parse()
            .ok()
            .filter(|from| *from <= all.len())
            .ok_or_else(|| Refusal::new("InvalidNextToken", "The token is not valid."))?,
    };
    let next = (all.len() - from > size).then(|| (from + size).to_string());
    Ok((all.into_iter().skip(from).take(size).collect(), next))
}

fn inject(call: &mut OperationCall<'_>) -> OperationResult {
    let (group, name) = (call.required("Group")?.to_owned(), call.required("Fault")?.to_owned());
    let fault = Fault::ALL.into_iter().find(|fault| format!("{fault:?}") == name).ok_or_else(|| {
        let names: Vec<String> = Fault::ALL.iter().map(|fault| format!("{fault:?}")).collect();
        Refusal::invalid(format!("there is no fault {name}; there are {}", names.join(", ")))
    })?;
    let told = call.world.inject(&group, fault).map_err(Refusal::invalid)?;
    Ok(Node::fields([("Message", Node::text(told))]))
}
