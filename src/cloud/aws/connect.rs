//! The way in: configuration, time-outs and credentials, settled once, before anything else is tried.

use std::{collections::BTreeMap, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig, sts::AssumeRoleProvider};
use aws_sdk_cloudwatch::config::{
    Credentials, ProvideCredentials, Region, SharedCredentialsProvider,
    retry::{RetryConfig, RetryPartition, TokenBucket},
    timeout::TimeoutConfig,
};
use tokio::time::timeout;

use super::{
    AwsScaler, AwsSource, CredentialCache, answer_limit::AnswerLimit, details::Details, error::chain,
    fleet::Choice, place::Place, server_date::ServerDate, source::Services,
};
use crate::{
    cloud::{CloudError, Heartbeat},
    domain::{Time, decision::Licence, text::clean},
};

/// Longest wait for configuration, and again for credentials: some providers wait for a network.
const SETTLE: Duration = Duration::from_secs(5);

/// Name of the sessions of assumed roles, as CloudTrail shows it.
const SESSION: &str = "prescale";

/// Tries a call gets inside the SDK, the first included.
const ATTEMPTS: u32 = 3;

/// How long a call may take. The SDK has no limit of its own once a server accepted: a silent one would hold a cycle
/// for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the first byte of an answer.
    pub read: Duration,
    /// One try.
    pub attempt: Duration,
    /// One call, with all its tries.
    pub operation: Duration,
    /// A look at all groups until it asks for no more details of single ones; the rest is read at the next.
    pub details: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Deadlines {
            connect: seconds(2),
            read: seconds(8),
            attempt: seconds(10),
            operation: seconds(20),
            details: seconds(10),
        }
    }
}

/// Where to go and as whom. The default is what the `aws` command would use.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// Profile of `~/.aws/config`; `None` follows `AWS_PROFILE`.
    pub profile: Option<String>,
    /// Region; `None` follows the profile and `AWS_REGION`.
    pub region: Option<String>,
    /// The role to assume, in this account or another.
    pub role: Option<AssumedRole>,
    /// Groups to see; empty means every group of the region.
    pub names: Vec<String>,
    /// Tags that a group must have to be seen, with their values.
    pub tags: BTreeMap<String, String>,
    /// Key of the tag whose value stands beside a group.
    pub show_tag: Option<String>,
    /// Another endpoint for every service; `None` follows `AWS_ENDPOINT_URL`, else AWS's own.
    pub endpoint_url: Option<String>,
    /// Fixed keys instead of the usual chain of providers, for emulators.
    pub keys: Option<AccessKey>,
    /// How long a call may take.
    pub deadlines: Deadlines,
    /// Beats with each answer.
    pub heartbeat: Heartbeat,
}

/// A role that is assumed with the credentials of the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// RoleArn.
    pub arn: String,
    /// ExternalId, where the role's trust policy asks for one.
    pub external_id: Option<String>,
}

/// An access key. Its secret is never printed.
#[derive(Clone)]
pub struct AccessKey {
    /// AccessKeyId.
    pub id: String,
    /// SecretAccessKey.
    pub secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).field("secret", &"(hidden)").finish()
    }
}

/// Settled configuration from which clients are made.
#[derive(Debug, Clone)]
pub struct AwsConnection {
    config: SdkConfig,
    retries: RetryPartition,
    choice: Choice,
    region: String,
    /// The profile that was named, if one was.
    profile: Option<String>,
    /// The role that is assumed, if one is.
    role: Option<String>,
    server_date: ServerDate,
    /// How long details of single groups are read in a look.
    details: Duration,
}

/// Settles configuration, region and credentials; asks nothing of AWS's services yet.
///
/// # Errors
/// [`CloudError::Stop`] with the fix in its sentence when region or credentials are missing or did not
/// come within five seconds.
pub async fn connect(options: &ConnectOptions) -> Result<AwsConnection, CloudError> {
    let config = timeout(SETTLE, load(options)).await.map_err(|_| {
        CloudError::Stop("the AWS configuration did not load within 5 s; set a region (--region)".into())
    })?;
    let region = config.region().map(|r| clean(r.as_ref(), 40)).ok_or_else(|| {
        CloudError::Stop(
            "no AWS region is set; pass --region, set AWS_REGION or the profile's `region`".into(),
        )
    })?;
    options.heartbeat.beat();
    check_credentials(&config, options).await?;
    options.heartbeat.beat();
    let config = match &options.role {
        Some(role) => assume(config, role).await?,
        None => config,
    };
    options.heartbeat.beat();
    // The SDK's usual store of retries is one for the process and refills by successes alone: an outage
    // would leave every later call without a retry. Ours is full again a hundred seconds after.
    let bucket = TokenBucket::builder().capacity(500).refill_rate(5.0).build();
    let retries = RetryPartition::custom("prescale").token_bucket(bucket).build();
    let server_date = ServerDate::beating(options.heartbeat.clone());
    let choice = Choice {
        names: options.names.clone(),
        tags: options.tags.clone(),
        show_tag: options.show_tag.clone(),
    };
    let details = options.deadlines.details;
    let profile = options.profile.clone();
    let role = options.role.as_ref().map(|role| role.arn.clone());
    Ok(AwsConnection { config, retries, choice, region, profile, role, server_date, details })
}

async fn load(options: &ConnectOptions) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(time_outs(options.deadlines))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(keys) = &options.keys {
        loader =
            loader.credentials_provider(Credentials::new(&keys.id, &keys.secret, None, None, "fixed keys"));
    }
    loader.load().await
}

fn time_outs(deadlines: Deadlines) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(deadlines.connect)
        .read_timeout(deadlines.read)
        .operation_attempt_timeout(deadlines.attempt)
        .operation_timeout(deadlines.operation)
        .build()
}

