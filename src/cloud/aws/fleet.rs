//! Reads the list of groups, and says whose details are due. The list must be read, or the look has failed.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
};

use aws_sdk_autoscaling::{
    Client,
    error::SdkError,
    types::{AutoScalingGroup, Filter},
};

use super::error::classify;
use crate::{
    cloud::CloudError,
    domain::{
        Time,
        text::{clean, few},
    },
};

/// Groups, policies and names asked for at once: the most that AWS gives.
pub(super) const PAGE: i32 = 100;
/// Groups whose details are read in one look: each costs some calls, and AWS throttles an account as a whole.
const MOST_DETAILED: usize = 100;
/// Calls of one list; more means that the service repeats itself.
const MOST_CALLS: u64 = 2_000;
/// Names that a warning lists before it counts the rest.
const NAMED: usize = 3;
/// What is wrong with a group whose part of the answer cannot be read.
const UNREADABLE: &str = "it cannot be read";
/// A metric of the group's own that is published once group metrics are on.
const GROUP_METRIC: &str = "GroupInServiceInstances";

/// Which groups are looked at, and what they are listed by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// By name; empty means every one.
    pub(super) names: Vec<String>,
    /// Tags that they must have, with their values.
    pub(super) tags: BTreeMap<String, String>,
    /// Key of the tag whose value stands beside a group.
    pub(super) show_tag: Option<String>,
}

/// What a list of groups gave.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The groups, by name.
    pub(super) found: BTreeMap<String, AutoScalingGroup>,
    /// Groups whose answer could not be read, with what is wrong.
    pub(super) damaged: BTreeMap<String, String>,
    /// Calls that it took.
    pub(super) calls: u64,
}

/// The groups of `choice`. A page that cannot be read because of one group is asked for again in parts, until that group
/// stands alone.
///
/// # Errors
/// Whatever kept the list from being read in full.
pub(super) async fn list(client: &Client, choice: &Choice) -> Result<Listing, CloudError> {
    const ACTION: &str = "autoscaling:DescribeAutoScalingGroups";
    let mut listing = Listing::default();
    let parts: Vec<Vec<String>> = match choice.names.is_empty() {
        true => vec![Vec::new()],
        false => choice.names.chunks(PAGE as usize).map(<[String]>::to_vec).collect(),
    };
    let filter = |(k, v): (&String, &String)| Filter::builder().name(format!("tag:{k}")).values(v).build();
    let filters: Vec<Filter> = choice.tags.iter().map(filter).collect();
    let mut open: Vec<(Vec<String>, Option<String>)> = parts.into_iter().map(|names| (names, None)).collect();
    while let Some((names, token)) = open.pop() {
        listing.calls += 1;
        if listing.calls > MOST_CALLS {
            return Err(CloudError::Retry(format!("{ACTION} returned more than {MOST_CALLS} pages")));
        }
        let answer = client
            .describe_auto_scaling_groups()
            .set_auto_scaling_group_names((!names.is_empty()).then(|| names.clone()))
            .set_filters((!filters.is_empty()).then(|| filters.clone()))
            .max_records(PAGE)
            .set_next_token(token)
            .send()
            .await;
        let next = match answer {
            Ok(page) => {
                for group in page.auto_scaling_groups.unwrap_or_default() {
                    if let Some(name) = group.auto_scaling_group_name() {
                        listing.found.insert(name.to_owned(), group);
                    }
                }
                page.next_token
            }
            Err(error) => {
                let Some((inside, next)) = unreadable(&error) else {
                    return Err(classify(ACTION, &error));
                };
                if let [one] = names.as_slice() {
                    listing.damaged.insert(one.clone(), UNREADABLE.to_owned());
                } else {
                    let all = if names.is_empty() { inside } else { names.clone() };
                    open.extend(all.chunks(all.len().div_ceil(2)).map(|half| (half.to_vec(), None)));
                }
                next
            }
        };
        open.extend(next.filter(|token| !token.is_empty()).map(|token| (names, Some(token))));
    }
    Ok(listing)
}

