//! The agent's HTTP listener: metrics, health, a JSON API and a page, all of them for reading.
//!
//! It sees what consoles see, the published [`View`](crate::link::View), through a
//! [`Viewer`](crate::link::Viewer), a type that has no command to send. It answers GET alone, whoever asks, and knows neither
//! engine, store nor cloud. Requests are bounded in number, size and time, so that whoever can reach the address cannot
//! hold the loop up.
//!
//! Who may ask is decided in `access`: the Host must be this machine or a name that the configuration lists, so that a page of
//! somebody else's in an operator's browser cannot read the fleet; a bearer token may be demanded besides.
//!
//! Start with [`HttpServer`], then `routes`.

mod access;
mod answers;
mod api;
mod body;
mod health;
mod latest;
mod metrics;
mod page;
mod routes;
mod server;
mod state;
#[cfg(test)]
mod tests;

pub use metrics::{MetricFormat, page as metrics_page};
pub use server::{HttpError, HttpServer, PassedSocket};

use std::net::SocketAddr;

/// What the listener is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// Where it listens.
    pub address: SocketAddr,
    /// Names that a request may be addressed to, besides addresses and `localhost`.
    pub hosts: Vec<String>,
    /// What a request must bear to see anything but health.
    pub token: Option<String>,
}
