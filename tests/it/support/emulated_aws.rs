//! Starts an emulated AWS, of one of two kinds, and speaks to it. Loopback only; the server ends with the value.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use aws_sdk_autoscaling::{
    config::{BehaviorVersion, Credentials, Region},
    types::{MetricType, PredefinedMetricSpecification, TargetTrackingConfiguration},
};
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, MetricDatum, StandardUnit},
};
use prescale::{
    cloud::aws::{AccessKey, ConnectOptions},
    domain::{Time, floor_to, shift},
};
use tempfile::NamedTempFile;

use super::scenario;

const REGION: &str = "eu-west-1";
const MOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moto/server.py");
/// Where cargo keeps files of tests.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// A running server.
pub struct EmulatedAws {
    port: u16,
    child: Child,
    /// What it says: it tells of every refused request, as the tests mean it to.
    log: NamedTempFile,
}

impl Drop for EmulatedAws {
    fn drop(&mut self) {
        self.stop();
    }
}

impl EmulatedAws {
    /// Starts moto.
    pub fn moto() -> EmulatedAws {
        EmulatedAws::start("moto", |python, port| python.args([MOTO, &port.to_string()]))
    }

    /// Starts ministack, which speaks CBOR to CloudWatch's clients by itself.
    pub fn ministack() -> EmulatedAws {
        EmulatedAws::start("ministack", |python, port| {
            let bind = format!("127.0.0.1:{port}");
            python
                .args(["-m", "hypercorn", "ministack.app:app", "--workers", "0", "--bind", &bind])
                .env("HOME", SCRATCH)
        })
    }

