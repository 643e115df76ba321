//! What an SDK failure means to the engine: try again, plan anew, or stop and ask a person.
//!
//! [`classify`] reduces the SDK's nested error to [`Facts`]; [`Facts::verdict`] is the table. The table was
//! made from what the SDK really gives (a time-out comes as two variants, a captive portal as a service
//! error without a code), not from what its documentation promises.

use std::error::Error;

use aws_sdk_cloudwatch::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::{cloud::CloudError, domain::text::clean};

/// Longest piece of somebody else's text in one of our sentences, in characters.
const MOST_TEXT: usize = 240;

/// How the HTTP client begins to speak of a request that it could not bring to an end.
const SENDING: &str = "client error (";

/// Codes with which AWS's services ask for fewer calls.
const THROTTLING: [&str; 13] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "ProvisionedThroughputExceededException",
];

/// Codes of CloudWatch for a question that it does not understand, without `Exception`.
const WRONG_QUESTION: [&str; 6] = [
    "ValidationError",
    "Validation",
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "MissingRequiredParameter",
    "InvalidFormat",
];

/// What is known of a failed call, free of the SDK's types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Facts {
    /// The request could not even be built; the text says why.
    NotBuilt(String),
    /// The time given to the call ran out, in whichever layer.
    TimedOut,
    /// The connection failed or broke.
    NoConnection(String),
    /// The call could not be signed: no usable credentials.
    NoCredentials(String),
    /// Something answered.
    Answered {
        /// HTTP status.
        status: u16,
        /// AWS's error code; `None` when the answer did not speak AWS's protocol.
        code: Option<String>,
        /// AWS's message, cleaned.
        message: String,
        /// True when the body looks like a web page.
        html: bool,
    },
}

/// Reduces an SDK error to what the table needs.
pub(super) fn facts<E>(error: &SdkError<E>) -> Facts
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Facts::NotBuilt(chain(error)),
        SdkError::TimeoutError(_) => Facts::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Facts::TimedOut,
        // A connection that broke while the request was on its way is "other" as well, by hyper's words.
        SdkError::DispatchFailure(_) if chain(error).contains(SENDING) => Facts::NoConnection(chain(error)),
        SdkError::DispatchFailure(failure) if failure.is_other() || failure.is_user() => {
            Facts::NoCredentials(chain(error))
        }
        SdkError::DispatchFailure(_) => Facts::NoConnection(chain(error)),
        SdkError::ResponseError(answer) if is_page(answer.raw()) => answered(error),
        // An answer that began and could not be read to its end.
        SdkError::ResponseError(_) => Facts::NoConnection(chain(error)),
        _ => answered(error),
    }
}

fn answered<E>(error: &SdkError<E>) -> Facts
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(raw) = error.raw_response() else { return Facts::NoConnection(chain(error)) };
    let meta = error.as_service_error().map(|e| e.meta());
    Facts::Answered {
        status: raw.status().as_u16(),
        code: meta.and_then(|m| m.code()).map(|c| clean(c, 80)),
        message: clean(meta.and_then(|m| m.message()).unwrap_or("no message"), MOST_TEXT),
        html: is_page(raw) || raw.body().bytes().is_some_and(looks_like_html),
    }
}

/// True when an answer says of itself that it is a web page.
pub(super) fn is_page(answer: &HttpResponse) -> bool {
    answer.headers().get("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"))
}

/// True when `body` begins as a web page does.
fn looks_like_html(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(512)]).to_ascii_lowercase();
    let head = head.trim_start();
    head.starts_with("<!doctype html") || (head.starts_with('<') && head.contains("<html"))
}

/// The error and its sources in one cleaned line, without repeats.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut parts: Vec<String> = vec![error.to_string()];
    let mut next = error.source();
    while let Some(source) = next {
        let text = source.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        next = source.source();
    }
    clean(&parts.join(": "), MOST_TEXT)
}

