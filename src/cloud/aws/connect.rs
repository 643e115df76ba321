//! The way in: configuration, time-outs and credentials, settled once, before anything else is tried.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_cloudwatch::config::{
    Credentials, ProvideCredentials, Region,
    retry::{RetryConfig, RetryPartition, TokenBucket},
    timeout::TimeoutConfig,
};
use tokio::time::timeout;

use super::{AwsScaler, AwsSource, KeyRing, error::chain};
use crate::{
    cloud::CloudError,
    domain::{decision::Licence, text::clean},
};

/// Longest wait for configuration, and again for credentials: some providers wait for a network.
const SETTLE: Duration = Duration::from_secs(5);

/// Tries a call gets inside the SDK, the first included.
const ATTEMPTS: u32 = 3;

/// Where to go and as whom. The default is what the `aws` command would use.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Profile of `~/.aws/config`; `None` follows `AWS_PROFILE`.
    pub profile: Option<String>,
    /// Region; `None` follows the profile and `AWS_REGION`.
    pub region: Option<String>,
    /// Groups to see; empty means every group of the region.
    pub names: Vec<String>,
    /// Another endpoint for every service; `None` follows `AWS_ENDPOINT_URL`, else AWS's own.
    pub endpoint_url: Option<String>,
    /// Fixed keys instead of the usual chain of providers, for emulators.
    pub keys: Option<Keys>,
}

/// An access key. Its secret is never printed.
#[derive(Clone)]
pub struct Keys {
    /// AccessKeyId.
    pub id: String,
    /// SecretAccessKey.
    pub secret: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).field("secret", &"(hidden)").finish()
    }
}

/// Settled configuration from which clients are made.
#[derive(Debug, Clone)]
pub struct Connection {
    config: SdkConfig,
    retries: RetryPartition,
    names: Vec<String>,
    region: String,
}

/// Settles configuration, region and credentials; asks nothing of AWS's services yet.
///
/// # Errors
/// [`CloudError::Stop`] with the fix in its sentence when region or credentials are missing or did not
/// come within five seconds.
pub async fn connect(options: &Options) -> Result<Connection, CloudError> {
    let config = timeout(SETTLE, load(options)).await.map_err(|_| {
        CloudError::Stop("the AWS configuration did not load within 5 s; set a region (--region)".into())
    })?;
    let region = config.region().map(|r| clean(r.as_ref(), 40)).ok_or_else(|| {
        CloudError::Stop(
            "no AWS region is set; pass --region, set AWS_REGION or the profile's `region`".into(),
        )
    })?;
    check_credentials(&config, options).await?;
    // The SDK's usual store of retries is one for the process and refills by successes alone: an outage
    // would leave every later call without a retry. Ours is full again a hundred seconds after.
    let bucket = TokenBucket::builder().capacity(500).refill_rate(5.0).build();
    let retries = RetryPartition::custom("prescale").token_bucket(bucket).build();
    Ok(Connection { config, retries, names: options.names.clone(), region })
}

async fn load(options: &Options) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(time_outs())
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

/// The SDK has no time-out of its own once a server accepted; a silent one would hold a cycle for ever.
fn time_outs() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .read_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(Duration::from_secs(15))
        .operation_timeout(Duration::from_secs(40))
        .build()
}

async fn check_credentials(config: &SdkConfig, options: &Options) -> Result<(), CloudError> {
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

impl Connection {
    /// A source that reads groups and metrics. It holds no call that changes anything.
    pub fn source(&self) -> AwsSource {
        let scaling = aws_sdk_autoscaling::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .build();
        let watch = aws_sdk_cloudwatch::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .build();
        AwsSource::new(
            aws_sdk_autoscaling::Client::from_conf(scaling),
            aws_sdk_cloudwatch::Client::from_conf(watch),
            self.names.clone(),
            self.region.clone(),
        )
    }

    /// A scaler, for whoever has leave to change groups.
    pub fn scaler(&self, _licence: &Licence) -> AwsScaler {
        let config = aws_sdk_autoscaling::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .build();
        AwsScaler::new(aws_sdk_autoscaling::Client::from_conf(config))
    }

    /// Its credentials, for what else of AWS the program uses; kept up to date in the background.
    ///
    /// # Errors
    /// [`CloudError::Stop`] where the configuration has none.
    pub async fn key_ring(&self) -> Result<KeyRing, CloudError> {
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| CloudError::Stop("no AWS credentials are set up".into()))?;
        Ok(KeyRing::filled_by(provider).await)
    }

    /// The region in use.
    pub fn region(&self) -> &str {
        &self.region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let keys = Keys { id: "AKIATEST".into(), secret: "do-not-print".into() };
        let text = format!("{:?}", Options { keys: Some(keys), ..Options::default() });
        assert!(text.contains("AKIATEST") && !text.contains("do-not-print"), "{text}");
    }

    #[tokio::test]
    async fn fixed_keys_and_region_need_nothing_else() {
        let options = Options {
            region: Some("eu-west-1".into()),
            keys: Some(Keys { id: "test".into(), secret: "test".into() }),
            ..Options::default()
        };
        let connection = connect(&options).await.expect("keys and region are given");
        assert_eq!(connection.region(), "eu-west-1");
    }
}
