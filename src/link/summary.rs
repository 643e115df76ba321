//! What programs read of a [`View`]: the fleet, a group, proposals, as `prescale ctl --json` and the HTTP API give them.

use serde::Serialize;

use super::{ClockView, GroupDetail, GroupRow, Notice, SourceView, TrainingView, Usage, View};
use crate::domain::{Time, decision::Decision};

/// The whole fleet at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FleetSummary<'a> {
    /// The engine's clock.
    pub now: Time,
    /// IANA name of the zone in which people's days run.
    pub zone: &'a str,
    /// `SIMULATED`, or account and region.
    pub source: &'a str,
    /// True for the embedded simulation.
    pub simulated: bool,
    /// The agent takes no command.
    pub read_only: bool,
    /// Scale-in is frozen everywhere.
    pub brake: bool,
    /// How the clock runs.
    pub clock: ClockView,
    /// Each source and what is wrong with it, where they have names.
    pub sources: &'a [SourceView],
    /// What reading costs; `None` where it costs nothing.
    pub usage: Option<Usage>,
    /// What the operator must know, most important first.
    pub notices: &'a [Notice],
    /// The groups, by name.
    pub groups: &'a [GroupRow],
    /// Open proposals, oldest first.
    pub proposals: Vec<ProposalSummary<'a>>,
    /// The newest training, running or over.
    pub training: Option<&'a TrainingView>,
}

/// An open proposal: the whole decision, and the API calls that would carry it out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProposalSummary<'a> {
    /// The decision.
    #[serde(flatten)]
    pub decision: &'a Decision,
    /// API calls, in their order.
    pub calls: &'a [String],
}

/// One group: its line of the fleet, and in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupSummary<'a> {
    /// The engine's clock.
    pub now: Time,
    /// Its line of the fleet.
    pub row: &'a GroupRow,
    /// Plan, checks, charts; `None` until the group was read.
    pub detail: Option<&'a GroupDetail>,
    /// Its open proposal.
    pub proposal: Option<ProposalSummary<'a>>,
}

impl<'a> FleetSummary<'a> {
    /// The fleet that `view` shows.
    pub fn of(view: &'a View) -> FleetSummary<'a> {
        FleetSummary {
            now: view.now,
            zone: &view.zone,
            source: &view.source,
            simulated: view.simulated,
            read_only: view.read_only,
            brake: view.brake,
            clock: view.clock,
            sources: &view.sources,
            usage: view.usage,
            notices: &view.notices,
            groups: &view.groups,
            proposals: ProposalSummary::all(view),
            training: view.training.as_ref(),
        }
    }
}

impl<'a> ProposalSummary<'a> {
    /// The open proposals of `view`, oldest first.
    pub fn all(view: &'a View) -> Vec<ProposalSummary<'a>> {
        let open = view.proposals.iter();
        open.map(|decision| ProposalSummary { decision, calls: view.calls(decision.id) }).collect()
    }
}

impl<'a> GroupSummary<'a> {
    /// The group called `name`, if `view` has it; in full if the view is one of it.
    pub fn of(view: &'a View, name: &str) -> Option<GroupSummary<'a>> {
        let row = view.groups.iter().find(|row| row.name == name)?;
        let detail = view.detail.as_ref().filter(|detail| detail.name == name);
        let proposal = ProposalSummary::all(view).into_iter().find(|p| p.decision.group == name);
        Some(GroupSummary { now: view.now, row, detail, proposal })
    }
}
