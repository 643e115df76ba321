//! `prescale` scales AWS Auto Scaling groups before demand arrives.
//!
//! Data flow one way: observe → step → act → publish. To observe is to read groups and metrics from a [`cloud`] (AWS, or
//! the embedded simulator). The step of a group is learn → forecast → plan → preflight → decide: a [`forecast`] of demand
//! with a band of uncertainty, made from what was observed and from the [`calendar`]; a [`plan`] that turns it into a capacity with
//! reasons; preflight, which passes, clamps or blocks it. A step is a pure function from an
//! [`Observation`](engine::group::Observation) to a [`Ready`](engine::group::Ready). To act, the [`engine`] persists the
//! `Ready` in the [`store`], writes the intent into the journal, makes the call, and hands the outcome back to the group. Then it
//! publishes one snapshot, a [`link::View`]; the [`console`] draws it and sends [`link::Command`]s back. Every value is a
//! plain one of the [`domain`], so that it can be printed, stored, replayed and explained.
//!
//! Three rules carry the rest. Time is an argument: nothing but the engine's clock asks the machine. A missing
//! measurement is a gap, never zero. The console, the [`agent`] and the [`backtest`] run the same engine; only the
//! cloud and the clock differ.
//!
//! Start with [`engine::Engine::minute`] and [`engine::GroupRuntime::step`], which are the first paragraph as code; then
//! [`domain::series`] and [`domain::decision`] for the vocabulary, [`forecast::blend`] and [`plan::policies::capacity`] for the
//! ideas. The rooms, and who may know whom, are in `docs/architecture.md`; `tests/architecture` holds them. How to add a
//! policy, a check, a page or an expert is in `CONTRIBUTING.md`.

pub mod agent;
pub mod backtest;
pub mod calendar;
pub mod cli;
pub mod cloud;
pub mod config;
pub mod console;
pub mod domain;
pub mod engine;
pub mod files;
pub mod forecast;
pub mod http;
pub mod link;
pub mod plan;
pub mod report;
pub mod shared;
pub mod store;
