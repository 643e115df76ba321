//! An end to every answer: what claims to be AWS (an endpoint of one's own, a proxy) may send for ever, and the SDK would keep
//! it all.

use aws_sdk_autoscaling::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextMut,
    },
    error::BoxError,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

use crate::cloud::CloudError;

/// Most bytes of one answer: a page of a hundred large groups has less than two million.
const MOST_BYTES: usize = 16 << 20;
/// Most pages of one question: a hundred groups or more are on each.
pub(super) const MOST_PAGES: u64 = 200;

/// What is said of a question whose pages do not end.
pub(super) fn too_many_pages(action: &str) -> CloudError {
    CloudError::Retry(format!("{action} returned more than {MOST_PAGES} pages"))
}

/// Breaks an answer off that is longer than any of AWS's.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerLimit;

impl Intercept for AnswerLimit {
    fn name(&self) -> &'static str {
        "AnswerLimit"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        *body = limited(std::mem::replace(body, SdkBody::taken()));
        Ok(())
    }
}

/// A body with its end; one that is here already is as long as it is.
fn limited(body: SdkBody) -> SdkBody {
    match body.bytes() {
        Some(_) => body,
        None => SdkBody::from_body_1_x(Limited::new(body, MOST_BYTES)),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    /// A body of so many bytes that is not here yet.
    fn streamed(bytes: usize) -> SdkBody {
        SdkBody::from_body_1_x(SdkBody::from(vec![b'x'; bytes]))
    }

    #[tokio::test]
    async fn an_answer_ends_at_the_limit() {
        let whole = limited(streamed(MOST_BYTES)).collect().await.expect("it just fits");
        assert_eq!(whole.to_bytes().len(), MOST_BYTES);
        let error = limited(streamed(MOST_BYTES + 1)).collect().await.expect_err("a byte too many");
        assert!(error.to_string().contains("length limit exceeded"), "{error}");
    }
}
