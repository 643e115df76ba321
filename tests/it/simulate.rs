//! `prescale simulate`, the real binary, against AWS's own clients: the AWS CLI and boto3 read groups and metrics
//! from it and set a desired capacity, and it refuses what AWS refuses.
//!
//! The clients come from the virtual environment of `aws_moto.rs` (`support/python.rs`): Python 3 with
//! `venv` and `pip` is needed, and a package index for the first run.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::support::python;

/// A running `prescale simulate`.
struct Simulation {
    child: Child,
    /// Kept open: the process may write there.
    _out: BufReader<ChildStdout>,
    url: String,
    home: tempfile::TempDir,
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Simulation {
    fn start(more: &[&str]) -> Simulation {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_prescale"))
            .args(["simulate", "--json", "--listen", "127.0.0.1:0"])
            .args(more)
            .env("PRESCALE_HOME", home.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary was built for this test");
        let mut out = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("its first line is text");
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line:?} is no JSON: {e}"));
        let url = told["endpoint"].as_str().expect("the line names the endpoint").to_owned();
        Simulation { child, _out: out, url, home }
    }

    /// A program of the virtual environment, led to the simulation and to nothing of the user's.
    fn client(&self, program: &str, key: &str) -> Command {
        let python = python::interpreter("moto");
        let bin: PathBuf = python.parent().expect("an interpreter lies in bin/").join(program);
        let mut command = Command::new(bin);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", key)
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1");
        command
    }

    /// What the AWS CLI answers, as JSON; `Null` where it says nothing.
    fn aws(&self, arguments: &[&str]) -> Result<Value, String> {
        let mut command = self.client("aws", "test");
        command.args(arguments).args(["--output", "json"]);
        answer(&command.output().expect("the client was installed for this test"))
    }

    /// What `lines` of Python, with boto3 there, print as JSON.
    fn boto3(&self, key: &str, lines: &str) -> Result<Value, String> {
        let mut command = self.client("python", key);
        command.args(["-c", &format!("import boto3, json, datetime\n{lines}")]);
        answer(&command.output().expect("the client was installed for this test"))
    }

    fn fault(&self, fault: &str) {
        let body = format!("Action=InjectFault&Group=checkout-web&Fault={fault}");
        let told = post(&self.url, &body);
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    }
}

fn answer(output: &Output) -> Result<Value, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        false => Err(text(&output.stderr)),
        true if output.stdout.iter().all(u8::is_ascii_whitespace) => Ok(Value::Null),
        true => {
            serde_json::from_slice(&output.stdout).map_err(|e| format!("{e} in {:?}", text(&output.stdout)))
        }
    }
}

/// The whole answer to a form, as `curl -d` sends it.
fn post(url: &str, body: &str) -> String {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the simulation listens");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).expect("a short request fits the socket");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is text");
    answer
}

fn names(groups: &Value) -> Vec<&str> {
    let groups = groups["AutoScalingGroups"].as_array().expect("a list of groups");
    groups.iter().filter_map(|g| g["AutoScalingGroupName"].as_str()).collect()
}

