//! Who should hold which group: everybody about as many, and as few moves as possible.

use std::collections::BTreeMap;

use super::table::LeaseTable;

/// The agent that should hold each group. Groups that no agent watches are left out.
///
/// Every agent works this out for itself from the same table and comes to the same answer. A group stays where it
/// is unless its holder has at least two more than another that watches it; a free one goes to whoever has least.
pub fn split(table: &LeaseTable) -> BTreeMap<String, String> {
    let mut loads: BTreeMap<&str, usize> = table.agents.keys().map(|id| (id.as_str(), 0)).collect();
    let mut shares: BTreeMap<&str, &str> = BTreeMap::new();
    for (group, lease) in &table.leases {
        let holder = lease.holder.as_deref().and_then(|id| table.agents.get_key_value(id));
        if let Some((id, _)) = holder.filter(|(_, agent)| agent.groups.contains(group)) {
            shares.insert(group, id);
            *loads.entry(id).or_default() += 1;
        }
    }
    for group in table.agents.values().flat_map(|agent| &agent.groups) {
        if !shares.contains_key(group.as_str())
            && let Some(id) = least_loaded(table, group, &loads)
        {
            shares.insert(group, id);
            *loads.entry(id).or_default() += 1;
        }
    }
    // Each move brings two loads nearer to each other, so this ends.
    while let Some((group, to)) = next_move(table, &shares, &loads) {
        if let Some(from) = shares.insert(group, to) {
            *loads.entry(from).or_default() -= 1;
        }
        *loads.entry(to).or_default() += 1;
    }
    shares.into_iter().map(|(group, id)| (group.to_owned(), id.to_owned())).collect()
}

/// The agent with the fewest groups among those that watch `group`; the first by identity among equals.
fn least_loaded<'a>(table: &'a LeaseTable, group: &str, loads: &BTreeMap<&str, usize>) -> Option<&'a str> {
    let watching = table.agents.iter().filter(|(_, agent)| agent.groups.contains(group));
    watching.map(|(id, _)| id.as_str()).min_by_key(|id| loads.get(id).copied().unwrap_or(0))
}

/// The first group, of an agent with most, that somebody with two fewer could hold.
fn next_move<'a>(
    table: &'a LeaseTable,
    shares: &BTreeMap<&'a str, &'a str>,
    loads: &BTreeMap<&str, usize>,
) -> Option<(&'a str, &'a str)> {
    let load = |id: &str| loads.get(id).copied().unwrap_or(0);
    let least = loads.values().min().copied().unwrap_or(0);
    let crowded = shares.iter().filter(|(_, id)| load(id) >= least + 2);
    let moves = crowded.filter_map(|(group, from)| {
        let to = least_loaded(table, group, loads)?;
        (load(from) >= load(to) + 2).then_some((load(from), *group, to))
    });
    // The first of the largest: `max_by_key` would give the last.
    moves.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, group, to)| (group, to))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::at_epoch,
        shared::table::{AgentRecord, Lease},
    };

    fn agent(groups: &BTreeSet<String>) -> AgentRecord {
        AgentRecord {
            host: "ops".into(),
            pid: 1,
            serial: 1,
            term: 300.0,
            expires: at_epoch(0),
            groups: groups.clone(),
        }
    }

    fn fleet(groups: usize, watching: &[&str]) -> LeaseTable {
        let all: BTreeSet<String> = (0..groups).map(|n| format!("g{n}")).collect();
        let agents = watching.iter().map(|id| ((*id).to_owned(), agent(&all))).collect();
        LeaseTable { agents, leases: BTreeMap::new() }
    }

    fn take(table: &mut LeaseTable) {
        for (group, id) in split(table) {
            table.leases.insert(group, Lease { holder: Some(id), ..Lease::default() });
        }
    }

    #[test]
    fn a_new_agent_takes_its_share_and_no_other_group_moves() {
        let mut table = fleet(5, &["a"]);
        take(&mut table);
        assert!(table.leases.values().all(|l| l.holder.as_deref() == Some("a")));
        table.agents.insert("b".into(), table.agents["a"].clone());
        let before = table.leases.clone();
        take(&mut table);
        let moved = before.iter().filter(|(g, l)| table.leases[*g] != **l).count();
        assert_eq!((moved, table.held_by("b").count()), (2, 2));
        let settled = table.clone();
        take(&mut table);
        assert_eq!(table, settled, "who is settled stays");
    }

    #[test]
    fn what_only_one_watches_stays_with_it() {
        let mut table = fleet(6, &["a", "b"]);
        let few: BTreeSet<String> = ["g0".to_owned()].into();
        table.agents.insert("b".into(), agent(&few));
        take(&mut table);
        assert_eq!(table.held_by("b").count(), 1);
        assert_eq!(table.held_by("a").count(), 5);
    }

    proptest! {
        #[test]
        fn every_watched_group_has_one_watching_agent_and_loads_are_even(
            watching in prop::collection::vec(prop::collection::btree_set(0usize..12, 0..12), 1..5),
            held in prop::collection::vec(0usize..6, 12),
        ) {
            let mut table = LeaseTable::default();
            for (n, groups) in watching.iter().enumerate() {
                let groups = groups.iter().map(|g| format!("g{g}")).collect();
                table.agents.insert(format!("a{n}"), agent(&groups));
            }
            for (g, n) in held.iter().enumerate() {
                let lease = Lease { holder: Some(format!("a{n}")), ..Lease::default() };
                table.leases.insert(format!("g{g}"), lease);
            }
            let shares = split(&table);
            let wanted: BTreeSet<&String> = table.agents.values().flat_map(|a| &a.groups).collect();
            prop_assert_eq!(shares.keys().collect::<BTreeSet<_>>(), wanted);
            let load = |id: &str| shares.values().filter(|i| *i == id).count();
            for (group, id) in &shares {
                prop_assert!(table.agents[id].groups.contains(group));
                for (other, _) in table.agents.iter().filter(|(_, a)| a.groups.contains(group)) {
                    prop_assert!(load(id) < load(other) + 2, "{group} should move from {id} to {other}");
                }
            }
        }
    }
}
