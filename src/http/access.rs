//! Who may ask: by GET, for a Host that is this machine, with the token if there is one.
//!
//! A page of a stranger's in an operator's browser can send requests to this listener. Its scripts cannot read the answers,
//! unless the stranger's name is made to point at this machine (DNS rebinding). Such a request still names the stranger in its
//! Host, so names that were not configured are refused; addresses and `localhost` cannot be rebound.

use std::net::IpAddr;

use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};

/// Who may ask.
#[derive(Debug, Clone)]
pub(super) struct Access {
    hosts: Vec<String>,
    /// Hash of the token: two hashes take equally long to compare, whatever a stranger guesses.
    token: Option<[u8; 32]>,
}

/// Why not: the status, and a line that says what to do.
pub(super) type Refusal = (StatusCode, &'static str);

impl Access {
    /// Names that may be asked for beside addresses and `localhost`, and the token.
    pub(super) fn new(hosts: &[String], token: Option<&str>) -> Access {
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Access { hosts, token: token.map(|token| Sha256::digest(token).into()) }
    }

    /// Whether a request with these headers is addressed to this machine.
    pub(super) fn host(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut named = headers.get_all(header::HOST).iter();
        let host = match (named.next().map(|host| host.to_str()), named.next()) {
            (Some(Ok(host)), None) => host,
            _ => return Err((StatusCode::BAD_REQUEST, "a request needs one Host\n")),
        };
        if self.is_known(host) {
            return Ok(());
        }
        let why =
            "this Host is not known; use an address or localhost, or list the name in [agent] http_hosts\n";
        Err((StatusCode::MISDIRECTED_REQUEST, why))
    }

    fn is_known(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => {
                let Some((address, port)) = rest.split_once(']') else { return false };
                return is_port(port) && address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6());
            }
            None => match host.split_once(':') {
                Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
                Some(_) => return false,
                None => host,
            },
        };
        let name = name.to_ascii_lowercase();
        name == "localhost" || name.parse::<IpAddr>().is_ok() || self.hosts.contains(&name)
    }

    /// Whether a request with these headers bears the token.
    pub(super) fn token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(wanted) = &self.token else { return Ok(()) };
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let is_right = given.is_some_and(|(_, token)| Sha256::digest(token.trim()).as_slice() == wanted);
        if is_right { Ok(()) } else { Err((StatusCode::UNAUTHORIZED, "a bearer token is needed\n")) }
    }
}

/// True for nothing, and for a colon with digits.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn with(name: header::HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(value).expect("no control characters"));
        }
        headers
    }

    fn host(host: &str) -> Result<(), u16> {
        let access = Access::new(&["Ops1.example.com".into()], None);
        access.host(&with(header::HOST, &[host])).map_err(|(status, _)| status.as_u16())
    }

    #[test]
    fn addresses_localhost_and_listed_names_are_known_and_no_others() {
        let known = [
            "localhost",
            "LOCALHOST:9188",
            "127.0.0.1",
            "127.0.0.1:9188",
            "10.1.2.3:9188",
            "[::1]",
            "[::1]:9188",
            "ops1.example.com",
            "OPS1.example.com:9188",
        ];
        for name in known {
            assert_eq!(host(name), Ok(()), "{name}");
        }
        let strange = [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "ops1.example.com.evil.example:9188",
            "evil@localhost",
            "localhost:80:80",
            "[::1",
            "[::1]x",
            "[127.0.0.1]",
            "::1",
            "",
        ];
        for name in strange {
            assert_eq!(host(name), Err(421), "{name}");
        }
        let access = Access::new(&[], None);
        assert!(access.host(&HeaderMap::new()).is_err());
        assert!(access.host(&with(header::HOST, &["localhost", "evil.example"])).is_err());
    }

    proptest! {
        #[test]
        fn no_host_panics_and_no_name_is_known_by_itself(text in "[ -~]{0,40}", name in "[a-km-z][a-z]{0,10}\\.[a-z]{2,6}") {
            let _ = host(&text);
            prop_assert_eq!(host(&name), Err(421));
        }
    }

    #[test]
    fn a_token_is_demanded_where_there_is_one() {
        let open = Access::new(&[], None);
        assert!(open.token(&HeaderMap::new()).is_ok());
        let closed = Access::new(&[], Some("s3cret"));
        let given = |value: &str| closed.token(&with(header::AUTHORIZATION, &[value])).is_ok();
        assert!(given("Bearer s3cret") && given("bearer s3cret"));
        for wrong in ["s3cret", "Basic s3cret", "Bearer", "Bearer s3cre", "Bearer s3cret2", ""] {
            assert!(!given(wrong), "{wrong}");
        }
        assert_eq!(closed.token(&HeaderMap::new()).map_err(|(status, _)| status.as_u16()), Err(401));
    }
}
