//! A fleet to show, and a listener with an engine behind it that notes whatever it is asked.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

use crate::http::*;
use crate::{
    domain::{at_epoch, decision::Mode, error_budget::ErrorBudget, objective::Objective},
    link::{
        ClockView, Command, ForecastLead, GroupRow, LeadForecast, LeadScore, Level, LoopView, Notice, View,
        door,
    },
};

/// A view of so many groups, in which nothing that can be known is unknown.
pub(in crate::http) fn fleet(groups: usize) -> View {
    View {
        serial: 1,
        now: at_epoch(1_795_000_000),
        source: "123456789012 eu-central-1".into(),
        clock: ClockView::Real,
        notices: vec![Notice { level: Level::Warning, text: "late".into() }],
        groups: (1..=groups).map(row).collect(),
        engine_loop: LoopView { minutes: 1, ..LoopView::default() },
        ..View::default()
    }
}

/// A quarter is spent, and the last hour burns.
fn budget() -> ErrorBudget {
    ErrorBudget {
        objective: Objective::MinutesAbove(0.005),
        quantile: 0.973,
        spent: 0.25,
        rates: (Some(14.5), Some(1.25)),
        hours: (900.0, 1_200.0),
    }
}

fn row(number: usize) -> GroupRow {
    let levels = |low: f64, high: f64| vec![(0.1, 0.5 * low), (0.5, low), (0.95, high), (0.99, 1.1 * high)];
    let forecast = |lead, ahead, high| LeadForecast { lead, ahead, quantiles: levels(1_234.567_89, high) };
    let score = |ahead, wape| LeadScore {
        ahead,
        wape,
        naive_wape: 0.124_56,
        last_wape: 0.1,
        lately: wape,
        held: levels(0.487_654, 0.941),
    };
    GroupRow {
        name: format!("web-{number:04}"),
        source: String::new(),
        tag: None,
        mode: Mode::Approve,
        policy: "capacity".into(),
        min: 2,
        max: 40,
        desired: 12,
        in_service: 11,
        pending: 1,
        cpu: Some(61.437_89),
        demand: Some(1_234.5),
        demand_unit: "requests / 5 min".into(),
        predicted: Some(1_234.567_89),
        spark: vec![Some(1.0); 48],
        badges: Vec::new(),
        next_event: None,
        budget: (number == 1).then(budget),
        proposal: (number % 10 == 1).then_some(41),
        model: "lstm 64x1".into(),
        wape: Some((0.08, 0.12)),
        coverage: Some(0.94),
        accuracy: vec![score(900, 0.081_234_567), score(3_600, 0.123_456_789)],
        forecasts: vec![
            forecast(ForecastLead::LeadTime, 900, 1_543.210_99),
            forecast(ForecastLead::Hour, 3_600, 1_876.54),
        ],
        planned: Some(14),
        blocked: if number % 3 == 1 { vec!["fresh data".into()] } else { Vec::new() },
        data_age: Some(137),
        late: false,
        acts_by_itself: Vec::new(),
        lead: 780,
    }
}

/// Every sample of a scrape: its name with its labels, as they are written, and its value. Fails on a line that is none.
pub(in crate::http) fn parse(page: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        let metric = name.split('{').next().unwrap_or(name);
        let is_name = metric.starts_with("prescale_")
            && metric.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        assert!(is_name, "no name of ours: {line}");
        let value = value.parse().unwrap_or_else(|_| panic!("no value: {line}"));
        assert!(samples.insert(name.to_owned(), value).is_none(), "said twice: {line}");
    }
    samples
}

/// A listener on an engine that shows `fleet(3)` and notes whatever it is asked.
pub(in crate::http) struct Listening {
    pub(in crate::http) address: SocketAddr,
    pub(in crate::http) asked: Arc<Mutex<Vec<(bool, Command)>>>,
    pub(in crate::http) stop: watch::Sender<bool>,
}

impl Listening {
    /// Begins to listen, under these names and with this token; returns when it is ready.
    pub(in crate::http) async fn start(hosts: &[&str], token: Option<&str>) -> Listening {
        let (door, mut end) = door();
        let asked: Arc<Mutex<Vec<(bool, Command)>>> = Arc::default();
        let noted = Arc::clone(&asked);
        let viewers = door.viewing();
        tokio::spawn(async move {
            let _door = door;
            while let Some(request) = end.request().await {
                noted.lock().expect("nobody panics with it").push((request.read_only, request.command));
                // Whoever asked may have gone.
                let _ = request.reply.send(Ok(String::new()));
                let Ok(()) = end.publish(|_, _| Ok::<_, Infallible>(fleet(3)));
            }
        });
        let options = HttpOptions {
            address: "127.0.0.1:0".parse().expect("an address"),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            token: token.map(str::to_owned),
        };
        let server = HttpServer::bind(&options, PassedSocket::default(), viewers)
            .await
            .expect("loopback has a free port");
        let address = server.address().expect("it is bound");
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(server.run(stopped));
        let listening = Listening { address, asked, stop };
        while listening.get("/readyz", "").await.0 != 200 {
            tokio::task::yield_now().await;
        }
        listening
    }

    /// Sends bytes and gives all that comes back until the listener hangs up.
    pub(in crate::http) async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        // It may hang up in the middle.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await.expect("it hangs up");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Status and body of an answer to a GET with these further headers.
    pub(in crate::http) async fn get(&self, path: &str, headers: &str) -> (u16, String) {
        self.ask("GET", path, "localhost", headers).await
    }

    /// The same by any method, to any host.
    pub(in crate::http) async fn ask(
        &self,
        method: &str,
        path: &str,
        host: &str,
        headers: &str,
    ) -> (u16, String) {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
        let answer = self.send(request.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        (status.unwrap_or_else(|| panic!("no status: {head}")), body.to_owned())
    }
}
