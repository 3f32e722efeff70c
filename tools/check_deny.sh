#!/bin/sh
# Runs cargo-deny where it is installed; its licence, ban and source checks need no network.
if cargo deny --version >/dev/null 2>&1; then
    exec cargo deny --locked --offline check licenses bans sources
fi
echo "cargo-deny is not installed, so licences and bans were not checked (cargo install cargo-deny)"
