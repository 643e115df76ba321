//! What an account has, for the questions: its groups, their sizes, and where their demand can be counted. It only reads.

use std::time::Duration;

use crate::{
    cloud::{
        CloudError, MetricQuery, MetricSource,
        aws::{ConnectOptions, connect},
    },
    domain::{
        Seconds, Time,
        group::{GroupState, PolicyKind},
        metric::Metric,
        series::Series,
        shift,
        text::clean,
    },
};

/// Longest time that the account may take.
const MOST_WAIT: Duration = Duration::from_secs(60);
/// Seconds in which a load balancer's requests are looked for.
const LOOK_BACK: Seconds = 3 * 3_600;
/// Seconds a point covers.
const PERIOD: Seconds = 300;

/// What there is.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The region in use.
    pub region: String,
    /// Region and account in words.
    pub place: String,
    /// By name.
    pub groups: Vec<FoundGroup>,
    /// Why metrics could not be read, if they could not.
    pub blind: Option<String>,
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FoundGroup {
    pub name: String,
    /// Desired capacity within MinSize and MaxSize.
    pub size: (u32, u32, u32),
    /// A load balancer counted requests for it; `None` where that could not be read.
    pub requests: Option<bool>,
    /// What scales it already, in words; empty for nothing.
    pub policies: String,
}

/// Reads the groups of `region` with the credentials of `profile`.
///
/// # Errors
/// What is wrong, and after a semicolon what mends it.
pub(super) fn look(profile: Option<&str>, region: Option<&str>) -> Result<Found, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| format!("cannot start the async runtime: {e}"))?;
    let (profile, region) = (profile.map(str::to_owned), region.map(str::to_owned));
    let options = ConnectOptions { profile, region, ..ConnectOptions::default() };
    let found =
        runtime.block_on(async { tokio::time::timeout(MOST_WAIT, read(&options, chrono::Utc::now())).await });
    // A provider of credentials may still wait on a thread of its own.
    runtime.shutdown_background();
    match found {
        Ok(found) => found.map_err(words),
        Err(_) => Err("AWS did not answer within a minute; check the network and the proxy".into()),
    }
}

/// A failure without what the loop would do about it.
fn words(error: CloudError) -> String {
    match error {
        CloudError::Retry(text) | CloudError::Replan(text) | CloudError::Stop(text) => text,
    }
}

async fn read(options: &ConnectOptions, now: Time) -> Result<Found, CloudError> {
    let connection = connect(options).await?;
    let mut source = connection.source();
    let states = source.groups(now).await?;
    let from = shift(now, -LOOK_BACK);
    let ask = |group: &GroupState| MetricQuery {
        group: group.name.clone(),
        metric: Metric::Requests,
        from,
        until: now,
        period: PERIOD,
    };
    let queries: Vec<MetricQuery> = states.iter().map(ask).collect();
    let (counted, blind) = match source.metrics(now, &queries).await {
        Ok(series) => (series.iter().map(|series| Some(has_requests(series))).collect(), None),
        Err(error) => (vec![None; states.len()], Some(words(error))),
    };
    let group = |(state, requests): (&GroupState, Option<bool>)| FoundGroup {
        name: state.name.clone(),
        size: (state.desired, state.min, state.max),
        requests,
        policies: policies(state),
    };
    Ok(Found {
        region: connection.region().to_owned(),
        place: clean(&source.name(), 100),
        groups: states.iter().zip(counted).map(group).collect(),
        blind,
    })
}

/// True where something was counted: a load balancer publishes no zero.
fn has_requests(series: &Series) -> bool {
    series.known().next().is_some()
}

/// The policies that size the group already.
fn policies(state: &GroupState) -> String {
    let word = |kind: &PolicyKind| match kind {
        PolicyKind::TargetTracking { target, .. } => format!("target tracking at {target}"),
        PolicyKind::Step => "step scaling".to_owned(),
        PolicyKind::Predictive => "predictive scaling".to_owned(),
    };
    match state.policies.why() {
        Some(_) => "unknown".into(),
        None => {
            let enabled = state.policies.items().iter().filter(|policy| policy.enabled);
            enabled.map(|policy| word(&policy.kind)).collect::<Vec<_>>().join(", ")
        }
    }
}
