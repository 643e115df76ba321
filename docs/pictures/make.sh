#!/bin/sh
# Draws the pictures of the README anew (the real pages, over the simulated fleet), and records the sale of `prescale demo`.
set -eu
cd "$(dirname "$0")/../.."
cargo run --quiet --example pictures -- docs/pictures
