#!/bin/sh
# WordPress, PHP and a database for `make wordpress`, from Debian's packages. Nothing is started by
# the system: the tests run their own, in a folder that goes with them.
packages="wordpress wordpress-theme-twentytwentyone php-cli php-mysql php-xml mariadb-server"
command -v php >/dev/null 2>&1 && command -v mariadbd >/dev/null 2>&1 && [ -d /usr/share/wordpress ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing WordPress, PHP and MariaDB"
    apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $packages >/dev/null && exit 0
fi
echo "A real WordPress needs, on Debian: apt-get install $packages" >&2
exit 1