    /// Starts a server of this `kind` on a free port and waits until it answers.
    fn start(kind: &str, command: impl Fn(&mut Command, u16) -> &mut Command) -> EmulatedAws {
        let python = super::python::interpreter(kind);
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("loopback has a free port")
            .port();
        let log = NamedTempFile::new_in(SCRATCH).expect("cargo gives tests a folder");
        let mut server = Command::new(&python);
        let child = command(&mut server, port)
            .current_dir(SCRATCH)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stderr(log.reopen().expect("it is there"))
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}; remove its folder", python.display()));
        let mut aws = EmulatedAws { port, child, log };
        for _ in 0..1_200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return aws;
            }
            if let Ok(Some(status)) = aws.child.try_wait() {
                panic!("the emulated AWS ended at its start with {status}: {}", aws.said());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the emulated AWS did not listen within a minute");
    }

    /// The last that it said.
    fn said(&self) -> String {
        let said = std::fs::read_to_string(self.log.path()).expect("it is text");
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Ends the server; safe to call twice.
    pub fn stop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Options that lead the adapter here.
    pub fn options(&self, names: Vec<String>) -> ConnectOptions {
        ConnectOptions {
            region: Some(REGION.into()),
            names,
            endpoint_url: Some(self.url()),
            keys: Some(AccessKey { id: "test".into(), secret: "test".into() }),
            ..ConnectOptions::default()
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client that may write metrics.
    pub fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        let config = aws_sdk_cloudwatch::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.url())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build();
        aws_sdk_cloudwatch::Client::from_conf(config)
    }

    fn autoscaling(&self) -> aws_sdk_autoscaling::Client {
        let config = aws_sdk_autoscaling::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(self.url())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .build();
        aws_sdk_autoscaling::Client::from_conf(config)
    }

    /// Creates a load balancer's target group and gives its ARN.
    pub fn create_target_group(&self, name: &str) -> String {
        let form = format!("Action=CreateTargetGroup&Version=2015-12-01&Name={name}&TargetType=lambda");
        let signed = signed("elasticloadbalancing");
        let answer = self.http(&format!(
            "POST / HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\
             {signed}\r\n\r\n{form}",
            form.len()
        ));
        let (_, rest) = answer.split_once("<TargetGroupArn>").unwrap_or_else(|| panic!("no ARN in {answer}"));
        rest.split('<').next().expect("a split has a first part").to_owned()
    }

    /// Creates a group with a launch configuration and a target-tracking policy of its own.
    pub async fn create_group(
        &self,
        name: &str,
        (min, max, desired): (i32, i32, i32),
        target_group: Option<String>,
    ) {
        let client = self.autoscaling();
        client
            .create_launch_configuration()
            .launch_configuration_name(name)
            .image_id("ami-12c6146b")
            .instance_type("t3.small")
            .send()
            .await
            .expect("an emulated AWS creates a launch configuration");
        client
            .create_auto_scaling_group()
            .auto_scaling_group_name(name)
            .launch_configuration_name(name)
            .min_size(min)
            .max_size(max)
            .desired_capacity(desired)
            .availability_zones(format!("{REGION}a"))
            .set_target_group_arns(target_group.map(|arn| vec![arn]))
            .send()
            .await
            .expect("an emulated AWS creates a group");
        let cpu = PredefinedMetricSpecification::builder()
            .predefined_metric_type(MetricType::AsgAverageCpuUtilization)
            .build();
        let tracking =
            TargetTrackingConfiguration::builder().predefined_metric_specification(cpu).target_value(55.0);
        client
            .put_scaling_policy()
            .auto_scaling_group_name(name)
            .policy_name(format!("{name}-cpu55"))
            .policy_type("TargetTrackingScaling")
            .target_tracking_configuration(tracking.build())
            .send()
            .await
            .expect("an emulated AWS takes a policy");
    }

    /// Publishes two days of the journey's load as a metric, up to `now`.
    pub async fn publish_history(&self, namespace: &str, name: &str, dimensions: &[(&str, &str)], now: Time) {
        let dimension = |(name, value): &(&str, &str)| Dimension::builder().name(*name).value(*value).build();
        let dimensions: Vec<Dimension> = dimensions.iter().map(dimension).collect();
        let mut call = self.cloudwatch().put_metric_data().namespace(namespace);
        for step in -(scenario::STEPS as i64)..0 {
            let datum = MetricDatum::builder()
                .metric_name(name)
                .timestamp(DateTime::from_secs(shift(floor_to(now, 300), 300 * step).timestamp()))
                .unit(StandardUnit::Count)
                .value(scenario::load(step))
                .set_dimensions(Some(dimensions.clone()));
            call = call.metric_data(datum.build());
        }
        call.send().await.expect("an emulated AWS takes metrics");
    }

    /// Names and MinSize of the scheduled actions of `group`, by name.
    pub async fn scheduled(&self, group: &str) -> Vec<(String, i32)> {
        let listed = self.autoscaling().describe_scheduled_actions().auto_scaling_group_name(group).send();
        let listed = listed.await.expect("an emulated AWS lists scheduled actions");
        let found = listed.scheduled_update_group_actions().iter();
        let mut found: Vec<_> = found
            .map(|a| (a.scheduled_action_name().unwrap_or("").to_owned(), a.min_size().unwrap_or(-1)))
            .collect();
        found.sort();
        found
    }

    /// Creates a bucket of S3.
    pub fn create_bucket(&self, name: &str) {
        self.http(&format!("PUT /{name} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"));
    }

    /// Writes an object into a bucket.
    #[cfg(feature = "lambda")]
    pub fn put_object(&self, name: &str, text: &str) {
        // moto lets nobody without a name write over an object.
        let head = format!(
            "PUT /{name} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n{}\r\n\r\n",
            text.len(),
            signed("s3"),
        );
        self.http(&(head + text));
    }

    /// Names of the objects in a bucket.
    pub fn objects(&self, bucket: &str) -> Vec<String> {
        let listed = self.http(&format!("GET /{bucket}?list-type=2 HTTP/1.0\r\nHost: localhost\r\n\r\n"));
        let keys = listed.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        keys.map(|(key, _)| key.to_owned()).collect()
    }

    /// How often each operation was called so far, as `service:Operation`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        let body = self.http("GET /prescale-test/calls HTTP/1.0\r\nHost: localhost\r\n\r\n");
        serde_json::from_str(&body).expect("the ledger is JSON")
    }

    /// Sends one HTTP request, which must succeed, and gives the answer's body.
    fn http(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the emulated AWS listens");
        stream.write_all(request.as_bytes()).expect("a short request fits the socket");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer has a head and a body");
        let is_done = head.split(' ').nth(1).is_some_and(|status| status.starts_with('2'));
        assert!(is_done, "{request}: {head}\n{}", self.said());
        body.to_owned()
    }
}

/// A header that names who calls `service`: moto looks whether there is a name, not at the signature.
fn signed(service: &str) -> String {
    let scope = format!("test/20260101/{REGION}/{service}/aws4_request");
    format!("Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none")
}
