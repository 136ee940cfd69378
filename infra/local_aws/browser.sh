#!/bin/sh
# Chromium for the browser tests, from Debian's packages. Says in one line what is missing.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "The browser tests need Chromium: install Debian's package chromium (apt-get install chromium)" >&2
exit 1
