//! Where a bucket gets its keys.

use async_trait::async_trait;

/// Keys for S3, from wherever the program has its credentials. They are asked for before each request.
#[async_trait]
pub trait CredentialSource: std::fmt::Debug + Send + Sync {
    /// Access key, secret key and session token; or why there are none.
    async fn keys(&self) -> Result<(String, String, Option<String>), String>;
}
