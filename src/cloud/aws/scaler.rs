//! The only file that changes anything in an AWS account.

use async_trait::async_trait;
use aws_sdk_autoscaling::Client;

use super::error::classify;
use crate::{
    cloud::{CloudError, Scaler},
    domain::Time,
};

/// Sets desired capacities through EC2 Auto Scaling.
#[derive(Debug, Clone)]
pub struct AwsScaler {
    client: Client,
}

impl AwsScaler {
    pub(super) fn new(client: Client) -> Self {
        AwsScaler { client }
    }
}

#[async_trait]
impl Scaler for AwsScaler {
    /// Sets the absolute value; bounds and cooldown are preflight's work, so the group's own cooldown is not
    /// honoured here. Setting the same value twice is harmless, so a retry after a lost answer is safe.
    async fn set_desired(&mut self, _now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        let desired = i32::try_from(desired).map_err(|_| {
            CloudError::Replan(format!("a desired capacity of {desired} is beyond AWS's range"))
        })?;
        self.client
            .set_desired_capacity()
            .auto_scaling_group_name(group)
            .desired_capacity(desired)
            .honor_cooldown(false)
            .send()
            .await
            .map(drop)
            .map_err(|e| classify("autoscaling:SetDesiredCapacity", &e))
    }
}
