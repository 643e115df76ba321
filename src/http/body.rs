//! Bodies of answers, packed where the client takes it.

use std::io::{self, Write};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};

/// A body as it is, and packed.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    plain: Bytes,
    packed: Bytes,
}

impl Packed {
    /// Packs `plain`.
    ///
    /// # Errors
    /// Never, as far as is known: it writes into memory.
    pub(super) fn new(plain: Vec<u8>) -> io::Result<Packed> {
        let packed = gzip(&plain)?;
        Ok(Packed { plain: plain.into(), packed: packed.into() })
    }

    /// The answer to a request with these `headers`.
    pub(super) fn answer(&self, headers: &HeaderMap, kind: &'static str) -> Response {
        let is_packed = takes_gzip(text(headers, header::ACCEPT_ENCODING));
        answer(if is_packed { self.packed.clone() } else { self.plain.clone() }, kind, is_packed)
    }
}

/// An answer of this kind of content, whose body is packed or not.
pub(super) fn answer(body: Bytes, kind: &'static str, is_packed: bool) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// `plain`, packed fast.
///
/// # Errors
/// Never, as far as is known: it writes into memory.
pub(super) fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::with_capacity(plain.len() / 8), Compression::fast());
    packed.write_all(plain)?;
    packed.finish()
}

/// True if `accept`, a request's header, takes gzip.
pub(super) fn takes_gzip(accept: &str) -> bool {
    accept.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// A header as text; empty where there is none.
pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_given_to_those_who_take_it() {
        assert!(takes_gzip("gzip") && takes_gzip("br, gzip;q=0.8") && takes_gzip("GZIP"));
        assert!(
            !takes_gzip("") && !takes_gzip("gzip;q=0") && !takes_gzip("gzip; q=0.0") && !takes_gzip("xgzip")
        );
    }
}
