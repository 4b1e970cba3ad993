#!/usr/bin/env bash
# Builds dist/egress-enforcer_VERSION_all.deb from what lies here, with dpkg-deb; the same bytes from the same commit.
#   packaging/deb/build.sh              the version of pyproject.toml
#   packaging/deb/build.sh 0.1.1~test   another one
# Runs as any user. The Python packages are Debian's own: nothing of others is in it.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

name=egress-enforcer dist=${DIST:-dist}
version=${1:-$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022
root=$(mktemp -d); chmod 755 "$root"; trap 'rm -rf "$root"' EXIT

put() { install -D -m "${3:-644}" "$1" "$root/$2"; }
put_tree() { # what is in git, or new and not ignored, in a folder
  mkdir -p "$root/$2"
  git ls-files -z --cached --others --exclude-standard "$1" |
    tar -c --null --ignore-failed-read --mode='u=rwX,go=rX' -T - 2>/dev/null | tar -x --strip-components=1 -C "$root/$2"
}

put_tree enforcer usr/lib/python3/dist-packages/enforcer
put_tree policies usr/share/enforcer/policies
rm "$root/usr/share/enforcer/policies/tests/README.md"
info=usr/lib/python3/dist-packages/egress_enforcer-${version//[~-]/+}.dist-info
mkdir -p "$root/$info"
printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' $name "${version//[~-]/+}" >"$root/$info/METADATA"
printf 'dpkg\n' >"$root/$info/INSTALLER"
put packaging/deb/enforcer usr/bin/enforcer 755

# No conffile: dpkg would stop an upgrade to ask about a file that every operator writes anew (postinst).
put packaging/deb/enforcer.toml usr/share/enforcer/enforcer.toml
install -d -m 750 "$root/etc/enforcer"
for unit in enforcer.service enforcer-report.service enforcer-report.timer; do put systemd/$unit lib/systemd/system/$unit; done
put systemd/enforcer-generator lib/systemd/system-generators/enforcer-generator 755
put systemd/enforcer.sysusers usr/lib/sysusers.d/enforcer.conf
put systemd/enforcer.tmpfiles usr/lib/tmpfiles.d/enforcer.conf

doc=usr/share/doc/$name
put packaging/deb/copyright $doc/copyright
put README.md $doc/README.md
put_tree docs $doc
rm -r "${root:?}/$doc/decisions"
put systemd/classifier.conf.example $doc/examples/classifier.conf.example
put systemd/tap.conf.example $doc/examples/tap.conf.example
gzip -9n <CHANGELOG.md >"$root/$doc/CHANGELOG.md.gz"
gzip -9n >"$root/$doc/changelog.gz" <<END
$name ($version) unstable; urgency=medium

  * What changed: CHANGELOG.md.gz

 -- $(sed -n 's/^Maintainer: //p' packaging/deb/control)  $(LC_ALL=C date -uRd "@$SOURCE_DATE_EPOCH")
END
put packaging/deb/lintian-overrides usr/share/lintian/overrides/$name
.venv/bin/enforcer manual "$root/usr/share/man/man1" 2>/dev/null
gzip -9n "$root"/usr/share/man/man1/*
mkdir -p "$root/usr/share/bash-completion/completions"
.venv/bin/enforcer completion bash >"$root/usr/share/bash-completion/completions/enforcer"

mkdir "$root/DEBIAN"
size=$(du -sk --exclude=DEBIAN "$root" | cut -f1)
sed "s/@VERSION@/$version/; s/@SIZE@/$size/" packaging/deb/control >"$root/DEBIAN/control"
for script in postinst prerm postrm; do install -m 755 packaging/deb/$script "$root/DEBIAN/$script"; done
(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"

mkdir -p "$dist"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$dist/${name}_${version}_all.deb" >/dev/null
printf '%s\n' "$dist/${name}_${version}_all.deb"
