//! A bucket of S3 as the place of shared objects (feature `s3`).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use object_store::{
    BackoffConfig, ClientOptions, CredentialProvider, Error, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AwsCredential},
};

use super::CredentialSource;

/// Longest wait for one request.
const REQUEST: Duration = Duration::from_secs(4);
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// The bucket; it is not asked for anything yet.
///
/// # Errors
/// Why it cannot be used as it is written.
pub(super) fn open(
    bucket: &str,
    region: Option<&str>,
    keys: Option<Arc<dyn CredentialSource>>,
) -> Result<AmazonS3, String> {
    builder(bucket, region, keys).build().map_err(|e| e.to_string())
}

/// S3 as the environment has it (`AWS_ENDPOINT_URL` and its kin), with few, short retries: the loop waits for them.
fn builder(bucket: &str, region: Option<&str>, keys: Option<Arc<dyn CredentialSource>>) -> AmazonS3Builder {
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(1), ..BackoffConfig::default() };
    let retry = RetryConfig { backoff, max_retries: 2, retry_timeout: REQUEST };
    let client =
        ClientOptions::new().with_timeout(REQUEST).with_connect_timeout(CONNECT).with_allow_http(true);
    let mut s3 =
        AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).with_client_options(client);
    if let Some(region) = region {
        s3 = s3.with_region(region);
    }
    if let Some(keys) = keys {
        s3 = s3.with_credentials(Arc::new(StoreCredentials(keys)));
    }
    s3
}

/// Our [`CredentialSource`] as the library asks for them.
#[derive(Debug)]
struct StoreCredentials(Arc<dyn CredentialSource>);

#[async_trait]
impl CredentialProvider for StoreCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let keys = self.0.keys().await;
        let (key_id, secret_key, token) =
            keys.map_err(|why| Error::Generic { store: "S3", source: why.into() })?;
        Ok(Arc::new(AwsCredential { key_id, secret_key, token }))
    }
}
