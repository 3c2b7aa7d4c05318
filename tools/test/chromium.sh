#!/usr/bin/env bash
# Prints the path of a Chromium for the tests of report.html and of the web site. Installs Debian's package where there is none
# and the user may; else it says so and exits with 1, and those tests are skipped.
set -euo pipefail

find_browser() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name"; then
      return 0
    fi
  done
  return 1
}

find_browser && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "no Chromium here, and it cannot be installed (Debian: apt-get install chromium, as root)" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install -y --no-install-recommends chromium; } >&2; then
  echo "Chromium could not be installed" >&2
  exit 1
fi
find_browser
