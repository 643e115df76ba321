//! Tests of the program as others meet it: the real binary in terminals, in pipes and over sockets, and the real engine
//! over the real adapters.
//!
//! They are one program, because each program of tests is linked with everything. Two folders beside this one
//! are programs of their own: `architecture` reads source text and needs nothing else, and `soak` takes every core.
//! What several tests need (terminals, homes, proxies) is in [`support`].

mod account;
mod agent;
mod attach;
mod aws_ministack;
mod aws_moto;
mod backtest;
mod chaos;
mod cli;
mod console;
mod crash;
mod ctl;
mod demo;
mod deploy;
mod docs;
mod documented;
mod explain;
mod faults;
mod hostile;
mod init;
mod journey;
#[cfg(feature = "lambda")]
mod lambda;
mod limits;
mod metrics;
mod observe;
mod page;
mod pretrain;
mod service;
mod shared;
mod simulate;
mod sources;
mod support;
mod terminal;
mod upgrade;
