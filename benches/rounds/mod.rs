//! A bench that runs Criterion, or with `-- --round MODEL THREADS EPOCHS` one training, as a line of JSON that
//! `benches/pytorch/compare.py` sets beside PyTorch.

use std::{fs, hint::black_box, process::ExitCode, time::Instant};

use criterion::Criterion;
use serde_json::json;

/// A training that is asked for: its network, and how many threads and epochs it has.
pub struct Round<'a> {
    pub model: &'a str,
    pub threads: usize,
    pub epochs: usize,
}

/// Seconds of each epoch: by the clock, and of the first thread.
pub struct Epochs {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    since: (Instant, f64),
}

impl Epochs {
    pub fn begin() -> Epochs {
        Epochs { wall: Vec::new(), cpu: Vec::new(), since: (Instant::now(), thread_seconds()) }
    }

    /// An epoch has ended; the next begins.
    pub fn end_one(&mut self) {
        self.wall.push(self.since.0.elapsed().as_secs_f64());
        self.cpu.push(thread_seconds() - self.since.1);
        self.since = (Instant::now(), thread_seconds());
    }
}

/// Runs Criterion, or `round` where the command line asks for one.
pub fn main(benches: fn(), round: fn(&Round<'_>) -> Result<(), String>) -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let Some(at) = words.iter().position(|word| word == "--round") else {
        benches();
        Criterion::default().configure_from_args().final_summary();
        return ExitCode::SUCCESS;
    };
    let number = |index: usize| words.get(at + index).and_then(|word| word.parse().ok());
    let (Some(model), Some(threads), Some(epochs)) = (words.get(at + 1), number(2), number(3)) else {
        eprintln!("--round MODEL THREADS EPOCHS");
        return ExitCode::from(2);
    };
    match round(&Round { model, threads, epochs }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what a round took: its epochs, and 50 runs of `one` and 5 of `thousand`.
pub fn report<T, U>(round: &Round<'_>, epochs: &Epochs, one: impl Fn() -> T, thousand: impl Fn() -> U) {
    let (one, thousand) = (timed(50, one), timed(5, thousand));
    let result = json!({"model": round.model, "threads": round.threads, "wall": epochs.wall, "cpu": epochs.cpu,
                      "one_ms": one, "thousand_ms": thousand, "peak_mb": peak_memory()});
    println!("{result}");
}

/// Most memory that the process ever held, in megabytes.
pub fn peak_memory() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|kb| kb.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
}

/// Seconds that the first thread has run; zero where the system does not report it.
fn thread_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Milliseconds by the clock of each of `count` runs.
fn timed<T>(count: usize, work: impl Fn() -> T) -> Vec<f64> {
    let one = |_| {
        let since = Instant::now();
        black_box(work());
        since.elapsed().as_secs_f64() * 1e3
    };
    (0..count).map(one).collect()
}
