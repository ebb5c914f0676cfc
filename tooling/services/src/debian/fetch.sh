#!/usr/bin/env bash
# fetch.sh TARGET PACKAGE...
# Unpacks Debian packages and their missing dependencies into TARGET/root. Does not need root and installs nothing: apt
# keeps its lists in a private folder, and maintainer scripts do not run. TARGET is complete or does not exist.
# The caller must hold a lock, so that only one process fetches at a time.
set -euo pipefail
target=$1
shift
if [ -e "$target" ]; then exit 0; fi

# Left by killed fetches. No other fetch is running, because the caller holds the lock.
rm -rf "$target".??????
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,packages,result/root}
apt=(apt-get -q
  -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache=$work/cache"
  -o Dir::State::status=/var/lib/dpkg/status
  -o "APT::Sandbox::User=$(id -un)")

# The servers do not need tools for real disks, sudo, query compilation or translated messages.
unneeded='^(sudo|lvm2|liblvm2cmd.*|libdevmapper-event.*|dmeventd|cryptsetup-bin|xfsprogs|parted|libparted.*|gdisk|hdparm|smartmontools|nvme-cli|dmidecode|logrotate|uuid-runtime|libllvm.*|libz3-4|locales|libc-l10n)$'

"${apt[@]}" update
cd "$work/packages"
"${apt[@]}" install --print-uris -qq --no-install-recommends "$@" |
  awk '{ sub(/_.*/, "", $2); print $2 }' | grep -Ev "$unneeded" | xargs "${apt[@]}" download
for package in *.deb; do dpkg-deb --fsys-tarfile "$package" |
  tar -x -C "$work/result/root" --no-same-owner --no-same-permissions --exclude='./usr/share/doc' --exclude='./usr/share/man'
done
mv -T "$work/result" "$target"
