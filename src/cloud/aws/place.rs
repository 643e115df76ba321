//! Where a source reads, for what is told of it and for the commands that lead there.

use super::prose;
use crate::cloud::ResizeWording;

/// Where a source reads.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The region.
    pub(super) region: String,
    /// The profile, where one is named.
    pub(super) profile: Option<String>,
    /// The role that is assumed, where one is.
    pub(super) role: Option<String>,
    /// Host of an endpoint that is not AWS's own.
    pub(super) endpoint: Option<String>,
}

impl Place {
    /// How an operator changes the bounds of a group that is there.
    pub(super) fn resizing(&self) -> ResizeWording {
        let (region, profile) = (Some(self.region.as_str()), self.profile.as_deref());
        prose::resizing(prose::leading_to(region, profile, self.role.as_deref()))
    }
}
