#!/bin/sh
# Builds a small Postgres image from the distribution's own packages, for machines that reach no
# image registry. It takes the environment and the arguments of the official `postgres` image.
#
#   scripts/build-postgres-image.sh [--force] [TAG]
#
# TAG defaults to sor-gate-postgres:15, or, where the distribution packages no Postgres 15, to
# sor-gate-postgres:N with its own N. A TAG that ends in a number asks for that major version.
# Prints the tag. Needs root (or apt and Docker rights), apt and a Docker engine.
set -eu

entry_point=$(cd "$(dirname "$0")" && pwd)/build-postgres-image-entrypoint.sh
force=no
tag=
for argument in "$@"; do
    case $argument in
    --force) force=yes ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    -*) echo "unknown option $argument; usage: $0 [--force] [TAG]" >&2; exit 2 ;;
    *) tag=$argument ;;
    esac
done

say() { echo "build-postgres-image: $*" >&2; }
fail() { say "$*"; exit 1; }

export DEBIAN_FRONTEND=noninteractive
command -v apt-get >/dev/null || fail "this machine has no apt-get; a Debian or Ubuntu machine is needed"

updated=no
update_lists() {
    [ $updated = no ] || return 0
    apt-get update -qq >&2 || say "apt-get update failed; going on with the lists at hand"
    updated=yes
}

if ! command -v docker >/dev/null; then
    update_lists
    apt-get install -y -qq --no-install-recommends docker.io >&2 || fail "no docker command, and apt cannot install docker.io"
fi
docker version >/dev/null 2>&1 || fail "no Docker engine answers; start it (service docker start) or set DOCKER_HOST"

# Which major version: the one the tag ends in, else 15, else whatever the distribution has.
packaged() { apt-cache show "postgresql-$1" >/dev/null 2>&1; }
[ -n "$(apt-cache depends postgresql 2>/dev/null)" ] || update_lists
own=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
[ -n "$tag" ] || if packaged 15; then tag=sor-gate-postgres:15; else tag=sor-gate-postgres:${own:-15}; fi
case $tag in *:*) ;; *) tag=$tag:${own:-15} ;; esac
major=$(echo "${tag##*:}" | sed -n 's/^\(.*[^0-9]\)\{0,1\}\([0-9][0-9]*\)$/\2/p')
major=${major:-$own}
if [ $force = no ] && docker image inspect "$tag" >/dev/null 2>&1; then
    say "$tag exists already; --force builds it again"
    echo "$tag"
    exit 0
fi
packaged "$major" || fail "apt has no postgresql-$major here (its own is ${own:-unknown}); name a tag that ends in ${own:-a packaged version}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
root=$work/root
mkdir -p "$work/debs" "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64"
for name in bin sbin lib lib64; do ln -s usr/$name "$root/$name"; done

# The full closure as apt sees it for an empty machine, less what only maintainer scripts, the
# cluster tools and the JIT compiler need: no script runs, files are unpacked only.
closure() {
    apt-get -s -qq -o Dir::State::status=/dev/null --no-install-recommends install \
        "postgresql-$major" dash coreutils util-linux grep sed gzip libc-bin tzdata base-files |
        sed -n 's/^Inst \([^ ]*\) .*/\1/p' |
        grep -Ev '^(perl|libperl|libdb5|libgdbm|lib.*-perl$|libllvm|libz3|dpkg|usrmerge|debconf|cdebconf|gcc-|passwd|adduser|libpam-modules|libsemanage|libsepol|postgresql-.*common|locales|openssl|ssl-cert|ucf|sensible-utils|init-system|sysvinit|lsb-base|netbase|tar$|mawk|dmsetup|systemd|dbus)'
}
download() {
    closure >"$work/names" && [ -s "$work/names" ] &&
        (cd "$work/debs" && xargs apt-get download -qq -o APT::Sandbox::User=root <"$work/names" >&2)
}
say "downloading postgresql-$major and what it needs"
download || { update_lists && download; } || fail "apt could not download the packages; see its message above"

for deb in "$work"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
        --exclude='./usr/share/postgresql/*/man/*' --exclude='*/llvmjit*' --exclude='*/bitcode/*'
done
bin=$root/usr/lib/postgresql/$major/bin
[ -x "$bin/postgres" ] || fail "the packages hold no /usr/lib/postgresql/$major/bin/postgres"

# The ids of the official image, so that volumes can be shared with it.
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postgres:x:999:' >"$root/etc/group"
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$root/etc/nsswitch.conf"
install -d -m 0755 "$root/docker-entrypoint-initdb.d" "$root/usr/local/bin"
install -d -m 1777 "$root/tmp" "$root/dev/shm"
install -d -m 0755 -o 999 -g 999 "$root/var/lib/postgresql"
install -d -m 0700 -o 999 -g 999 "$root/var/lib/postgresql/data"
install -d -m 3777 -o 999 -g 999 "$root/var/run/postgresql"
ln -sf dash "$root/usr/bin/sh"
install -m 0755 "$entry_point" "$root/usr/local/bin/docker-entrypoint.sh"
# The official image listens on all addresses; the setting stands in the sample that initdb copies.
sed -i "s/^#*listen_addresses = .*/listen_addresses = '*'/" "$root/usr/share/postgresql/$major/postgresql.conf.sample"
ldconfig -r "$root"

say "importing $tag"
# `docker import` cannot set a stop signal and `docker build` needs a builder, hence the commit.
plain=$(tar -C "$root" --numeric-owner -c . | docker import -)
container=$(docker create --stop-signal SIGINT "$plain" postgres)
trap 'docker rm "$container" >/dev/null; docker rmi "$plain" >/dev/null 2>&1 || :; rm -rf "$work"' EXIT
docker commit \
    --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["postgres"]' \
    --change "ENV PATH=/usr/local/bin:/usr/lib/postgresql/$major/bin:/usr/sbin:/usr/bin" \
    --change 'ENV LANG=C.UTF-8' --change 'ENV PGDATA=/var/lib/postgresql/data' \
    --change "ENV PG_MAJOR=$major" --change 'VOLUME /var/lib/postgresql/data' --change 'EXPOSE 5432/tcp' \
    --message "Postgres $major from the distribution's packages" "$container" "$tag" >&2
echo "$tag"