#[test]
fn the_aws_cli_reads_writes_and_is_refused() {
    let simulation = Simulation::start(&[]);
    let identity = simulation.aws(&["sts", "get-caller-identity"]).expect("any key is good");
    assert_eq!(identity["Account"], "123456789012");
    let list = ["autoscaling", "describe-auto-scaling-groups"];
    let groups = simulation.aws(&[&list[..], &["--page-size", "3"]].concat()).expect("groups are listed");
    assert_eq!(names(&groups), ["api-bursty", "batch-steady", "checkout-web", "web-sessions"]);
    let tagged = ["--filters", "Name=tag:stage,Values=demonstration"];
    assert_eq!(names(&simulation.aws(&[&list[..], &tagged].concat()).expect("a filter")).len(), 4);
    let tagged = ["--filters", "Name=tag:stage,Values=production"];
    assert_eq!(names(&simulation.aws(&[&list[..], &tagged].concat()).expect("a filter")).len(), 0);

    let set = |desired: &str| {
        let group = ["--auto-scaling-group-name", "checkout-web", "--desired-capacity", desired];
        simulation.aws(&[&["autoscaling", "set-desired-capacity"][..], &group].concat())
    };
    assert_eq!(set("20"), Ok(Value::Null));
    let refused = set("33").expect_err("33 is out of bounds");
    let words = "New SetDesiredCapacity value 33 is above max value 32 for the AutoScalingGroup.";
    assert!(refused.contains("(ValidationError)") && refused.contains(words), "{refused}");
    let refused = set("1").expect_err("1 is out of bounds");
    assert!(refused.contains("value 1 is below min value 2"), "{refused}");
    let one = [&list[..], &["--auto-scaling-group-names", "checkout-web"]].concat();
    let seen = simulation.aws(&one).expect("the group is listed");
    assert_eq!(seen["AutoScalingGroups"][0]["DesiredCapacity"], 20);

    let arn = seen["AutoScalingGroups"][0]["TargetGroupARNs"][0].as_str().expect("an ARN").to_owned();
    let health = ["elbv2", "describe-target-health", "--target-group-arn", &arn];
    let health = simulation.aws(&health).expect("targets are listed");
    let states = health["TargetHealthDescriptions"].as_array().expect("a list").iter();
    assert!(states.clone().any(|t| t["TargetHealth"]["State"] == "healthy"), "{health}");

    simulation.fault("Throttling");
    let throttled = simulation.aws(&list).expect_err("calls are throttled");
    assert!(throttled.contains("(Throttling)") && throttled.contains("Rate exceeded"), "{throttled}");
}

#[test]
fn the_aws_cli_reads_metrics() {
    let simulation = Simulation::start(&[]);
    let listed = ["cloudwatch", "list-metrics", "--namespace", "AWS/EC2", "--metric-name", "CPUUtilization"];
    let listed = simulation.aws(&listed).expect("metrics are listed");
    assert_eq!(listed["Metrics"].as_array().map(Vec::len), Some(4), "{listed}");
    // The bucket that still fills is left out.
    let now = chrono::Utc::now();
    let end = now - chrono::TimeDelta::seconds(now.timestamp() % 300 + 60);
    let (start, end) = ((end - chrono::TimeDelta::hours(1)).to_rfc3339(), end.to_rfc3339());
    let range = ["--start-time", &start, "--end-time", &end];
    let asked = [
        &["cloudwatch", "get-metric-statistics", "--namespace", "AWS/EC2", "--metric-name", "CPUUtilization"]
            [..],
        &["--dimensions", "Name=AutoScalingGroupName,Value=api-bursty", "--period", "300"],
        &["--statistics", "Average", "Maximum"],
        &range,
    ]
    .concat();
    let told = simulation.aws(&asked).expect("a plain question");
    let points = told["Datapoints"].as_array().expect("a list of points");
    assert!(points.len() >= 10, "{told}");
    let sound = |p: &Value| {
        let (average, most) = (p["Average"].as_f64()?, p["Maximum"].as_f64()?);
        Some(average > 0.0 && average <= most + 1e-9 && most <= 100.0)
    };
    assert!(points.iter().all(|p| sound(p) == Some(true)), "{told}");
}

const METRICS: &str = r#"
watch, now = boto3.client("cloudwatch"), datetime.datetime.now(datetime.timezone.utc)
def query(name, metric, stat):
    dimensions = [{"Name": "AutoScalingGroupName", "Value": "web-sessions"}]
    metric = {"Namespace": "AWS/EC2", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 300, "Stat": stat}}
asked = dict(
    MetricDataQueries=[query("cpu", "CPUUtilization", "Average"), query("bytes", "NetworkIn", "Sum")],
    StartTime=now - datetime.timedelta(days=2), EndTime=now, ScanBy="TimestampAscending", MaxDatapoints=500)
pages, points = 0, {"cpu": [], "bytes": []}
for page in watch.get_paginator("get_metric_data").paginate(**asked):
    pages += 1
    for result in page["MetricDataResults"]:
        points[result["Id"]] += result["Timestamps"]
print(json.dumps({"pages": pages, "points": {k: len(v) for k, v in points.items()},
                  "sorted": all(v == sorted(v) for v in points.values())}))
"#;

const SCALING: &str = r#"
scaling = boto3.client("autoscaling")
pages = scaling.get_paginator("describe_auto_scaling_groups").paginate(PaginationConfig={"PageSize": 3})
groups = [g for page in pages for g in page["AutoScalingGroups"]]
for desired in (10, 18):
    scaling.set_desired_capacity(AutoScalingGroupName="web-sessions", DesiredCapacity=desired)
