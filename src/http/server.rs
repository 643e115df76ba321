//! The listener: so many connections and no more, each with so much time and no more.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{HttpOptions, routes::router};
use crate::link::ViewDoor;

/// Connections at once; a further one waits to be accepted.
const MOST_CONNECTIONS: usize = 64;
/// How long the head of a request may take to arrive, and a connection may be silent between two.
const HEAD: Duration = Duration::from_secs(5);
/// Most bytes of a request's head.
const MOST_HEAD: usize = 16 << 10;
/// How long a connection may last, whatever it does: who reads slowly or for ever makes room, and may come again.
const LIFE: Duration = Duration::from_secs(600);
/// Pause after a connection could not be accepted: out of file descriptors, most likely.
const PAUSE: Duration = Duration::from_secs(1);

/// What systemd listens on for HTTP, if it does.
#[derive(Debug, Default)]
pub struct PassedSocket(Option<std::net::TcpListener>);

impl From<Option<std::net::TcpListener>> for PassedSocket {
    fn from(listener: Option<std::net::TcpListener>) -> PassedSocket {
        PassedSocket(listener)
    }
}

impl PassedSocket {
    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.as_ref()?.local_addr().ok()
    }

    /// What is listened on: this, or a new one at `address`.
    async fn or_bind(self, address: SocketAddr) -> io::Result<TcpListener> {
        let Some(passed) = self.0 else { return TcpListener::bind(address).await };
        passed.set_nonblocking(true)?;
        TcpListener::from_std(passed)
    }
}

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address}: {source}; set another address in [agent] http")]
pub struct HttpError {
    address: SocketAddr,
    source: io::Error,
}

/// Listens and answers.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    router: Router,
}

impl HttpServer {
    /// Listens on what was `passed`, else as `options` say; answers are made of what `viewers` show. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn bind(
        options: &HttpOptions,
        passed: PassedSocket,
        viewers: ViewDoor,
    ) -> Result<HttpServer, HttpError> {
        let address = options.address;
        let listener = passed.or_bind(address).await.map_err(|source| HttpError { address, source })?;
        Ok(HttpServer { listener, router: router(options, viewers) })
    }

    /// Where it listens: port 0 has become a free one.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` turns true, then hangs up.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.accept() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    /// Lets connections in for ever; all are hung up on when the wait for that is given up.
    async fn accept(&self) {
        let (mut open, places) = (JoinSet::new(), Arc::new(Semaphore::new(MOST_CONNECTIONS)));
        loop {
            // Nobody closes it.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    while open.try_join_next().is_some() {}
                    let router = self.router.clone();
                    open.spawn(async move {
                        converse(stream, router).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!("no HTTP connection can be accepted: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    // Small answers go out at once; where that cannot be set they are a little late.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MOST_HEAD).keep_alive(true);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A client that has gone away, or does not speak HTTP, is not answered.
    let _ = timeout(LIFE, connection).await;
}
