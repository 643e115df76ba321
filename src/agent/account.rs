//! How the AWS account of the configuration is reached.

use crate::{cloud::aws, config::Source};

/// How the account of `source` is reached; by the environment alone for a simulated one.
pub(super) fn account_options(source: &Source) -> aws::ConnectOptions {
    match source {
        Source::Simulated { .. } => aws::ConnectOptions::default(),
        Source::Aws { profile, region, groups, tags } => aws::ConnectOptions {
            profile: profile.clone(),
            region: region.clone(),
            names: groups.clone(),
            tags: tags.clone(),
            ..aws::ConnectOptions::default()
        },
    }
}
