//! For tests: a port on which nobody listens, and nobody else can.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A port that is taken and refuses connections. A port that was merely free a moment ago may be another test's by now.
#[derive(Debug)]
pub(crate) struct ClosedPort(TcpSocket);

impl ClosedPort {
    /// One of loopback.
    pub(crate) fn new() -> ClosedPort {
        let socket = TcpSocket::new_v4().expect("there are sockets");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("loopback has a free port");
        ClosedPort(socket)
    }

    /// Its address over HTTP, without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("it is bound"))
    }
}