try:
    scaling.set_desired_capacity(AutoScalingGroupName="web-sessions", DesiredCapacity=25)
    refused = "not at all"
except scaling.exceptions.ClientError as error:
    refused = error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]
try:
    scaling.set_desired_capacity(AutoScalingGroupName="web-sessions", DesiredCapacity=17, HonorCooldown=True)
    busy = "not at all"
except scaling.exceptions.ScalingActivityInProgressFault as error:
    busy = error.response["Error"]["Code"]
started = scaling.start_instance_refresh(AutoScalingGroupName="batch-steady")["InstanceRefreshId"]
open_ones = scaling.describe_instance_refreshes(AutoScalingGroupName="batch-steady")["InstanceRefreshes"]
activities = scaling.describe_scaling_activities(AutoScalingGroupName="web-sessions")["Activities"]
seen = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web-sessions"])["AutoScalingGroups"][0]
print(json.dumps({"groups": len(groups), "refused": refused, "busy": busy, "desired": seen["DesiredCapacity"],
                  "refresh": [r["Status"] for r in open_ones if r["InstanceRefreshId"] == started],
                  "launching": sum(a["StatusCode"] == "InProgress" for a in activities),
                  "pending": sum(i["LifecycleState"] == "Pending" for i in seen["Instances"])}))
"#;

#[test]
fn boto3_reads_writes_and_is_refused() {
    let simulation = Simulation::start(&[]);
    let told = simulation.boto3("test", METRICS).expect("metrics are given");
    assert!(told["pages"].as_u64() > Some(1) && told["sorted"] == json!(true), "{told}");
    assert!(told["points"]["cpu"].as_u64() > Some(400), "{told}");
    let told = simulation.boto3("test", SCALING).expect("groups are given");
    assert_eq!((&told["groups"], &told["desired"]), (&json!(4), &json!(18)), "{told}");
    let words =
        "ValidationError: New SetDesiredCapacity value 25 is above max value 24 for the AutoScalingGroup.";
    assert_eq!(told["refused"], words);
    assert_eq!(told["busy"], "ScalingActivityInProgress");
    assert_eq!(told["refresh"], json!(["InProgress"]));
    assert!(told["launching"].as_u64() > Some(0) && told["pending"].as_u64() > Some(0), "{told}");
    let expired = simulation.boto3("EXPIRED", "boto3.client('autoscaling').describe_policies()");
    assert!(expired.as_ref().is_err_and(|text| text.contains("(ExpiredToken)")), "{expired:?}");
}

#[test]
fn too_many_calls_a_second_are_throttled_and_a_far_address_is_refused() {
    let simulation = Simulation::start(&["--rate", "1"]);
    let answers: Vec<String> = (0..200).map(|_| post(&simulation.url, "Action=DescribePolicies")).collect();
    assert!(answers.iter().any(|a| a.contains("<Code>Throttling</Code>")), "{}", answers[0]);
    assert!(answers[0].starts_with("HTTP/1.1 200"), "{}", answers[0]);
    let out = Command::new(env!("CARGO_BIN_EXE_prescale"))
        .args(["simulate", "--listen", "0.0.0.0:0"])
        .output()
        .expect("the binary was built for this test");
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("loopback"), "{out:?}");
}

#[test]
fn prescale_itself_looks_at_it_as_at_an_account() {
    let simulation = Simulation::start(&[]);
    let output = Command::new(env!("CARGO_BIN_EXE_prescale"))
        .args(["doctor", "--aws", "--json", "--region", "us-east-1"])
        .env_clear()
        .env("HOME", simulation.home.path())
        .env("PRESCALE_HOME", simulation.home.path())
        .env("AWS_ENDPOINT_URL", &simulation.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .output()
        .expect("the binary was built for this test");
    let list: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let says = |check: &str| {
        let lines = list["checks"].as_array().expect("a list of checks").iter();
        let found =
            lines.filter(|l| l["check"] == check && l["level"] == "ok").filter_map(|l| l["message"].as_str());
        found.collect::<Vec<_>>().join("; ")
    };
    assert!(says("groups").contains("4: api-bursty"), "{list}");
    assert!(says("permissions").contains("none of the 8 calls that read was denied"), "{list}");
    assert!(says("clock").contains("s from AWS's"), "{list}");
    assert!(says("metrics").contains("checkout-web: requests"), "{list}");
}
