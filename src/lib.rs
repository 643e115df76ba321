//! `prescale` scales AWS Auto Scaling groups before demand arrives.
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
pub mod store;
