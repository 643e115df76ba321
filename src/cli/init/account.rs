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
        CloudError::Retry(text)
        | CloudError::NotSent(text)
        | CloudError::Replan(text)
        | CloudError::Stop(text) => text,
    }
}

async fn read(options: &ConnectOptions, now: Time) -> Result<Found, CloudError> {
    let connection = connect(options).await?;
    let mut source = connection.source();
    let states = source.groups(now).await?;
    let (counted, blind) = count(&mut source, &states, now).await;
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

/// Whether requests were counted for each group, where that is known; and why it is not known of all.
async fn count(
    source: &mut impl MetricSource,
    states: &[GroupState],
    now: Time,
) -> (Vec<Option<bool>>, Option<String>) {
    let from = shift(now, -LOOK_BACK);
    let ask = |group: &GroupState| MetricQuery {
        group: group.name.clone(),
        metric: Metric::Requests,
        from,
        until: now,
        period: PERIOD,
    };
    let queries: Vec<MetricQuery> = states.iter().map(ask).collect();
    let before = source.warnings();
    let series = match source.metrics(now, &queries).await {
        Ok(series) => series,
        Err(error) => return (vec![None; states.len()], Some(words(error))),
    };
    // What was refused is no error of the call, and looks like silence.
    let refused: Vec<String> = source.warnings().into_iter().filter(|text| !before.contains(text)).collect();
    let known = |(group, series): (&GroupState, &Series)| {
        let is_whole = refused.is_empty() || source.is_complete(&group.name, Metric::Requests);
        if has_requests(series) { Some(true) } else { is_whole.then_some(false) }
    };
    let counted: Vec<Option<bool>> = states.iter().zip(&series).map(known).collect();
    let blind = counted.contains(&None).then(|| refused.join("; "));
    (counted, blind)
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

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::cloud::simulator::{Simulator, World, demo_fleet, demo_start};

    /// A source that gives no requests, and says why where a call was refused.
    struct Refusing {
        states: Vec<GroupState>,
        refused: Option<&'static str>,
        asked: bool,
    }

    #[async_trait]
    impl MetricSource for Refusing {
        async fn groups(&mut self, _now: Time) -> Result<Vec<GroupState>, CloudError> {
            Ok(self.states.clone())
        }

        async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
            self.asked = true;
            Ok(queries.iter().map(|query| Series::new(now, query.period)).collect())
        }

        fn is_complete(&self, _group: &str, _metric: Metric) -> bool {
            false
        }

        fn calls(&self) -> u64 {
            0
        }

        fn warnings(&self) -> Vec<String> {
            let refused = self.refused.filter(|_| self.asked).map(str::to_owned);
            std::iter::once("group metrics are off".to_owned()).chain(refused).collect()
        }

        fn name(&self) -> String {
            "refusing".into()
        }
    }

    #[tokio::test]
    async fn a_refused_call_is_unknown_with_the_permission_and_silence_is_no_requests() {
        let fleet = demo_fleet().expect("built in");
        let now = demo_start();
        let mut simulated = Simulator::new(World::new(fleet, now, 1)).source();
        let states = simulated.groups(now).await.expect("readable");
        let text =
            "not allowed: denied; grant cloudwatch:ListMetrics to the role in use (requests are missing)";
        let mut source = Refusing { states: states.clone(), refused: Some(text), asked: false };
        let (counted, why) = count(&mut source, &states, now).await;
        assert!(!counted.is_empty() && counted.iter().all(Option::is_none), "{counted:?}");
        assert_eq!(why.as_deref(), Some(text), "and no other warning");
        let mut source = Refusing { refused: None, asked: false, ..source };
        let (counted, why) = count(&mut source, &states, now).await;
        assert!(counted.iter().all(|known| *known == Some(false)) && why.is_none(), "{counted:?} {why:?}");
        let (counted, why) = count(&mut simulated, &states, now).await;
        assert!(counted.contains(&Some(true)) && why.is_none(), "{counted:?} {why:?}");
    }
}
