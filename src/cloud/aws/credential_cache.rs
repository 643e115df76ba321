//! The credentials of a connection, for what else of AWS the program uses: the shared store in S3.

use std::time::Duration;

use aws_sdk_cloudwatch::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::watch;

use super::error::chain;

/// How often they are asked for anew. Providers give them for a quarter of an hour at the least.
const ANEW: Duration = Duration::from_secs(240);

/// Access key, secret key and session token.
pub type KeyParts = (String, String, Option<String>);

/// Credentials that are kept up to date in the background. Secrets are not printed.
#[derive(Clone)]
pub struct CredentialCache {
    newest: watch::Receiver<Result<KeyParts, String>>,
}

impl std::fmt::Debug for CredentialCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialCache (redacted)")
    }
}

impl CredentialCache {
    /// A ring filled from `provider` now and every four minutes, for as long as somebody holds it.
    pub(super) async fn filled_by(provider: SharedCredentialsProvider) -> CredentialCache {
        let (sender, newest) = watch::channel(ask(&provider).await);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = sender.closed() => return,
                    () = tokio::time::sleep(ANEW) => {}
                }
                match ask(&provider).await {
                    Ok(keys) => drop(sender.send_replace(Ok(keys))),
                    // Those at hand may still be good; if not, the store says so.
                    Err(why) => drop(sender.send_if_modified(|kept| {
                        let had_none = kept.is_err();
                        if had_none {
                            *kept = Err(why);
                        }
                        had_none
                    })),
                }
            }
        });
        CredentialCache { newest }
    }

    /// The newest keys, or why there are none.
    ///
    /// # Errors
    /// What the provider said.
    pub fn keys(&self) -> Result<KeyParts, String> {
        self.newest.borrow().clone()
    }
}

async fn ask(provider: &SharedCredentialsProvider) -> Result<KeyParts, String> {
    let parts = |c: Credentials| {
        let token = c.session_token().map(str::to_owned);
        (c.access_key_id().to_owned(), c.secret_access_key().to_owned(), token)
    };
    provider.provide_credentials().await.map(parts).map_err(|e| format!("no AWS credentials: {}", chain(&e)))
}
