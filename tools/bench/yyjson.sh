#!/bin/sh
# Unpacks yyjson into a directory: sh tools/bench/yyjson.sh build/bench/yyjson
#
# It comes from the next Debian release, for Debian 12 has none. apt fetches it with a configuration
# and a state of its own below that directory: these take over the machine's settings (mirror,
# proxy, keys), change none of them and install nothing.
#
# Variables: YYJSON_SUITE (default: trixie). Fails with a sentence where it cannot be had.

set -eu
suite=${YYJSON_SUITE:-trixie}
mkdir -p "$1"
dir=$(cd "$1" && pwd)

give_up()
{
    echo "yyjson: $1, so it is left out." >&2
    exit 1
}

if ! command -v apt-get > /dev/null || ! command -v dpkg-deb > /dev/null; then
    give_up "this machine has no apt"
fi

# The mirror from which this machine gets Debian's main component.
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
format='$(CODENAME) $(COMPONENT) $(REPO_URI)'
mirror=$(apt-get indextargets --format "$format" 'Created-By: Packages' |
    awk -v release="$release" '$1 == release && $2 == "main" { print $3; exit }')
[ -n "$mirror" ] || give_up "apt knows no mirror for $release (apt-get update tells it)"

# The machine's configuration, without the hooks that run after an update.
mkdir -p "$dir/apt/parts" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
apt-config dump | grep -Ev '^(APT::Update|DPkg|Dir::Etc)(::| )' > "$dir/apt/apt.conf"
cat >> "$dir/apt/apt.conf" << END
Dir::Etc "$dir/apt";
Dir::Etc::sourcelist "sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::parts "parts";
Dir::Etc::preferencesparts "parts";
Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
Dir::State::lists "$dir/apt/lists";
Dir::Cache "$dir/apt/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "$(id -un)";
END
echo "deb $mirror $suite main" > "$dir/apt/sources.list"
export APT_CONFIG="$dir/apt/apt.conf"

cd "$dir"
apt-get update > apt/log 2>&1 || give_up "no list of packages from $suite (see $1/apt/log)"
apt-get download libyyjson-dev libyyjson0 >> apt/log 2>&1 ||
    give_up "$suite does not give the package (see $1/apt/log)"
for package in *.deb; do dpkg-deb -x "$package" .; done
ls ./*.deb | sed -n 's/.*libyyjson-dev_\(.*\)_.*/\1/p' > version
rm -rf ./*.deb apt/lists apt/cache
