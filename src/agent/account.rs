//! How the AWS accounts of the configuration are reached.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt, stream::FuturesUnordered};

use super::error::AssembleError;
use crate::{
    cloud::{
        CloudError, MetricSource, Scaler,
        aws::{self, AwsAccount, AwsConnection, ConnectOptions},
        sources::{Scalers, Sources},
    },
    config::{Source, SourceAccount},
    domain::source::{Routes, UNNAMED},
    engine::options::CloudAccess,
};

/// How `account` is reached.
pub fn account_options(account: &SourceAccount) -> ConnectOptions {
    let role = account.role_arn.as_ref();
    ConnectOptions {
        profile: account.profile.clone(),
        region: account.region.clone(),
        role: role.map(|arn| aws::AssumedRole { arn: arn.clone(), external_id: account.external_id.clone() }),
        names: account.groups.clone(),
        tags: account.tags.clone(),
        show_tag: account.show_tag.clone(),
        ..ConnectOptions::default()
    }
}

/// How the shared store is reached: as the first account of `source`, without its role; by the environment alone for anything
/// but AWS.
fn shared_options(source: &Source) -> ConnectOptions {
    let first = source.accounts().first().map(account_options);
    ConnectOptions { role: None, ..first.unwrap_or_default() }
}

/// The connection for the shared store, where there is an account to reach it by: that of the first of the `known` accounts
/// of `source` where it has no role, so that its credentials are not looked for twice.
///
/// # Errors
/// Those of [`aws::connect`].
pub(super) async fn shared_connection(
    source: &Source,
    known: &[AwsAccount],
) -> Result<Option<AwsConnection>, CloudError> {
    let Some(first) = source.accounts().first() else { return Ok(None) };
    match known.first().filter(|_| first.role_arn.is_none()) {
        Some(account) => account.connection().await.cloned().map(Some),
        None => aws::connect(&shared_options(source)).await.map(Some),
    }
}

/// The accounts of `source`, which nobody has connected to yet.
pub(super) fn accounts(source: &Source) -> Arc<[AwsAccount]> {
    source.accounts().iter().map(|account| AwsAccount::new(account_options(account))).collect()
}

/// The accounts as one cloud. One alone must be reachable now; of several, one, and the first that is suffices: the others
/// are connected to when they are first read, and again each minute until that works.
///
/// # Errors
/// Why no account can be reached.
pub(super) async fn access(
    accounts: Arc<[AwsAccount]>,
    routes: Routes,
) -> Result<CloudAccess, AssembleError> {
    connect_one(&accounts, &routes).await?;
    if let ([account], None) = (&*accounts, routes.labels().next()) {
        return Ok(alone(account.connection().await?.clone()));
    }
    let sources = accounts.iter().map(|account| Box::new(account.source()) as Box<dyn MetricSource>);
    let source = Sources::new(routes.clone(), sources.collect());
    Ok(CloudAccess {
        source: Box::new(source),
        scaler: Box::new(move |licence| {
            let scalers = accounts.iter().map(|account| Box::new(account.scaler(licence)) as Box<dyn Scaler>);
            Box::new(Scalers::new(routes.clone(), scalers.collect()))
        }),
        simulator: None,
    })
}

/// Connects to all `accounts` at the same time until one answers.
async fn connect_one(accounts: &[AwsAccount], routes: &Routes) -> Result<(), CloudError> {
    let connect = |(at, account): (usize, &AwsAccount)| {
        let account = account.clone();
        async move { (at, account.connection().await.map(drop)) }
    };
    let mut answers: FuturesUnordered<_> = accounts.iter().enumerate().map(connect).collect();
    let labels: Vec<&str> = routes.labels().collect();
    let mut failed = BTreeMap::new();
    while let Some((at, connected)) = answers.next().await {
        let Err(error) = connected else { return Ok(()) };
        tracing::warn!("source {}: {error}", labels.get(at).unwrap_or(&UNNAMED));
        failed.insert(at, error);
    }
    match (labels.as_slice(), failed.pop_first()) {
        (_, None) => Ok(()),
        ([], Some((_, error))) => Err(error),
        (labels, Some(first)) => {
            let why = |(at, error): (usize, CloudError)| format!("source {}: {error}", labels[at]);
            let all: Vec<String> = std::iter::once(first).chain(failed).map(why).collect();
            Err(CloudError::Stop(all.join("; ")))
        }
    }
}

/// One account without a name.
fn alone(connection: AwsConnection) -> CloudAccess {
    CloudAccess {
        source: Box::new(connection.source()),
        scaler: Box::new(move |licence| Box::new(connection.scaler(licence))),
        simulator: None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::{cloud::aws::AccessKey, config::Config};

    /// One whose keys and region are given.
    fn reachable() -> AwsAccount {
        AwsAccount::new(ConnectOptions {
            region: Some("eu-west-1".into()),
            keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
            ..ConnectOptions::default()
        })
    }

    /// One with a profile that is nowhere written: no credentials can be had.
    fn unreachable(profile: &str) -> AwsAccount {
        let options = ConnectOptions {
            profile: Some(profile.into()),
            region: Some("eu-west-1".into()),
            ..ConnectOptions::default()
        };
        AwsAccount::new(options)
    }

    /// One whose role is asked for where nobody answers.
    fn silent(url: String) -> AwsAccount {
        let role = aws::AssumedRole { arn: "arn:aws:iam::123456789012:role/x".into(), external_id: None };
        AwsAccount::new(ConnectOptions {
            region: Some("eu-west-1".into()),
            endpoint_url: Some(url),
            keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
            role: Some(role),
            ..ConnectOptions::default()
        })
    }

    fn routes(names: &[&str]) -> Routes {
        Routes::new(names.iter().map(|name| (*name).to_owned()))
    }

    #[tokio::test]
    async fn the_start_waits_for_the_first_account_that_answers_and_not_for_the_slowest() {
        // Takes connections and says nothing.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let begun = Instant::now();
        let several: Arc<[AwsAccount]> = [silent(url), unreachable("prescale-none"), reachable()].into();
        access(several, routes(&["eu", "us", "ap"])).await.expect("one answers");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn where_no_account_can_be_reached_each_is_named() {
        let both: Arc<[AwsAccount]> = ["prescale-none", "prescale-nothing"].map(unreachable).into();
        let error = access(both, routes(&["", "us"])).await.err().expect("none answers").to_string();
        assert!(error.starts_with("source default: ") && error.contains("; source us: "), "{error}");
        assert!(error.contains("prescale-none") && error.contains("prescale-nothing"), "{error}");
        let one: Arc<[AwsAccount]> = [unreachable("prescale-none")].into();
        let error = access(one, Routes::default()).await.err().expect("it does not answer").to_string();
        assert!(!error.starts_with("source"), "{error}");
    }

    #[tokio::test]
    async fn the_shared_store_is_reached_by_the_first_account_as_it_is_connected() {
        let source = |role: &str| {
            let text = format!(
                "[source]\nkind = \"aws\"\nregion = \"ap-south-1\"\nprofile = \"prescale-none\"\n{role}"
            );
            Config::parse(&text, std::path::Path::new("a"), std::path::Path::new("b")).expect("valid").source
        };
        let known = [reachable()];
        let connection = shared_connection(&source(""), &known).await.expect("it is connected already");
        assert_eq!(connection.expect("there is an account").region(), "eu-west-1");
        let with_role = source("role_arn = \"arn:aws:iam::123456789012:role/x\"\n");
        let error = shared_connection(&with_role, &known).await.expect_err("not by its role").to_string();
        assert!(error.contains("prescale-none"), "{error}");
    }
}
