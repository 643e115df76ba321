//! The page: its files, which come from the program alone, and what a browser may do with them.
//!
//! It is static and knows nothing; its script reads the API as any other program does. uPlot draws the charts
//! (`page/vendor/uplot`, with its licence).

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};

/// Nothing from elsewhere, nothing inline, and in no frame of anybody's.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// Path, kind of content, and content of each file.
const FILES: [(&str, &str, &str); 8] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/page.css", STYLE, include_str!("page/page.css")),
    ("/page.js", SCRIPT, include_str!("page/page.js")),
    ("/charts.js", SCRIPT, include_str!("page/charts.js")),
    ("/icon.svg", IMAGE, include_str!("page/icon.svg")),
    ("/vendor/uplot/uPlot.min.css", STYLE, include_str!("page/vendor/uplot/uPlot.min.css")),
    ("/vendor/uplot/uPlot.iife.min.js", SCRIPT, include_str!("page/vendor/uplot/uPlot.iife.min.js")),
    ("/vendor/uplot/LICENSE", TEXT, include_str!("page/vendor/uplot/LICENSE")),
];

/// The paths of the files.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = |kind, content| move || async move { ([(header::CONTENT_TYPE, kind)], content) };
    let router = FILES
        .into_iter()
        .fold(Router::new(), |router, (path, kind, content)| router.route(path, get(file(kind, content))));
    router.route_layer(middleware::map_response(guarded))
}

async fn guarded(response: Response) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        // What is drawn belongs to the program that answers: after an update the next look has the new page.
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let mut response = response;
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that asks somebody else for anything would not be drawn by its own policy; that nothing tries is checked here.
    #[test]
    fn the_files_are_whole_and_ask_nobody_else() {
        let html = FILES[0].2;
        for (path, ..) in FILES.iter().skip(1).filter(|(path, ..)| !path.ends_with("LICENSE")) {
            assert!(html.contains(&format!("\"{path}\"")), "the page does not name {path}");
        }
        for (path, _, content) in FILES.iter().filter(|(path, ..)| !path.starts_with("/vendor/")) {
            for word in ["http://", "https://", "innerHTML", "eval(", "style=\"", "onclick="] {
                let namespace = "xmlns=\"http://www.w3.org/2000/svg\"";
                let found = content.replace(namespace, "").contains(word);
                assert!(!found, "{path} has {word}");
            }
        }
        let licence = FILES[7].2;
        assert!(licence.contains("The MIT License") && FILES[6].2.contains("v1.6.32"));
    }
}
