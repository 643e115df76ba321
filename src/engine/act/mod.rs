//! From what a group wants to what is done: persist, call, outcome.
//!
//! [`Engine::act`] takes the [`Ready`](super::group::Ready) of a step. `persist` writes it down; `execute` is the only caller of a
//! mutating method; `approvals` carries out what operators say to proposals and modes; `reconcile` looks, after a crash, at
//! what was intended and has no outcome.
//!
//! [`Engine::act`]: super::Engine::act

mod approvals;
mod execute;
mod persist;
mod reconcile;
