#!/bin/sh
# Checks everything: format, lints, documentation, licences, tests.
#
#   scripts/test.sh [NEXTEST ARGUMENTS]
#
# Sets up first what a fresh Debian or Ubuntu machine with Rust lacks: Postgres and Redis server binaries (no
# server is started), Chromium with readers of PDF and XML, and a Postgres image where a Docker engine
# answers. cargo-nextest and cargo-deny
# are built once, into target/tools, where the machine has none. Arguments go to `cargo nextest run`,
# for instance a filter. The exit code is that of the step that failed, or of the tests.
set -eu

case ${1:-} in -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:$target/tools/bin
export PATH DEBIAN_FRONTEND=noninteractive

begun=$(date +%s)
step() { echo "test.sh: $* ($(($(date +%s) - begun)) s)" >&2; }
say() { echo "test.sh: $*" >&2; }
fail() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else fail "\`$*\` needs root or sudo"; fi
}

install_packages() {
    have apt-get || fail "missing here: $*; install it with this system's package manager"
    as_root apt-get install -y -qq --no-install-recommends "$@" >&2 || {
        as_root apt-get update -qq >&2
        as_root apt-get install -y -qq --no-install-recommends "$@" >&2
    }
}

# Where the gate itself looks.
have_postgres() {
    have initdb && have postgres && return
    for initdb in /usr/lib/postgresql/*/bin/initdb /usr/lib64/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb \
        /opt/homebrew/opt/*/bin/initdb /usr/local/opt/*/bin/initdb /Library/PostgreSQL/*/bin/initdb \
        /Applications/Postgres.app/Contents/Versions/*/bin/initdb; do
        [ -x "$initdb" ] && return
    done
    return 1
}

# Debian's packages make and start a cluster on port 5432 unless told not to.
install_postgres() {
    own_port=/etc/postgresql-common/createcluster.d/sor-gate.conf
    as_root mkdir -p "${own_port%/*}"
    echo 'create_main_cluster = false' | as_root tee "$own_port" >/dev/null
    install_packages postgresql
    as_root rm -f "$own_port"
}

have_redis() {
    for server in redis-server valkey-server; do
        have "$server" && return
        for folder in /usr/bin /usr/sbin /usr/local/bin /opt/homebrew/bin /opt/redis/bin; do
            [ -x "$folder/$server" ] && return
        done
    done
    return 1
}

# Debian's package starts a server on port 6379, now and at every boot, unless told not to.
install_redis() {
    policy=/usr/sbin/policy-rc.d
    own=
    if ! [ -e "$policy" ]; then
        own=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    install_packages redis-server
    [ -z "$own" ] || as_root rm -f "$policy"
    if have systemctl; then as_root systemctl disable --quiet redis-server >/dev/null 2>&1 || :; fi
    if have update-rc.d; then as_root update-rc.d redis-server disable >/dev/null 2>&1 || :; fi
}

# A tool of cargo's, built without optimisation: it runs for seconds and would compile for minutes.
cargo_tool() {
    have "$1" && return
    step "building $1"
    tool=$1
    shift
    cargo install "$tool" --locked --quiet --root "$target/tools" --target-dir "$target/tools/build" \
        --profile dev --config 'profile.dev.debug=false' "$@"
    rm -rf "$target/tools/build"
}

# The examples under fixtures/examples keep their packages under target/python.
have_venv() { have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; }

have cargo || fail "no cargo; install Rust from https://rustup.rs"
have cc || install_packages gcc libc6-dev
cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
have_venv || { step "installing Python's venv"; install_packages python3 python3-venv; }
have_postgres || { step "installing Postgres"; install_postgres; }
have_redis || { step "installing Redis"; install_redis; }

# A browser for the report, a reader of what it prints, and a judge of JUnit's schema.
have chromium || have google-chrome || { step "installing Chromium"; install_packages chromium; }
have pdftotext || install_packages poppler-utils
have xmllint || install_packages libxml2-utils

if [ -z "${SOR_GATE_TEST_IMAGE:-}" ]; then
    if have docker && docker version >/dev/null 2>&1; then
        step "having a Postgres image"
        if image=$(scripts/build-postgres-image.sh); then
            export SOR_GATE_TEST_IMAGE="$image"
        else
            say "no image could be built; the tests of containers will say that they were skipped"
        fi
    else
        say "no Docker engine answers; the tests of containers will say that they were skipped"
    fi
fi

cargo_tool cargo-nextest --no-default-features --features default-no-update
cargo_tool cargo-deny

step "format"
cargo fmt --all --check
step "lints"
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
step "documentation"
RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --workspace --locked --quiet
step "licences, bans, sources"
cargo deny --log-level error check --hide-inclusion-graph licenses bans sources
step "examples in the documentation"
cargo test --doc --workspace --locked --quiet >/dev/null
step "tests"
# Nothing is printed after the runner's own summary.
exec cargo nextest run --workspace --locked --profile ci "$@"