/// What `error`, met in `action` (as IAM writes it: `autoscaling:DescribeAutoScalingGroups`), asks of us.
pub(super) fn classify<E>(action: &str, error: &SdkError<E>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    facts(error).verdict(action)
}

impl Facts {
    /// True when a server said that the fault is its own (HTTP 5xx).
    pub(super) fn is_server_fault(&self) -> bool {
        matches!(self, Facts::Answered { status: 500.., .. })
    }

    /// True when a server said that what was asked is wrong, not who asked or when.
    pub(super) fn is_wrong_question(&self) -> bool {
        let Facts::Answered { status: 400..=499, code: Some(code), .. } = self else { return false };
        let code = code.strip_suffix("Exception").unwrap_or(code);
        WRONG_QUESTION.contains(&code)
    }

    /// The table: what to do about it, with a sentence that names the fix.
    pub(super) fn verdict(&self, action: &str) -> CloudError {
        match self {
            Facts::NotBuilt(text) => CloudError::Stop(format!(
                "{action} could not be sent: {text}; check region and endpoint in the AWS configuration"
            )),
            Facts::TimedOut => CloudError::Retry(format!("{action} was not answered in time")),
            Facts::NoConnection(text) => CloudError::Retry(format!("{action}: no connection to AWS: {text}")),
            Facts::NoCredentials(text) => CloudError::Stop(format!(
                "{action} could not be signed: {text}; log in again (for example `aws sso login`) or set AWS_PROFILE"
            )),
            Facts::Answered { status, code: Some(code), message, .. } => {
                coded(action, *status, code, message)
            }
            Facts::Answered { status, code: None, html, .. } => uncoded(action, *status, *html),
        }
    }
}

/// An answer with one of AWS's error codes.
fn coded(action: &str, status: u16, code: &str, message: &str) -> CloudError {
    if THROTTLING.contains(&code) || status == 429 {
        return CloudError::Retry(format!("AWS throttles {action} ({code})"));
    }
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => CloudError::Stop(format!(
            "{action}: the AWS credentials have expired ({code}); log in again (for example `aws sso login`)"
        )),
        "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "UnrecognizedClientException"
        | "AuthFailure"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => CloudError::Stop(format!(
            "{action}: AWS does not accept the credentials ({code}); check the profile's keys and its region"
        )),
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized" => {
            CloudError::Stop(format!("not allowed: {message}; grant {action} to the role in use"))
        }
        "RequestTimeTooSkewed" => CloudError::Stop(format!(
            "{action}: this machine's clock is wrong, AWS refuses its signatures; set the clock (NTP)"
        )),
        "ScalingActivityInProgress"
        | "ScalingActivityInProgressFault"
        | "ResourceContention"
        | "ResourceContentionFault"
        | "ResourceInUse"
        | "ResourceInUseFault"
        | "ValidationError"
        | "InvalidNextToken" => CloudError::Replan(format!("{action}: {message} ({code})")),
        _ if status >= 500 => CloudError::Retry(format!("{action}: AWS failed with {code} (HTTP {status})")),
        _ => CloudError::Stop(format!("{action}: AWS refused with {code}: {message}")),
    }
}