/// The names of the groups in an answer that came, is a list of groups, and cannot be read; and the token of the page after
/// it. `None` for any other failure.
fn unreadable<E: Error + 'static>(error: &SdkError<E>) -> Option<(Vec<String>, Option<String>)> {
    let answer = error.raw_response().filter(|answer| answer.status().is_success())?;
    let body = String::from_utf8_lossy(answer.body().bytes()?);
    let names: Vec<String> = between(&body, "AutoScalingGroupName").collect();
    let next = between(&body, "NextToken").next();
    (!names.is_empty()).then_some((names, next))
}

/// The texts of the elements called `name` in `body`.
fn between<'a>(body: &'a str, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts: Vec<&str> = body.split(open.as_str()).skip(1).collect();
    let texts = parts.into_iter().filter_map(move |part| Some(part.split_once(close.as_str())?.0.to_owned()));
    texts.map(|text| {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
            .into_iter()
            .fold(text, |text, (code, sign)| text.replace(code, sign))
    })
}

/// The first few of `names`, and how many more there are.
pub(super) fn some(names: &[&String]) -> String {
    few(&names.iter().map(|name| clean(name, 80)).collect::<Vec<_>>(), NAMED)
}

/// True if the group's own metrics are published.
pub(super) fn has_group_metrics(group: &AutoScalingGroup) -> bool {
    group.enabled_metrics().iter().any(|m| m.metric() == Some(GROUP_METRIC))
}

/// Sizes and instances of a group: where they change, something is going on.
type GroupFingerprint = (i32, i32, i32, usize, usize);

/// When the details of each group were read, and what it looked like then.
#[derive(Debug, Default)]
pub(super) struct Rounds(HashMap<String, (Time, GroupFingerprint)>);

impl Rounds {
    /// The groups whose details are to be read now, a hundred at the most: first those that have changed or were never
    /// read, then those that were read longest ago.
    pub(super) fn due(&self, found: &BTreeMap<String, AutoScalingGroup>) -> Vec<String> {
        let age = |(name, group): &(&String, &AutoScalingGroup)| match self.0.get(*name) {
            Some((at, known)) if *known == shape(group) => Some(*at),
            _ => None,
        };
        let mut all: Vec<_> = found.iter().collect();
        // Nothing known sorts before any moment.
        all.sort_by_key(age);
        all.into_iter().take(MOST_DETAILED).map(|(name, _)| name.clone()).collect()
    }

    /// Notes that `group` was read at `now`.
    pub(super) fn note(&mut self, now: Time, name: &str, group: &AutoScalingGroup) {
        self.0.insert(name.to_owned(), (now, shape(group)));
    }
}

fn shape(group: &AutoScalingGroup) -> GroupFingerprint {
    let size = |n: Option<i32>| n.unwrap_or(-1);
    let serving =
        group.instances().iter().filter(|i| i.lifecycle_state().is_some_and(|s| s.as_str() == "InService"));
    let (all, serving) = (group.instances().len(), serving.count());
    (size(group.min_size()), size(group.max_size()), size(group.desired_capacity()), all, serving)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    #[test]
    fn a_large_fleet_is_read_in_rounds_and_what_changed_first() {
        let group = |desired: i32| AutoScalingGroup::builder().desired_capacity(desired).build();
        let mut found: BTreeMap<String, AutoScalingGroup> =
            (0..250).map(|i| (format!("g{i:03}"), group(2))).collect();
        let mut rounds = Rounds::default();
        let mut look = |found: &BTreeMap<String, AutoScalingGroup>, now: i64| {
            let due = rounds.due(found);
            due.iter().for_each(|name| rounds.note(at_epoch(now), name, &found[name]));
            due
        };
        assert_eq!(look(&found, 0).first().map(String::as_str), Some("g000"));
        assert_eq!(look(&found, 60).first().map(String::as_str), Some("g100"));
        found.insert("g007".into(), group(9));
        let third = look(&found, 120);
        assert!(third.contains(&"g007".to_owned()) && third.contains(&"g249".to_owned()), "{third:?}");
        assert_eq!(third.len(), 100);
        assert_eq!(look(&found, 180).len(), 100);
    }
}
