//! An account among several: it need not be reachable when the program starts.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::{AwsConnection, AwsScaler, AwsSource, ConnectOptions, connect, metrics, prose};
use crate::{
    cloud::{
        CallWording, CloudError, Heartbeat, MetricQuery, MetricSource, ResizeWording, Retention, Scaler,
    },
    domain::{
        Time,
        actuator::FloorWindow,
        decision::Licence,
        group::GroupState,
        metric::{CustomMetric, Metric},
        series::Series,
        text::clean,
    },
};

/// An account that is connected to when it is first needed, and again until that works.
#[derive(Debug, Clone)]
pub struct AwsAccount {
    options: ConnectOptions,
    connection: Arc<OnceCell<AwsConnection>>,
}

impl AwsAccount {
    /// The account that `options` lead to.
    pub fn new(options: ConnectOptions) -> AwsAccount {
        AwsAccount { options, connection: Arc::default() }
    }

    /// The connection, made now unless there is one.
    ///
    /// # Errors
    /// Those of [`connect`]; the next call tries again.
    pub async fn connection(&self) -> Result<&AwsConnection, CloudError> {
        self.connection.get_or_try_init(|| connect(&self.options)).await
    }

    /// A source that reads it. It holds no call that changes anything.
    pub fn source(&self) -> AccountSource {
        AccountSource { account: self.clone(), source: None, customs: BTreeMap::new() }
    }

    /// A scaler, for whoever has leave to change groups.
    pub fn scaler(&self, licence: &Licence) -> AccountScaler {
        AccountScaler { account: self.clone(), make: AwsConnection::scalers(licence), scaler: None }
    }
}

/// Reads an account once it is connected.
pub struct AccountSource {
    account: AwsAccount,
    source: Option<AwsSource>,
    /// What was defined before it was connected.
    customs: BTreeMap<String, CustomMetric>,
}

impl AccountSource {
    async fn connected(&mut self) -> Result<&mut AwsSource, CloudError> {
        let connection = self.account.connection().await?;
        let source = self.source.get_or_insert_with(|| connection.source());
        std::mem::take(&mut self.customs).iter().for_each(|(group, custom)| source.define(group, custom));
        Ok(source)
    }
}

#[async_trait]
impl MetricSource for AccountSource {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        self.connected().await?.groups(now).await
    }

    async fn group(&mut self, now: Time, name: &str) -> Result<Option<GroupState>, CloudError> {
        self.connected().await?.group(now, name).await
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        self.connected().await?.metrics(now, queries).await
    }

    fn is_complete(&self, group: &str, metric: Metric) -> bool {
        self.source.as_ref().is_some_and(|source| source.is_complete(group, metric))
    }

    fn define(&mut self, group: &str, custom: &CustomMetric) {
        match &mut self.source {
            Some(source) => source.define(group, custom),
            None => drop(self.customs.insert(group.to_owned(), custom.clone())),
        }
    }

    fn calls(&self) -> u64 {
        self.source.as_ref().map_or(0, AwsSource::calls)
    }

    fn billed(&self) -> u64 {
        self.source.as_ref().map_or(0, AwsSource::billed)
    }

    fn price(&self) -> f64 {
        self.source.as_ref().map_or(0.0, AwsSource::price)
    }

    fn warnings(&self) -> Vec<String> {
        self.source.as_ref().map_or_else(Vec::new, AwsSource::warnings)
    }

    fn left_out(&self) -> BTreeMap<String, String> {
        self.source.as_ref().map_or_else(BTreeMap::new, AwsSource::left_out)
    }

    fn keeps(&self) -> &'static [Retention] {
        &metrics::KEPT
    }

    fn wording(&self) -> CallWording {
        Arc::new(prose::calls)
    }

    fn resizing(&self) -> ResizeWording {
        let ConnectOptions { region, profile, role, .. } = &self.account.options;
        let role = role.as_ref().map(|role| role.arn.as_str());
        let named = || prose::resizing(prose::leading_to(region.as_deref(), profile.as_deref(), role));
        self.source.as_ref().map_or_else(named, AwsSource::resizing)
    }

    fn heartbeat(&self) -> Heartbeat {
        self.account.options.heartbeat.clone()
    }

    fn name(&self) -> String {
        let region = || self.account.options.region.as_deref().map(|region| clean(region, 40));
        let unconnected = || format!("aws {} (not connected)", region().unwrap_or_default());
        self.source.as_ref().map_or_else(unconnected, AwsSource::name)
    }
}

/// Changes the groups of an account once it is connected.
pub struct AccountScaler {
    account: AwsAccount,
    make: fn(&AwsConnection) -> AwsScaler,
    scaler: Option<AwsScaler>,
}

impl AccountScaler {
    async fn connected(&mut self) -> Result<&mut AwsScaler, CloudError> {
        let (connection, make) = (self.account.connection().await?, self.make);
        Ok(self.scaler.get_or_insert_with(|| make(connection)))
    }
}

#[async_trait]
impl Scaler for AccountScaler {
    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        self.connected().await?.set_desired(now, group, desired).await
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        self.connected().await?.set_floor(now, group, min).await
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        self.connected().await?.schedule_floor(now, group, window).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        self.connected().await?.unschedule_floor(now, group).await
    }

    async fn suspend_terminate(&mut self, now: Time, group: &str, on: bool) -> Result<(), CloudError> {
        self.connected().await?.suspend_terminate(now, group, on).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cloud::aws::AccessKey,
        domain::{at_epoch, decision::Mode},
    };

    /// A profile that is nowhere written: no credentials can be had.
    fn unreachable() -> AwsAccount {
        let options = ConnectOptions {
            profile: Some("prescale-has-no-such-profile".into()),
            region: Some("eu-west-1".into()),
            ..ConnectOptions::default()
        };
        AwsAccount::new(options)
    }

    #[tokio::test]
    async fn an_account_that_cannot_be_connected_is_read_and_changed_by_nobody() {
        let account = unreachable();
        let mut source = account.source();
        let why = source.groups(at_epoch(0)).await.expect_err("there are no keys").to_string();
        assert!(why.contains("prescale-has-no-such-profile"), "{why}");
        assert_eq!((source.calls(), source.name().as_str()), (0, "aws eu-west-1 (not connected)"));
        assert!(!source.is_complete("web", Metric::Requests), "silence is not zero");
        let resized = source.resizing()("web", (Some(3), None)).expect("AWS has a command for it");
        let place = "web --min-size 3 --region eu-west-1 --profile prescale-has-no-such-profile";
        assert!(resized.ends_with(place), "{resized}");
        let licence = Mode::Auto.licence().expect("it may act");
        let mut scaler = account.scaler(&licence);
        assert_eq!(
            scaler.set_desired(at_epoch(0), "web", 3).await.expect_err("no keys").to_string(),
            why,
            "for the same reason"
        );
    }

    #[tokio::test]
    async fn an_account_is_connected_once() {
        let options = ConnectOptions {
            region: Some("eu-west-1".into()),
            keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
            ..ConnectOptions::default()
        };
        let account = AwsAccount::new(options);
        let first: *const AwsConnection = account.connection().await.expect("keys and region are given");
        let again: *const AwsConnection = account.clone().connection().await.expect("it stands");
        assert_eq!(first, again);
        let mut source = account.source();
        let named = source.resizing()("web", (Some(3), None));
        source.connected().await.expect("it stands");
        assert_eq!(
            source.resizing()("web", (Some(3), None)),
            named,
            "the same, with the region that it found"
        );
    }
}
