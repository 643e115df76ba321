//! What the adapter may never do, and how it answers a real connection.

mod connection;

#[test]
fn only_the_scaler_can_change_anything() {
    let readers = [
        ("account.rs", include_str!("account.rs")),
        ("balancer.rs", include_str!("balancer.rs")),
        ("connect.rs", include_str!("connect.rs")),
        ("convert.rs", include_str!("convert.rs")),
        ("details.rs", include_str!("details.rs")),
        ("details/round.rs", include_str!("details/round.rs")),
        ("error.rs", include_str!("error.rs")),
        ("fleet.rs", include_str!("fleet.rs")),
        ("credential_cache.rs", include_str!("credential_cache.rs")),
        ("metrics.rs", include_str!("metrics.rs")),
        ("source.rs", include_str!("source.rs")),
        ("prose.rs", include_str!("prose.rs")),
        ("targets.rs", include_str!("targets.rs")),
        ("server_date.rs", include_str!("server_date.rs")),
    ];
    let verbs = [
        "set",
        "put",
        "update",
        "create",
        "delete",
        "execute",
        "attach",
        "detach",
        "terminate",
        "start_instance",
    ];
    let mutating = |text: &str| {
        // An operation of the SDK's clients is called without arguments: `.set_desired_capacity()`.
        let calls = text.split('.').filter_map(|rest| rest.split_once("()").map(|(name, _)| name));
        let found = calls.filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        found.filter(|name| verbs.iter().any(|v| name.starts_with(&format!("{v}_")))).count()
    };
    for (file, text) in readers {
        assert_eq!(mutating(text), 0, "{file} must only read");
    }
    assert_eq!(mutating(include_str!("scaler.rs")), 4);
}
