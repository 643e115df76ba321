//! Carries out what a group wants: persist, call, outcome.
//!
//! [`Engine::act`] takes the [`Ready`](super::group::Ready) of a step. `persist` writes it to the store; `execute` is the only caller of a
//! mutating method; `approvals` executes commands about proposals and modes; `reconcile` checks, after a crash,
//! intents without an outcome; `leave` restores floors at shutdown; `suspend` holds AWS's own scale-in while the brake is on.
//!
//! [`Engine::act`]: super::Engine::act

mod approvals;
mod execute;
mod leave;
mod persist;
mod reconcile;
mod suspend;