async fn check_credentials(config: &SdkConfig, options: &ConnectOptions) -> Result<(), CloudError> {
    let profile = options.profile.as_deref().map(|p| clean(p, 60));
    let login = match &profile {
        Some(name) => format!("`aws sso login --profile {name}` or `aws configure --profile {name}`"),
        None => "`aws sso login`, `aws configure`, or set AWS_PROFILE".to_owned(),
    };
    let stop = |what: String| CloudError::Stop(format!("{what}; try {login}"));
    let provider =
        config.credentials_provider().ok_or_else(|| stop("no AWS credentials are set up".into()))?;
    match timeout(SETTLE, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(stop(format!("no AWS credentials: {}", chain(&error)))),
        Err(_) => Err(stop("AWS credentials did not come within 5 s".into())),
    }
}

/// `config` with the credentials of `role`, which are renewed before they end.
async fn assume(config: SdkConfig, role: &AssumedRole) -> Result<SdkConfig, CloudError> {
    let mut provider = AssumeRoleProvider::builder(&role.arn).session_name(SESSION).configure(&config);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    let arn = clean(&role.arn, 200);
    match timeout(SETTLE, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(config.into_builder().credentials_provider(provider).build()),
        Ok(Err(error)) => Err(CloudError::Stop(format!(
            "the role {arn} cannot be assumed: {}; check its trust policy, `external_id`, and that these credentials may \
             call sts:AssumeRole on it",
            chain(&error)
        ))),
        Err(_) => Err(CloudError::Retry(format!("the role {arn} was not assumed within 5 s"))),
    }
}

impl AwsConnection {
    /// A source that reads groups and metrics. It holds no call that changes anything.
    pub fn source(&self) -> AwsSource {
        let scaling = aws_sdk_autoscaling::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .interceptor(self.server_date.clone())
            .interceptor(AnswerLimit)
            .build();
        let watch = aws_sdk_cloudwatch::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .interceptor(self.server_date.clone())
            .interceptor(AnswerLimit)
            .build();
        let balancing = aws_sdk_elasticloadbalancingv2::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .interceptor(self.server_date.clone())
            .interceptor(AnswerLimit)
            .build();
        let services = Services {
            scaling: aws_sdk_autoscaling::Client::from_conf(scaling),
            watch: aws_sdk_cloudwatch::Client::from_conf(watch),
            balancing: aws_sdk_elasticloadbalancingv2::Client::from_conf(balancing),
        };
        let endpoint = self.config.endpoint_url().map(host);
        let (region, profile, role) = (self.region.clone(), self.profile.clone(), self.role.clone());
        let place = Place { region, profile, role, endpoint };
        AwsSource::new(services, self.choice.clone(), place, Details::within(self.details))
    }

    /// A scaler, for whoever has leave to change groups.
    pub fn scaler(&self, licence: &Licence) -> AwsScaler {
        AwsConnection::scalers(licence)(self)
    }

    /// What makes scalers of connections that need not stand yet, for whoever has leave to change groups.
    pub(super) fn scalers(_licence: &Licence) -> fn(&AwsConnection) -> AwsScaler {
        AwsConnection::writer
    }

    fn writer(&self) -> AwsScaler {
        let config = aws_sdk_autoscaling::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .interceptor(self.server_date.clone())
            .interceptor(AnswerLimit)
            .build();
        AwsScaler::new(aws_sdk_autoscaling::Client::from_conf(config))
    }

    /// The time that AWS told in its newest answer.
    pub fn server_time(&self) -> Option<Time> {
        self.server_date.newest()
    }

    /// Its credentials, for what else of AWS the program uses; kept up to date in the background.
    ///
    /// # Errors
    /// [`CloudError::Stop`] where the configuration has none.
    pub async fn credential_cache(&self) -> Result<CredentialCache, CloudError> {
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| CloudError::Stop("no AWS credentials are set up".into()))?;
        Ok(CredentialCache::filled_by(provider).await)
    }

    /// The region in use.
    pub fn region(&self) -> &str {
        &self.region
    }
}

/// The host of `url` and its port, without what it may hold of credentials.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    clean(host.rsplit('@').next().unwrap_or(host), 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_ones_own_is_named_without_its_credentials() {
        assert_eq!(host("http://127.0.0.1:5000"), "127.0.0.1:5000");
        assert_eq!(host("https://ada:secret@aws.example/path?x=1"), "aws.example");
        assert_eq!(host("localhost"), "localhost");
    }

    #[test]
    fn a_secret_is_not_printed() {
        let keys = AccessKey { id: "AKIATEST".into(), secret: "do-not-print".into() };
        let text = format!("{:?}", ConnectOptions { keys: Some(keys), ..ConnectOptions::default() });
        assert!(text.contains("AKIATEST") && !text.contains("do-not-print"), "{text}");
    }

    #[test]
    fn every_call_has_a_deadline() {
        let deadlines = Deadlines::default();
        let given = time_outs(deadlines);
        assert_eq!(given.operation_timeout(), Some(deadlines.operation));
        assert_eq!(given.operation_attempt_timeout(), Some(deadlines.attempt));
        assert_eq!(
            (given.connect_timeout(), given.read_timeout()),
            (Some(deadlines.connect), Some(deadlines.read))
        );
        assert!(deadlines.read < deadlines.attempt && deadlines.attempt < deadlines.operation);
    }

    #[tokio::test]
    async fn fixed_keys_and_region_need_nothing_else() {
        let options = ConnectOptions {
            region: Some("eu-west-1".into()),
            keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
            ..ConnectOptions::default()
        };
        let connection = connect(&options).await.expect("keys and region are given");
        assert_eq!(connection.region(), "eu-west-1");
    }
}
