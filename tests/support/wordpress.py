"""A real WordPress on this machine, of Debian's packages: its database, its files, a page cache."""

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.local_aws.emulator import free_port
from infra.package import ROOT

SOURCE: Final = Path("/usr/share/wordpress")
PATIENCE_SECONDS: Final = 60

CONFIG: Final = """<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'WP_HOME', '{url}' );
define( 'WP_SITEURL', '{url}' );
define( 'WP_CACHE', true );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '{folder}/debug.log' );
define( 'DISABLE_WP_CRON', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{ define( 'ABSPATH', __DIR__ . '/' ); }}
require_once ABSPATH . 'wp-settings.php';
"""

CACHE: Final = """<?php
// A page cache as hosts have them: whole pages of visitors, for good.
$file = __DIR__ . '/pages-' . md5( $_SERVER['REQUEST_URI'] );
if ( 'GET' === ( $_SERVER['REQUEST_METHOD'] ?? '' ) && ! preg_grep( '/^wordpress_logged_in/', array_keys( $_COOKIE ) ) && strpos( $_SERVER['REQUEST_URI'], '/wp-' ) !== 0 ) {
    if ( is_file( $file ) ) {
        header( 'X-Page-Cache: hit' );
        readfile( $file );
        exit;
    }
    ob_start( function ( $html ) use ( $file ) {
        if ( 200 === http_response_code() && ! defined( 'DONOTCACHEPAGE' ) && strpos( $html, '</html>' ) ) {
            file_put_contents( $file, $html );
        }
        return $html;
    } );
}
"""

INSTALL: Final = """<?php
$_SERVER['HTTP_HOST'] = '127.0.0.1';
define( 'WP_INSTALLING', true );
require 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_install( 'Exemple', 'admin', 'admin@example.org', true, '', 'secret' );
wp_insert_user( array( 'user_login' => 'author', 'user_pass' => 'secret', 'role' => 'author', 'user_email' => 'author@example.org' ) );
switch_theme( 'twentytwentyone' );
$failed = activate_plugin( 'relais/relais.php' );
exit( is_wp_error( $failed ) ? $failed->get_error_message() : 0 );
"""


class Wordpress:
    """WordPress with our plugin, an administrator, an author and a page cache, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "site"
        self.url = f"http://127.0.0.1:{free_port(8090)}"
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        socket = self._start_database()
        self._lay_out(socket)
        self._php(INSTALL)
        port = self.url.rpartition(":")[2]
        workers = {**os.environ, "PHP_CLI_SERVER_WORKERS": "4"}
        self._run(["php", "-S", f"127.0.0.1:{port}", "-t", str(self.root)], env=workers)
        _wait(lambda: urllib.request.urlopen(f"{self.url}/wp-login.php").status == 200)

    def run(self, code: str) -> None:
        """Run PHP in WordPress."""
        self._php(f"<?php\n$_SERVER['HTTP_HOST'] = '127.0.0.1';\nrequire 'wp-load.php';\n{code}\n")

    def _php(self, code: str) -> None:
        script = self.folder / "run.php"
        script.write_text(code)
        php = ["php", "-d", "display_errors=stderr", str(script)]
        done = subprocess.run(php, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])

    def stop(self) -> None:
        for process in reversed(self._started):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)

    def complaints(self) -> str:
        """Return what PHP complained of in our plugin."""
        log = self.folder / "debug.log"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return "\n".join(line for line in lines if "relais" in line)

    def _start_database(self) -> str:
        data, socket = self.folder / "db", str(self.folder / "db.sock")
        me = ["--user=root"] if os.getuid() == 0 else []
        make = [
            "mariadb-install-db",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run([*make, "--skip-test-db", *me], check=True, capture_output=True)
        serve = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}"]
        self._run([*serve, "--skip-networking", f"--pid-file={self.folder}/db.pid", *me])
        create = ["mariadb", f"--socket={socket}", "-uroot", "-e", "CREATE DATABASE wordpress"]
        _wait(lambda: subprocess.run(create, capture_output=True, check=False).returncode == 0)
        return socket

    def _lay_out(self, socket: str) -> None:
        shutil.copytree(SOURCE, self.root, ignore_dangling_symlinks=True)
        content = self.root / "wp-content"
        themes = Path("/var/lib/wordpress/wp-content/themes")
        shutil.copytree(themes, content / "themes", dirs_exist_ok=True)
        plugin = ROOT / "website" / "wordpress" / "relais"
        shutil.copytree(plugin, content / "plugins" / "relais")
        (content / "advanced-cache.php").write_text(CACHE)
        facts = {"socket": socket, "url": self.url, "folder": self.folder}
        (self.root / "wp-config.php").write_text(CONFIG.format(**facts))

    def _run(self, command: list[str], env: dict[str, str] | None = None) -> None:
        with (self.folder / "log").open("ab") as log:
            self._started.append(
                subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
            )


@contextmanager
def running(folder: Path) -> Iterator[Wordpress]:
    found = Wordpress(folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def _wait(look: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if look():
                return
        except OSError:
            pass
        if time.monotonic() > until:
            raise TimeoutError(look)
        time.sleep(0.3)
