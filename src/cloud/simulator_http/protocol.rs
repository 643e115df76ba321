//! One HTTP request to one HTTP answer: which protocol, which operation, and the answer in the same protocol.

use serde_json::Value as Json;

use super::{
    Account, EXPIRED, Refusal,
    http::{HttpReply, HttpRequest},
    value::{Input, from_cbor, from_form},
};

/// The protocols of AWS that are spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// A form in, XML out.
    Query,
    /// Smithy RPC v2.
    Cbor,
    /// AWS JSON 1.0.
    Json,
}

const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

impl Account {
    /// Answers one request.
    pub(in crate::cloud::simulator_http) fn answer(&self, request: &HttpRequest) -> HttpReply {
        std::thread::sleep(self.pace().latency);
        let (protocol, operation, input) = read(request);
        let credential = format!("Credential={EXPIRED}/");
        let expired = request.header("authorization").is_some_and(|h| h.contains(&credential));
        let answer = match (operation, input) {
            _ if expired => {
                Err(Refusal::new("ExpiredToken", "The security token included in the request is expired"))
            }
            (Some(operation), Some(input)) => {
                self.perform(&operation, Input(&input)).map(|node| (operation, node))
            }
            _ => Err(Refusal::new("InvalidAction", "The request names no operation of this simulation.")),
        };
        match (protocol, answer) {
            (Protocol::Query, Ok((operation, node))) => {
                let mut body = format!("<{operation}Response><{operation}Result>");
                node.xml(&mut body);
                let id = format!("<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>");
                body.push_str(&format!("</{operation}Result>{id}</{operation}Response>"));
                HttpReply::new(200, "text/xml", body.into_bytes())
            }
            (Protocol::Cbor, Ok((_, node))) => cbor(200, &node.cbor()),
            (Protocol::Json, Ok((_, node))) => json(200, &node.json()),
            (protocol, Err(refusal)) => refuse(protocol, &refusal),
        }
    }
}

impl Account {
    /// The moment that clients see, as HTTP's `Date` puts it; the SDKs mend their signatures by it.
    pub(in crate::cloud::simulator_http) fn date(&self) -> String {
        (self.clock)().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

/// Protocol, operation and input of `request`.
fn read(request: &HttpRequest) -> (Protocol, Option<String>, Option<Json>) {
    if request.header("smithy-protocol") == Some("rpc-v2-cbor") {
        let operation = request.path.split('/').nth(4).map(str::to_owned);
        return (Protocol::Cbor, operation, from_cbor(&request.body));
    }
    if let Some(target) = request.header("x-amz-target") {
        let operation = target.rsplit('.').next().map(str::to_owned);
        return (Protocol::Json, operation, serde_json::from_slice(&request.body).ok());
    }
    let form = from_form(&request.body);
    let name = Input(&form).text("Action").filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric()));
    (Protocol::Query, name.map(str::to_owned), Some(form))
}

/// The operation that `request` names.
#[cfg(test)]
pub(in crate::cloud::simulator_http) fn operation(request: &HttpRequest) -> Option<String> {
    read(request).1
}

/// A refusal of `request`, in its own protocol.
#[cfg(test)]
pub(in crate::cloud::simulator_http) fn refusal_of(request: &HttpRequest, refusal: &Refusal) -> HttpReply {
    refuse(read(request).0, refusal)
}

fn refuse(protocol: Protocol, refusal: &Refusal) -> HttpReply {
    let status = if refusal.code == "ExpiredToken" { 403 } else { 400 };
    let Refusal { code, message } = refusal;
    let reply = match protocol {
        Protocol::Query => {
            let mut text = String::new();
            super::value::Node::fields([
                ("Type", super::value::Node::text("Sender")),
                ("Code", super::value::Node::text(code)),
                ("Message", super::value::Node::text(message)),
            ])
            .xml(&mut text);
            let id = format!("<RequestId>{REQUEST_ID}</RequestId>");
            let body = format!("<ErrorResponse><Error>{text}</Error>{id}</ErrorResponse>");
            HttpReply::new(status, "text/xml", body.into_bytes())
        }
        Protocol::Cbor | Protocol::Json => {
            let body =
                serde_json::json!({"__type": format!("com.amazonaws.cloudwatch#{code}"), "message": message});
            match ciborium::Value::serialized(&body) {
                Ok(value) if protocol == Protocol::Cbor => cbor(status, &value),
                _ => json(status, &body),
            }
        }
    };
    reply.with("x-amzn-query-error", format!("{code};Sender"))
}

fn cbor(status: u16, value: &ciborium::Value) -> HttpReply {
    let mut body = Vec::new();
    match ciborium::into_writer(value, &mut body) {
        Ok(()) => {
            HttpReply::new(status, "application/cbor", body).with("smithy-protocol", "rpc-v2-cbor".into())
        }
        Err(error) => HttpReply::new(500, "text/plain", error.to_string().into_bytes()),
    }
}

fn json(status: u16, value: &Json) -> HttpReply {
    HttpReply::new(status, "application/x-amz-json-1.0", value.to_string().into_bytes())
}
