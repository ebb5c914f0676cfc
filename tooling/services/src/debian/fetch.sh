#!/usr/bin/env bash
# fetch.sh TARGET PACKAGE...
# Unpacks Debian packages, with all they need that this machine lacks, into TARGET/root. Needs no root and installs
# nothing: apt keeps its lists in a private folder, and no maintainer script is run. TARGET appears whole or not at all.
# One at a time: the caller holds a lock.
set -euo pipefail
target=$1
shift
if [ -e "$target" ]; then exit 0; fi

# What a fetch that was killed left. The caller has the lock: there is no other one.
rm -rf "$target".??????
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,packages,result/root}
apt=(apt-get -q
  -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache=$work/cache"
  -o Dir::State::status=/var/lib/dpkg/status
  -o "APT::Sandbox::User=$(id -un)")

# Tools for real disks, and sudo; what compiles queries and translates messages: the servers here run without them.
unneeded='^(sudo|lvm2|liblvm2cmd.*|libdevmapper-event.*|dmeventd|cryptsetup-bin|xfsprogs|parted|libparted.*|gdisk|hdparm|smartmontools|nvme-cli|dmidecode|logrotate|uuid-runtime|libllvm.*|libz3-4|locales|libc-l10n)$'

"${apt[@]}" update
cd "$work/packages"
"${apt[@]}" install --print-uris -qq --no-install-recommends "$@" |
  awk '{ sub(/_.*/, "", $2); print $2 }' | grep -Ev "$unneeded" | xargs "${apt[@]}" download
for package in *.deb; do dpkg-deb --fsys-tarfile "$package" |
  tar -x -C "$work/result/root" --no-same-owner --no-same-permissions --exclude='./usr/share/doc' --exclude='./usr/share/man'
done
mv -T "$work/result" "$target"
