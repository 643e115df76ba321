//! `prescale iam-policy`: the least rights that it needs in an AWS account.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Failure, Global, print_json};
use crate::{
    cloud::aws::permissions,
    config::{Config, SharedPlace, Source},
    domain::source::UNNAMED,
};

/// Options of `prescale iam-policy`.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Where the configuration names several sources, or a role, the policies come as one object: \"sources\" has one for each source, \
\"caller\" the one of the credentials with which roles are assumed. --source and --caller print one of them alone.

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
    /// The policy of this source alone; "default" is the one without a name.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// The policy of the credentials with which roles are assumed alone.
    #[arg(long, conflicts_with_all = ["act", "source"])]
    caller: bool,
}

/// Runs `prescale iam-policy`. Where the configuration shares a bucket, the rights on it are added.
pub fn run(global: &Global, options: IamPolicyArgs) -> Result<(), Failure> {
    let config = Config::load(&global.location()).map_err(|e| Failure::Usage(e.to_string()))?;
    let shared = config.shared.map(|shared| shared.place);
    let bucket = match &shared {
        Some(SharedPlace::Bucket { bucket, prefix, .. }) => Some((bucket.as_str(), prefix.as_str())),
        Some(SharedPlace::Folder { .. }) | None => None,
    };
    print_json(&document(&config.source, &options, bucket).map_err(Failure::Usage)?)
}

/// The policies of the accounts of `source`; `bucket` is what is shared, and its prefix.
fn document(source: &Source, options: &IamPolicyArgs, bucket: Option<(&str, &str)>) -> Result<Value, String> {
    let (accounts, routes) = (source.accounts(), source.routes());
    // Several regions may be read in one role.
    let roles: BTreeSet<String> = accounts.iter().filter_map(|account| account.role_arn.clone()).collect();
    let roles: Vec<String> = roles.into_iter().collect();
    // The shared store is reached as the first source, without its role.
    let has_role = accounts.first().is_some_and(|account| account.role_arn.is_some());
    let caller = (!roles.is_empty()).then(|| permissions::caller_policy(&roles, bucket.filter(|_| has_role)));
    let labels: Vec<&str> = match routes.labels().collect::<Vec<_>>() {
        none if none.is_empty() => vec![UNNAMED],
        labels => labels,
    };
    let mut groups: Vec<Vec<String>> = vec![Vec::new(); labels.len()];
    for group in &options.groups {
        // Without names each group is of the one source.
        let (at, own) = if routes.labels().next().is_none() {
            (0, group.as_str())
        } else {
            routes.of(group).ok_or_else(|| {
                format!("{group} is in no source; write SOURCE/GROUP, sources: {}", labels.join(", "))
            })?
        };
        groups[at].push(own.to_owned());
    }
    let policy = |at: usize| {
        let act = options.act && (options.groups.is_empty() || !groups[at].is_empty());
        permissions::policy(act, &groups[at], bucket.filter(|_| at == 0 && !has_role))
    };
    if options.caller {
        return caller.ok_or_else(|| "no source of the configuration has a `role_arn`".into());
    }
    if let Some(wanted) = &options.source {
        let at = labels.iter().position(|label| label == wanted);
        let unknown = || format!("there is no source {wanted}; sources: {}", labels.join(", "));
        return Ok(policy(at.ok_or_else(unknown)?));
    }
    if routes.labels().next().is_none() && caller.is_none() {
        return Ok(policy(0));
    }
    let all: Map<String, Value> =
        labels.iter().enumerate().map(|(at, label)| ((*label).to_owned(), policy(at))).collect();
    let mut document = json!({ "sources": all });
    if let Some(caller) = caller {
        document["caller"] = caller;
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn printed(config: &str, options: &IamPolicyArgs) -> Result<Value, String> {
        let config = Config::parse(config, Path::new("prescale.toml"), Path::new("/home")).expect("valid");
        document(&config.source, options, Some(("team", "prod")))
    }

    const TWO: &str = "[[source]]\nkind = \"aws\"\nname = \"eu\"\n[[source]]\nkind = \"aws\"\nname = \"us\"\n\
                       role_arn = \"arn:aws:iam::123456789012:role/prescale\"\n";

    fn sids(policy: &Value) -> Vec<&str> {
        policy["Statement"].as_array().expect("a policy").iter().filter_map(|s| s["Sid"].as_str()).collect()
    }

    #[test]
    fn one_source_alone_is_one_policy() {
        let policy = printed("", &IamPolicyArgs::default()).expect("always");
        assert_eq!(sids(&policy), ["PrescaleReads", "PrescaleLists", "PrescaleShares"]);
        let act = IamPolicyArgs { act: true, groups: vec!["a/web".into()], ..IamPolicyArgs::default() };
        let policy = printed("[source]\nkind = \"aws\"", &act).expect("a slash is allowed");
        assert!(policy.to_string().contains("autoScalingGroupName/a/web"), "{policy}");
    }

    #[test]
    fn a_role_that_is_used_for_two_regions_is_named_once() {
        let again = TWO.replace("name = \"us\"", "name = \"ap\"\nregion = \"ap-south-1\"");
        let both = format!("{TWO}{}", &again[again.rfind("[[source]]").expect("a list")..]);
        let all = printed(&both, &IamPolicyArgs::default()).expect("three sources");
        assert_eq!(
            all["caller"]["Statement"][0]["Resource"],
            json!(["arn:aws:iam::123456789012:role/prescale"])
        );
    }

    #[test]
    fn each_source_has_a_policy_and_who_assumes_roles_one_more() {
        let act = IamPolicyArgs { act: true, groups: vec!["us/web".into()], ..IamPolicyArgs::default() };
        let all = printed(TWO, &act).expect("both are known");
        assert_eq!(sids(&all["sources"]["eu"]), ["PrescaleReads", "PrescaleLists", "PrescaleShares"]);
        assert_eq!(sids(&all["sources"]["us"]), ["PrescaleReads", "PrescaleScales"]);
        assert!(all["sources"]["us"].to_string().contains("autoScalingGroupName/web\""), "{all}");
        assert_eq!(sids(&all["caller"]), ["PrescaleAssumes"]);
        let one = IamPolicyArgs { source: Some("us".into()), act: true, ..IamPolicyArgs::default() };
        assert_eq!(sids(&printed(TWO, &one).expect("it is known")), ["PrescaleReads", "PrescaleScales"]);
        let caller = IamPolicyArgs { caller: true, ..IamPolicyArgs::default() };
        assert_eq!(sids(&printed(TWO, &caller).expect("there is a role")), ["PrescaleAssumes"]);
        assert!(printed("", &caller).expect_err("no role").contains("role_arn"));
        let nobody = IamPolicyArgs { source: Some("ap".into()), ..IamPolicyArgs::default() };
        assert_eq!(printed(TWO, &nobody), Err("there is no source ap; sources: eu, us".into()));
        let stray = IamPolicyArgs { act: true, groups: vec!["web".into()], ..IamPolicyArgs::default() };
        assert!(printed(TWO, &stray).expect_err("of no source").contains("write SOURCE/GROUP"));
    }

    #[test]
    fn the_bucket_is_reached_without_the_role_of_the_first_source() {
        let config = "[source]\nkind = \"aws\"\nrole_arn = \"arn:aws:iam::123456789012:role/prescale\"\n";
        let all = printed(config, &IamPolicyArgs::default()).expect("always");
        assert_eq!(sids(&all["sources"]["default"]), ["PrescaleReads"]);
        assert_eq!(sids(&all["caller"]), ["PrescaleAssumes", "PrescaleLists", "PrescaleShares"]);
    }
}
