//! Fuzzing: damaged inputs over every parser, both sides of the socket, the simulated AWS and the reader of AWS's answers.
//!
//! An input is a seed (a right one, kept in `seeds/` and elsewhere in the project) with random damage. Whatever it says, the
//! parser answers with a value or an error: no panic, nothing that takes 20 s, and the process never needs more than 300 MB.
//! `cargo test` tries some hundred inputs; `PRESCALE_FUZZ_INPUTS=10000 cargo test --test fuzz` as many as one likes. An input
//! that fails is made small and kept in `failures.txt`, from where it is tried first for ever after.

mod damage;
mod files;
mod network;
mod stored;

use std::time::{Duration, Instant};

use proptest::test_runner::{Config, FileFailurePersistence, TestError, TestRunner};

use self::damage::{Damage, damages};

/// Inputs of an ordinary test run, over all parsers.
const INPUTS: u32 = 800;
/// Longest time for one input.
const LONGEST: Duration = Duration::from_secs(20);
/// Most memory of the process, in KiB, at any time.
const MOST_MEMORY: u64 = 300 << 10;

/// How many inputs a parser gets that has this share of all, in percent.
pub fn inputs(share: u32) -> u32 {
    let all = std::env::var("PRESCALE_FUZZ_INPUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(INPUTS);
    (all * share).div_ceil(100).max(1)
}

/// Gives `tried` so many damaged inputs, each made of one of `seeds`.
pub fn fuzz(name: &str, share: u32, seeds: &[Vec<u8>], tried: impl Fn(&[u8])) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/failures.txt");
    let mut runner = TestRunner::new(Config {
        cases: inputs(share),
        max_shrink_iters: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..Config::default()
    });
    let outcome = runner.run(&damages(), |damage: Damage| {
        let input = damage.of(seeds);
        let begun = Instant::now();
        tried(&input);
        let took = begun.elapsed();
        proptest::prop_assert!(took < LONGEST, "{name}: {} bytes took {} s", input.len(), took.as_secs());
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, damage)) => {
            let input = damage.of(seeds);
            let shown = String::from_utf8_lossy(&input[..input.len().min(2_000)]).into_owned();
            panic!("{name}: {why}\n{damage:?}\n{shown}");
        }
        Err(error) => panic!("{name}: {error}"),
    }
    let most = memory();
    assert!(most < MOST_MEMORY, "{name}: the process needed {} MiB", most >> 10);
}

/// The most memory that this process has had, in KiB; 0 where the system does not say.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
