# What one does here, by name: `just NAME`. Each line is an ordinary command; no `just` is needed to run it.

# Shows this list.
default:
    @just --list

# Fetches the dependencies; the compiler comes by itself (rust-toolchain.toml).
setup:
    cargo fetch --locked
    python3 --version

# What is quick, before a commit: format, lints, the lean build.
check:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    cargo clippy --locked --no-default-features -- -D warnings

# All tests; with words, those whose names have them: `just test plan::`.
test *NAMES:
    cargo test {{NAMES}}

# Lives through ten thousand random days.
soak:
    PRESCALE_SOAK_DAYS=10000 cargo test --locked --release --test soak

# All benches, or one: `just bench forecast`.
bench NAME="":
    cargo bench --locked {{ if NAME == "" { "" } else { "--bench " + NAME } }}

# Draws the pictures of the README anew.
pictures:
    docs/pictures/make.sh

# The documentation of the code.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

# What is handed out: slower to build, faster to run.
dist:
    cargo build --locked --profile dist

# Where the time of a release build goes; the report is in target/cargo-timings.
timings:
    cargo build --locked --release --timings

# Everything, as on a fresh clone.
ci:
    .ci/run
