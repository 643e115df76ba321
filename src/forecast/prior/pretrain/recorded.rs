//! Recorded loads: what a training learns from, and what chooses its end.

use crate::{domain::Seconds, forecast::lstm::bundle::sha256};

/// Longest step of a load; the prior speaks of the next hour.
const LONGEST_STEP: Seconds = 3_600;
/// Fewest steps of a load that is learned from.
pub(super) const FEWEST_STEPS: usize = 200;

/// A recorded load.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its name.
    pub name: String,
    /// Seconds of a step, whole minutes.
    pub step: Seconds,
    /// Load of each step; not a number for a gap.
    pub values: Vec<f64>,
}

impl Recorded {
    /// Its relatives have the same one: `azure_v1` of `azure_v1_vm_2`.
    pub(super) fn family(&self) -> &str {
        let end = self.name.match_indices('_').nth(1);
        end.map_or(&self.name, |(place, _)| &self.name[..place])
    }

    /// Says why no row would come of it.
    fn check(&self) -> Result<(), String> {
        let Recorded { name, step, values } = self;
        let positive = values.iter().filter(|v| **v > 0.0).count();
        if *step <= LONGEST_STEP && values.len() >= FEWEST_STEPS && positive > 0 {
            return Ok(());
        }
        Err(format!(
            "{name} has {} steps of {step} s, {positive} of them above zero, and would teach nothing: a load has \
             {FEWEST_STEPS} steps or more, of {LONGEST_STEP} s or less, and not all of them zero; leave it out with \
             --without {name}",
            values.len()
        ))
    }
}

/// What a training learns from, and what chooses its end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loads {
    /// Recorded loads to learn from; synthetic ones are added, and are all there is where none is recorded.
    pub learned: Vec<Recorded>,
    /// Recorded loads that are only looked at.
    pub held_out: Vec<Recorded>,
}

impl Loads {
    /// Says which load teaches nothing.
    pub(super) fn check(&self) -> Result<(), String> {
        self.learned.iter().chain(&self.held_out).try_for_each(Recorded::check)
    }

    /// Loads that were left out although a load of their family is learned from, each with that one.
    pub fn relatives(&self) -> impl Iterator<Item = (&str, &str)> {
        self.held_out.iter().filter_map(|load| {
            let relative = self.learned.iter().find(|other| other.family() == load.family())?;
            Some((load.name.as_str(), relative.name.as_str()))
        })
    }

    /// SHA-256 of all of it.
    pub(super) fn digest(&self) -> String {
        let mut bytes = Vec::new();
        for (kind, loads) in [(0u8, &self.learned), (1, &self.held_out)] {
            for Recorded { name, step, values } in loads {
                bytes.push(kind);
                bytes.extend(name.as_bytes());
                bytes.extend(step.to_le_bytes());
                bytes.extend(values.iter().flat_map(|v| v.to_bits().to_le_bytes()));
            }
        }
        sha256(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(name: &str, step: Seconds, values: &[f64]) -> Recorded {
        Recorded { name: name.into(), step, values: values.to_vec() }
    }

    #[test]
    fn a_load_that_teaches_nothing_is_refused_with_its_step_and_length() {
        let wrong = |load: Recorded| {
            let learned = Loads { learned: vec![load.clone()], held_out: vec![] }.check();
            assert_eq!(learned, Loads { learned: vec![], held_out: vec![load] }.check());
            learned.err()
        };
        assert_eq!(wrong(load("shop", 3_600, &[1.0; FEWEST_STEPS])), None);
        let said = wrong(load("slow", 7_200, &[1.0; 900])).expect("two hours are too long");
        assert!(
            said.starts_with("slow has 900 steps of 7200 s") && said.ends_with("--without slow"),
            "{said}"
        );
        assert!(wrong(load("short", 60, &[1.0; FEWEST_STEPS - 1])).is_some_and(|e| e.contains("199 steps")));
        assert!(wrong(load("off", 60, &[0.0; 900])).is_some_and(|e| e.contains("0 of them above zero")));
        assert!(wrong(load("gaps", 60, &[f64::NAN; 900])).is_some());
    }

    #[test]
    fn loads_that_were_left_out_are_named_with_a_relative_that_was_learned() {
        let named = |names: &[&str]| names.iter().map(|name| load(name, 300, &[1.0; 300])).collect();
        let loads = Loads {
            learned: named(&["azure_v1_vm_1", "azure_v1_vm_2", "shop", "cloud_a"]),
            held_out: named(&["azure_v1_group_7", "azure_v2_vm_1", "shop_b", "cloud_b"]),
        };
        assert_eq!(loads.relatives().collect::<Vec<_>>(), [("azure_v1_group_7", "azure_v1_vm_1")]);
    }
}