/// An answer that did not speak AWS's protocol.
fn uncoded(action: &str, status: u16, html: bool) -> CloudError {
    match (status, html) {
        (500.., _) | (408 | 429, _) => {
            CloudError::Retry(format!("{action}: the service failed (HTTP {status})"))
        }
        (_, true) => CloudError::Stop(format!(
            "{action}: something between here and AWS answered with a web page (HTTP {status}; captive portal, \
             proxy); open a browser or check HTTPS_PROXY"
        )),
        _ => CloudError::Stop(format!(
            "{action}: the response (HTTP {status}) is not from AWS; check the endpoint (AWS_ENDPOINT_URL) and the proxy"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::{
        error::{ConnectorError, ErrorMetadata},
        operation::set_desired_capacity::SetDesiredCapacityError as Refusal,
    };

    const ACTION: &str = "autoscaling:SetDesiredCapacity";

    fn service(status: u16, code: Option<&str>, body: &'static str) -> SdkError<Refusal> {
        let mut meta = ErrorMetadata::builder().message("as AWS put it\u{1b}[31m");
        if let Some(code) = code {
            meta = meta.code(code);
        }
        let status = status.try_into().expect("a valid HTTP status");
        SdkError::service_error(Refusal::generic(meta.build()), HttpResponse::new(status, body.into()))
    }

    fn kind(error: &CloudError) -> &'static str {
        match error {
            CloudError::Retry(_) => "retry",
            CloudError::NotSent(_) => "not sent",
            CloudError::Replan(_) => "replan",
            CloudError::Stop(_) => "stop",
        }
    }

    #[test]
    fn codes_fall_into_their_class() {
        let table = [
            ("retry", 400, "Throttling"),
            ("retry", 400, "RequestLimitExceeded"),
            ("retry", 500, "InternalFailure"),
            ("retry", 503, "ServiceUnavailable"),
            ("replan", 400, "ScalingActivityInProgress"),
            ("replan", 500, "ResourceContention"),
            ("replan", 400, "ValidationError"),
            ("stop", 400, "ExpiredToken"),
            ("stop", 403, "InvalidClientTokenId"),
            ("stop", 403, "AccessDenied"),
            ("stop", 400, "LimitExceeded"),
            ("stop", 403, "RequestTimeTooSkewed"),
        ];
        for (expected, status, code) in table {
            let error = classify(ACTION, &service(status, Some(code), ""));
            assert_eq!(kind(&error), expected, "{status} {code}: {error}");
            assert!(!error.to_string().contains('\u{1b}'), "escape sequences must not come through");
        }
    }

    #[test]
    fn a_denied_call_names_the_permission() {
        let text = classify(ACTION, &service(403, Some("AccessDenied"), "")).to_string();
        assert!(text.contains("grant autoscaling:SetDesiredCapacity"), "{text}");
    }

    #[test]
    fn a_web_page_is_a_captive_portal() {
        let page = "<!DOCTYPE html><html><body>Welcome to our hotel</body></html>";
        for status in [200, 302, 404] {
            let error = classify(ACTION, &service(status, None, page));
            assert!(matches!(&error, CloudError::Stop(text) if text.contains("web page")), "{error}");
        }
        assert_eq!(kind(&classify(ACTION, &service(503, None, page))), "retry");
        let other = classify(ACTION, &service(200, None, "hello"));
        assert!(matches!(&other, CloudError::Stop(text) if text.contains("is not from AWS")), "{other}");
    }

    #[test]
    fn both_kinds_of_time_out_are_tried_again() {
        let inner = SdkError::<Refusal>::dispatch_failure(ConnectorError::timeout("read".into()));
        let outer = SdkError::<Refusal>::timeout_error("operation");
        assert_eq!(facts(&inner), Facts::TimedOut);
        assert_eq!(facts(&outer), Facts::TimedOut);
        assert_eq!(kind(&classify(ACTION, &outer)), "retry");
    }

    #[test]
    fn a_lost_connection_is_tried_again_and_missing_credentials_are_not() {
        let io = SdkError::<Refusal>::dispatch_failure(ConnectorError::io("connection refused".into()));
        assert_eq!(kind(&classify(ACTION, &io)), "retry");
        let unsigned =
            SdkError::<Refusal>::dispatch_failure(ConnectorError::other("no credentials".into(), None));
        let error = classify(ACTION, &unsigned);
        assert!(matches!(&error, CloudError::Stop(text) if text.contains("aws sso login")), "{error}");
    }

    #[test]
    fn only_5xx_is_the_servers_fault() {
        assert!(facts(&service(500, None, "")).is_server_fault());
        assert!(!facts(&service(403, Some("AccessDenied"), "")).is_server_fault());
        assert!(!Facts::TimedOut.is_server_fault());
    }
}
