//! The calls that the adapter makes, and the least rights that they need.
//!
//! One table is the source of `prescale iam-policy`; a test holds it against the adapter's own code. None of the reading
//! calls can be narrowed to a resource (Service Authorization Reference, "Amazon EC2 Auto Scaling", "Amazon
//! CloudWatch" and "Elastic Load Balancing V2"); those that write can.

use serde_json::{Value, json};

use crate::domain::text::clean;

/// Calls that only read, as service and action.
pub const READS: [(&str, &str); 8] = [
    ("autoscaling", "DescribeAutoScalingGroups"),
    ("autoscaling", "DescribeInstanceRefreshes"),
    ("autoscaling", "DescribePolicies"),
    ("autoscaling", "DescribeScalingActivities"),
    ("autoscaling", "DescribeScheduledActions"),
    ("cloudwatch", "GetMetricData"),
    ("cloudwatch", "ListMetrics"),
    ("elasticloadbalancing", "DescribeTargetHealth"),
];

/// Calls that change a group; made in `approve` and `auto` only.
pub const WRITES: [(&str, &str); 6] = [
    ("autoscaling", "DeleteScheduledAction"),
    ("autoscaling", "PutScheduledUpdateGroupAction"),
    ("autoscaling", "ResumeProcesses"),
    ("autoscaling", "SetDesiredCapacity"),
    ("autoscaling", "SuspendProcesses"),
    ("autoscaling", "UpdateAutoScalingGroup"),
];

/// An IAM policy that allows what reading needs and, with `act`, changes of `groups` (of all groups when empty); and where
/// a bucket is shared, given with its prefix, what leases, history, calendar and models need in it.
pub fn policy(act: bool, groups: &[String], shared: Option<(&str, &str)>) -> Value {
    let mut statements = vec![json!({
        "Sid": "PrescaleReads",
        "Effect": "Allow",
        "Action": names(&READS),
        "Resource": "*",
    })];
    if act {
        statements.push(json!({
            "Sid": "PrescaleScales",
            "Effect": "Allow",
            "Action": names(&WRITES),
            "Resource": resources(groups),
        }));
    }
    statements.extend(shared.into_iter().flat_map(|(bucket, prefix)| sharing(bucket, prefix)));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// An IAM policy for the credentials with which the roles `arns` are assumed; and where a bucket is shared, given with its
/// prefix, what leases, history, calendar and models need in it.
pub fn caller_policy(arns: &[String], shared: Option<(&str, &str)>) -> Value {
    let arns: Vec<String> = arns.iter().map(|arn| clean(arn, 2_048)).collect();
    let assume = json!({
        "Sid": "PrescaleAssumes",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": arns,
    });
    let shared = shared.into_iter().flat_map(|(bucket, prefix)| sharing(bucket, prefix));
    let statements: Vec<Value> = [assume].into_iter().chain(shared).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The objects below `prefix` of `bucket`, and the list of their names.
fn sharing(bucket: &str, prefix: &str) -> [Value; 2] {
    let (bucket, prefix) = (clean(bucket, 63), clean(prefix, 900));
    let below = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    [
        json!({
            "Sid": "PrescaleLists",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": format!("arn:aws:s3:::{bucket}"),
            "Condition": { "StringLike": { "s3:prefix": below } },
        }),
        json!({
            "Sid": "PrescaleShares",
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            "Resource": format!("arn:aws:s3:::{bucket}/{below}"),
        }),
    ]
}

fn names(calls: &[(&str, &str)]) -> Vec<String> {
    calls.iter().map(|(service, action)| format!("{service}:{action}")).collect()
}

/// Amazon resource names of `groups` in any region and account.
fn resources(groups: &[String]) -> Vec<String> {
    let all = ["*".to_owned()];
    let groups = if groups.is_empty() { &all[..] } else { groups };
    let name = |group: &String| clean(group, 255);
    let arn =
        |group| format!("arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/{}", name(group));
    groups.iter().map(arn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The operations of the SDK that `code` calls, in camel case: `.get_metric_data()` is `GetMetricData`.
    fn calls(code: &str) -> BTreeSet<String> {
        let verbs =
            ["describe_", "get_", "list_", "set_", "put_", "update_", "delete_", "suspend_", "resume_"];
        let names = code.split('.').filter_map(|rest| rest.split_once("()").map(|(name, _)| name));
        let operations = names.filter(|name| verbs.iter().any(|verb| name.starts_with(verb)));
        let camel = |name: &str| {
            let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
            name.split('_').map(capital).collect::<String>()
        };
        operations
            .filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
            .map(camel)
            .collect()
    }

    fn listed(table: &[(&str, &str)]) -> BTreeSet<String> {
        table.iter().map(|(_, action)| (*action).to_owned()).collect()
    }

    #[test]
    fn the_table_is_what_the_adapter_calls() {
        let readers = [
            include_str!("balancer.rs"),
            include_str!("connect.rs"),
            include_str!("details.rs"),
            include_str!("fleet.rs"),
            include_str!("metrics.rs"),
            include_str!("source.rs"),
        ];
        let reading: BTreeSet<String> = readers.iter().flat_map(|code| calls(code)).collect();
        assert_eq!(reading, listed(&READS));
        let writing: BTreeSet<String> =
            calls(include_str!("scaler.rs")).difference(&reading).cloned().collect();
        assert_eq!(writing, listed(&WRITES));
    }

    #[test]
    fn observing_allows_no_change_and_acting_only_the_named_groups() {
        let observe = policy(false, &[], None).to_string();
        assert!(WRITES.iter().all(|(_, action)| !observe.contains(action)), "{observe}");
        let act = policy(true, &["web".to_owned(), "api".to_owned()], None);
        let resources = act["Statement"][1]["Resource"].as_array().expect("a list");
        assert_eq!(resources.len(), 2);
        assert!(resources[0].as_str().is_some_and(|arn| arn.ends_with("autoScalingGroupName/web")));
        assert!(
            policy(true, &[], None)["Statement"][1]["Resource"]
                .to_string()
                .ends_with("autoScalingGroupName/*\"]")
        );
    }

    #[test]
    fn who_assumes_roles_may_do_that_and_reach_the_bucket() {
        let arn = "arn:aws:iam::123456789012:role/prescale".to_owned();
        let caller = caller_policy(std::slice::from_ref(&arn), Some(("team-scaling", "prod")));
        let statements = caller["Statement"].as_array().expect("a list");
        assert_eq!(
            (&statements[0]["Action"][0], &statements[0]["Resource"][0]),
            (&"sts:AssumeRole".into(), &arn.into())
        );
        assert_eq!(statements.len(), 3);
        assert!(!caller.to_string().contains("autoscaling"), "what a role may do is the role's");
    }

    #[test]
    fn a_shared_bucket_is_opened_below_its_prefix_only() {
        let shared = policy(false, &[], Some(("team-scaling", "prod")));
        let [_, lists, shares] = shared["Statement"].as_array().expect("a list").as_slice() else {
            panic!("three statements: {shared}")
        };
        assert_eq!(lists["Resource"], "arn:aws:s3:::team-scaling");
        assert_eq!(lists["Condition"]["StringLike"]["s3:prefix"], "prod/*");
        assert_eq!(shares["Resource"], "arn:aws:s3:::team-scaling/prod/*");
        assert_eq!(shares["Action"].as_array().expect("a list").len(), 3);
        let whole = policy(true, &[], Some(("team-scaling", "")));
        assert_eq!(whole["Statement"][3]["Resource"], "arn:aws:s3:::team-scaling/*");
    }
}
