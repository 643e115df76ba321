//! What stands in the place of `bucket` in a build without the feature `s3`.

use std::sync::Arc;

use object_store::memory::InMemory;

use super::CredentialSource;

/// Always an error; the type is that of some store.
///
/// # Errors
/// That this build has no S3, and what to do.
pub(super) fn open(
    _bucket: &str,
    _region: Option<&str>,
    _keys: Option<Arc<dyn CredentialSource>>,
) -> Result<InMemory, String> {
    Err("this prescale was built without the feature `s3`; give a folder, or build it with --features s3"
        .into())
}
