//! How the AWS account of the configuration is reached.

use crate::{cloud::aws, config::Source};

/// How the account of `source` is reached; by the environment alone for anything but AWS.
pub(super) fn account_options(source: &Source) -> aws::ConnectOptions {
    let mut options = aws::ConnectOptions::default();
    if let Source::Aws { profile, region, groups, tags } = source {
        options.profile.clone_from(profile);
        options.region.clone_from(region);
        options.names.clone_from(groups);
        options.tags.clone_from(tags);
    }
    options
}
