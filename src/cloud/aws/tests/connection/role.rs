//! Roles that are assumed on the way in.

use super::*;
use crate::cloud::aws::AssumedRole;

const ARN: &str = "arn:aws:iam::210987654321:role/prescale";

fn assumed(url: String, external_id: Option<&str>) -> ConnectOptions {
    ConnectOptions {
        region: Some("eu-west-1".into()),
        role: Some(AssumedRole { arn: ARN.into(), external_id: external_id.map(str::to_owned) }),
        endpoint_url: Some(url),
        keys: Some(AccessKey { id: "BASEKEY".into(), secret: "test".into() }),
        ..ConnectOptions::default()
    }
}

#[tokio::test]
async fn a_role_is_assumed_with_its_external_id_and_used_for_every_call() {
    let (url, seen) = serve(|request| match request.contains("Action=AssumeRole") {
        true => result(
            "AssumeRole",
            "<Credentials><AccessKeyId>ROLEKEY</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2199-01-01T00:00:00Z</Expiration></Credentials>",
        ),
        false => result("DescribeAutoScalingGroups", ""),
    });
    let connection = connect(&assumed(url, Some("team-7"))).await.expect("the role is given");
    connection.source().groups(at_epoch(0)).await.expect("an empty account");
    let seen = seen.lock().expect("the server does not panic");
    let asked: Vec<&String> = seen.iter().filter(|text| text.contains("Action=AssumeRole")).collect();
    for part in ["role%2Fprescale", "ExternalId=team-7", "RoleSessionName=prescale", "Credential=BASEKEY/"] {
        assert!(asked.iter().all(|text| text.contains(part)), "{part} in {asked:?}");
    }
    let read: Vec<&String> = seen.iter().filter(|text| text.contains("Action=Describe")).collect();
    assert!(!read.is_empty() && read.iter().all(|text| text.contains("Credential=ROLEKEY/")), "{read:?}");
}

#[tokio::test]
async fn a_role_that_is_refused_is_said_with_what_to_look_at() {
    let (url, seen) = serve(|_| refusal(403, "AccessDenied"));
    let error = connect(&assumed(url, None)).await.expect_err("it is refused");
    let CloudError::Stop(text) = &error else { panic!("a person must act: {error:?}") };
    assert!(text.contains(ARN) && text.contains("AccessDenied") && text.contains("trust policy"), "{text}");
    let seen = seen.lock().expect("the server does not panic");
    assert!(seen.iter().all(|text| !text.contains("ExternalId")), "none is set");
}
