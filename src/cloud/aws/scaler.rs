//! The only file that changes anything in an AWS account.

use async_trait::async_trait;
use aws_sdk_autoscaling::{Client, primitives::DateTime};

use super::{
    answer_limit::{MOST_PAGES, too_many_pages},
    error::classify,
};
use crate::{
    cloud::{CloudError, Scaler},
    domain::{
        Time,
        actuator::{FloorWindow, SCHEDULE_END, SCHEDULE_SET},
        group::SCHEDULE_PREFIX,
        process::ScalingProcess,
    },
};

/// Sizes groups through EC2 Auto Scaling.
#[derive(Debug, Clone)]
pub struct AwsScaler {
    client: Client,
}

impl AwsScaler {
    pub(super) fn new(client: Client) -> Self {
        AwsScaler { client }
    }

    /// Orders MinSize `min` from `at` on, in place of the action called `name`.
    async fn schedule(&self, group: &str, name: &str, at: Time, min: u32) -> Result<(), CloudError> {
        self.client
            .put_scheduled_update_group_action()
            .auto_scaling_group_name(group)
            .scheduled_action_name(name)
            .start_time(DateTime::from_secs(at.timestamp()))
            .min_size(size(min)?)
            .send()
            .await
            .map(drop)
            .map_err(|e| classify("autoscaling:PutScheduledUpdateGroupAction", &e))
    }

    /// Names of our scheduled actions of `group` that are still to come.
    async fn ours(&self, group: &str) -> Result<Vec<String>, CloudError> {
        let mut names = Vec::new();
        let mut pages =
            self.client.describe_scheduled_actions().auto_scaling_group_name(group).into_paginator().send();
        let mut read = 0;
        while let Some(page) = pages.next().await {
            read += 1;
            if read > MOST_PAGES {
                return Err(too_many_pages("autoscaling:DescribeScheduledActions"));
            }
            let page = page.map_err(|e| classify("autoscaling:DescribeScheduledActions", &e))?;
            let found =
                page.scheduled_update_group_actions().iter().filter_map(|a| a.scheduled_action_name());
            names.extend(found.filter(|n| n.starts_with(SCHEDULE_PREFIX)).map(str::to_owned));
        }
        Ok(names)
    }
}

/// A size as AWS takes it.
fn size(value: u32) -> Result<i32, CloudError> {
    i32::try_from(value).map_err(|_| CloudError::Replan(format!("a size of {value} is beyond AWS's range")))
}

#[async_trait]
impl Scaler for AwsScaler {
    /// Sets the absolute value; bounds and cooldown are preflight's work, so the group's own cooldown is not
    /// honoured here. Setting the same value twice is harmless, so a retry after a lost answer is safe.
    async fn set_desired(&mut self, _now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        self.client
            .set_desired_capacity()
            .auto_scaling_group_name(group)
            .desired_capacity(size(desired)?)
            .honor_cooldown(false)
            .send()
            .await
            .map(drop)
            .map_err(|e| classify("autoscaling:SetDesiredCapacity", &e))
    }

    /// Touches MinSize alone: AWS raises a desired capacity below it, and leaves one above it to its policies.
    async fn set_floor(&mut self, _now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        self.client
            .update_auto_scaling_group()
            .auto_scaling_group_name(group)
            .min_size(size(min)?)
            .send()
            .await
            .map(drop)
            .map_err(|e| classify("autoscaling:UpdateAutoScalingGroup", &e))
    }

    async fn schedule_floor(
        &mut self,
        _now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        self.schedule(group, SCHEDULE_END, window.end, window.own).await?;
        match window.start {
            Some(start) => self.schedule(group, SCHEDULE_SET, start, window.min).await,
            None => Ok(()),
        }
    }

    /// Those that have fired are gone by themselves, so only those that AWS still lists are deleted.
    async fn unschedule_floor(&mut self, _now: Time, group: &str) -> Result<(), CloudError> {
        for name in self.ours(group).await? {
            self.client
                .delete_scheduled_action()
                .auto_scaling_group_name(group)
                .scheduled_action_name(name)
                .send()
                .await
                .map_err(|e| classify("autoscaling:DeleteScheduledAction", &e))?;
        }
        Ok(())
    }

    /// Names the one process: without a name AWS would take all of them.
    async fn suspend_terminate(&mut self, _now: Time, group: &str, on: bool) -> Result<(), CloudError> {
        let process = ScalingProcess::Terminate.name();
        match on {
            true => {
                let call = self.client.suspend_processes().auto_scaling_group_name(group);
                let done = call.scaling_processes(process).send().await;
                done.map(drop).map_err(|e| classify("autoscaling:SuspendProcesses", &e))
            }
            false => {
                let call = self.client.resume_processes().auto_scaling_group_name(group);
                let done = call.scaling_processes(process).send().await;
                done.map(drop).map_err(|e| classify("autoscaling:ResumeProcesses", &e))
            }
        }
    }
}
