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
//! [`domain::decision`] for the vocabulary, [`forecast::champion`] and [`plan::policies::capacity`] for the ideas. The rooms, and
//! who may know whom, are in `docs/architecture.md`; `tests/architecture/` holds them.

pub mod agent;
pub mod backtest;
pub mod calendar;
pub mod cli;
pub mod cloud;
pub mod config;
pub mod console;
pub mod domain;
pub mod engine;
pub mod forecast;
pub mod link;
pub mod plan;
pub mod report;
pub mod shared;
pub mod store;
