//! `prescale` scales AWS Auto Scaling groups before demand arrives.
//!
//! Data flow one way. Metrics are collected from a [`cloud`] (AWS, or the embedded simulator) into the [`store`];
//! a [`forecast`] of demand with a band of uncertainty is made from them and from the [`calendar`]; the [`plan`] turns
//! it into a capacity with reasons, and preflight lets that through, cuts it, or stops it. The [`engine`] then
//! advises, asks or acts, writes its intention into the journal first, and shows one snapshot, a
//! [`link::View`]. The [`console`] draws that snapshot and sends [`link::Command`]s back. Every step is a plain
//! value of the [`domain`], so that it can be printed, stored, replayed and explained.
//!
//! Three rules carry the rest. Time is an argument: nothing but the engine's clock asks the machine. A missing
//! measurement is a gap, never zero. The console, the [`agent`] and the [`backtest`] run the same engine; only the
//! cloud and the clock differ.
//!
//! Start with [`engine::Engine::minute`], which is the paragraph above as code; then [`domain::series`] and
//! [`domain::decision`] for the vocabulary, [`forecast::champion`] and [`plan::capacity`] for the ideas. The rooms, and
//! who may know whom, are in `docs/architecture.md`; `tests/architecture.rs` holds them.

/// The headless process, and how an engine is put together from the configuration.
pub mod agent;
/// The same engine on a recorded trace, with a clock that jumps.
pub mod backtest;
/// Business events: TOML that keeps its comments, recurrence, time zones.
pub mod calendar;
/// The command line, one file a subcommand.
pub mod cli;
/// The outside world behind two traits: AWS and the embedded simulator.
pub mod cloud;
/// `prescale.toml`: defaults, layers, validation.
pub mod config;
/// The terminal screens: draws views, sends commands.
pub mod console;
/// Pure values with units, the vocabulary of everything else.
pub mod domain;
/// The loop, and the only owner of live state.
pub mod engine;
/// Quantiles of demand: the online blend, the networks, the model registry.
pub mod forecast;
/// What passes between the engine and whoever watches it.
pub mod link;
/// From a forecast to a capacity, and what may be done about it.
pub mod plan;
/// History on disk: samples, forecasts, decisions, journal.
pub mod store;
