//! What the console's tests share: the fixture, arbitrary views and keys, and the stored screens of every page.
//!
//! [`fixture`] is the one world of the tests: a fleet on the morning of a sale, with its calendar, models, journal and log; a
//! test changes the part that it is about. [`any`] makes hostile views and keys for property tests. `screens` stores each
//! page once per size and means; a page's own tests store only its special states. Start with [`fixture::view`].

pub(crate) mod any;
pub(crate) mod fixture;
mod screens;
