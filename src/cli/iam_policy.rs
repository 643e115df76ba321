//! `prescale iam-policy`: the least rights that it needs in an AWS account.

use super::{Failure, Global, print_json};
use crate::{
    cloud::aws::permissions,
    config::{Config, SharedPlace},
};

/// Options of `prescale iam-policy`.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Example:
  prescale iam-policy --act --group checkout-web > policy.json
  aws iam put-role-policy --role-name prescale --policy-name prescale --policy-document file://policy.json")]
pub struct IamPolicyArgs {
    /// Read permissions only: enough for mode observe. The default.
    #[arg(long, conflicts_with = "act")]
    observe: bool,
    /// Also permissions to change the size of groups: for modes approve and auto.
    #[arg(long)]
    act: bool,
    /// With --act: allow changes of this group only; may be given several times.
    #[arg(long = "group", value_name = "NAME", requires = "act")]
    groups: Vec<String>,
}

/// Runs `prescale iam-policy`. Where the configuration shares a bucket, the rights on it are added.
pub fn run(global: &Global, options: IamPolicyArgs) -> Result<(), Failure> {
    let shared = Config::load(&global.location())
        .map_err(|e| Failure::Usage(e.to_string()))?
        .shared
        .map(|shared| shared.place);
    let bucket = match &shared {
        Some(SharedPlace::Bucket { bucket, prefix, .. }) => Some((bucket.as_str(), prefix.as_str())),
        Some(SharedPlace::Folder { .. }) | None => None,
    };
    print_json(&permissions::policy(options.act, &options.groups, bucket))
}
