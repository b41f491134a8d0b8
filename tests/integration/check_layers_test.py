"""scripts/check_layers: the tree as it is passes, and each rule, broken in a copy, is caught."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "scripts" / "check_layers"

# Where the line is planted, the line, and words of the fault that must be reported for it.
FORBIDDEN = [
    # Folder to folder: every arrow that must not be there and is tempting.
    (
        "sidecar/base/planted.h",
        '#include "policy/outcome.h"',
        "base/ may not include policy/outcome.h",
    ),
    (
        "sidecar/policy/planted.cc",
        '#include "rpc/envelope.h"',
        "policy/ may not include rpc/envelope.h",
    ),
    (
        "sidecar/policy/planted.cc",
        '#include "core/types.h"',
        "policy/ may not include core/types.h",
    ),
    ("sidecar/rpc/planted.cc", '#include "net/loop.h"', "rpc/ may not include net/loop.h"),
    ("sidecar/net/planted.cc", '#include "rpc/envelope.h"', "net/ may not include rpc/envelope.h"),
    ("sidecar/core/planted.cc", '#include "net/loop.h"', "core/ may not include net/loop.h"),
    ("sidecar/core/planted.cc", '#include "upstream/options.h"', "core/ may not include upstream/"),
    (
        "sidecar/core/planted.cc",
        '#include "downstream/options.h"',
        "core/ may not include downstream/",
    ),
    ("sidecar/upstream/planted.cc", '#include "downstream/options.h"', "upstream/ may not include"),
    (
        "sidecar/upstream/planted.cc",
        '#include "core/dispatcher.h"',
        "upstream/ may not include core/disp",
    ),
    (
        "sidecar/downstream/planted.cc",
        '#include "upstream/options.h"',
        "downstream/ may not include",
    ),
    (
        "sidecar/downstream/planted.cc",
        '#include "core/pool.h"',
        "downstream/ may not include core/pool.h",
    ),
    (
        "sidecar/config/planted.cc",
        '#include "core/types.h"',
        "config/ may not include core/types.h",
    ),
    ("sidecar/mock/planted.cc", '#include "core/types.h"', "mock/ may not include core/types.h"),
    ("proto/planted.c", '#include "sidecar/base/time.h"', "proto/ may not include base/time.h"),
    ("client/planted.c", '#include "base/time.h"', "client/ may not include base/time.h"),
    # Library to folder.
    ("sidecar/core/planted.cc", "#include <uv.h>", "uv (<uv.h>) belongs to net only"),
    (
        "sidecar/upstream/planted.cc",
        "#include <curl/curl.h>",
        "curl (<curl/curl.h>) belongs to net",
    ),
    ("sidecar/downstream/planted.cc", "#include <libwebsockets.h>", "belongs to net only"),
    ("sidecar/app/planted.cc", "#include <uv.h>", "belongs to net only"),
    ("sidecar/core/planted.cc", "#include <rapidjson/reader.h>", "belongs to rpc only"),
    ("sidecar/app/planted.cc", "#include <toml++/toml.h>", "belongs to config only"),
    (
        "sidecar/base/planted.cc",
        "#include <spdlog/spdlog.h>",
        "belongs to base/log.h and base/log.cc",
    ),
    ("sidecar/net/planted.cc", "#include <openssl/ssl.h>", "is of no library"),
    # Pure folders: no log, no clock, no chance, no system calls.
    ("sidecar/policy/planted.cc", '#include "base/log.h"', "never logs"),
    ("sidecar/core/planted.cc", '#include "base/log.h"', "never logs"),
    ("sidecar/policy/planted.cc", "#include <unistd.h>", "makes no system calls"),
    ("sidecar/policy/planted.cc", "auto t = std::chrono::steady_clock::now();", "not steady_clock"),
    ("sidecar/core/planted.cc", "std::random_device chance;", "not random_device"),
    # C only.
    ("proto/planted.c", "#include <unistd.h>", "proto/ is plain C11"),
    ("proto/planted.h", "#include <vector>", "proto/ is plain C11"),
    ("client/planted.c", "#include <string>", "client/ is C"),
    # Ways around.
    ("sidecar/policy/planted.cc", '  #  include "../rpc/envelope.h"', "from the root of the tree"),
    (
        "sidecar/policy/planted.cc",
        "#include <rpc/envelope.h>",
        "policy/ may not include rpc/envelope.h",
    ),
    (
        "sidecar/policy/planted.cc",
        '#include "sidecar/rpc/envelope.h"',
        "may not include rpc/envelope.h",
    ),
    ("sidecar/util/planted.cc", "int x;", "has no row"),
    ("sidecar/planted.cc", "int x;", "belongs in one of the folders"),
    ("sidecar/rpc/planted.cc", '#include "nowhere.h"', "is not a file of this tree"),
]

ALLOWED = [
    ("sidecar/upstream/planted.cc", '#include "core/ports.h"'),
    ("sidecar/config/planted.cc", '#include "upstream/options.h"'),
    ("sidecar/app/planted.cc", '#include "core/dispatcher.h"'),
    ("sidecar/base/log.cc", "#include <spdlog/spdlog.h>"),
    ("sidecar/policy/planted.cc", '// #include "rpc/envelope.h"'),
    ("sidecar/policy/planted.cc", "/* steady_clock\n#include <uv.h>\n*/"),
    ("sidecar/net/planted.cc", "#include <sys/socket.h>"),
    ("client/planted.c", "#include <unistd.h>"),
]


class CheckLayersTest(unittest.TestCase):
    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="layers-")
        self.addCleanup(temp.cleanup)
        self.root = pathlib.Path(temp.name)
        for top in ("sidecar", "proto", "client"):
            shutil.copytree(ROOT / top, self.root / top)

    def check_layers(self):
        return subprocess.run(
            [CHECK, "--root", self.root], capture_output=True, text=True, timeout=60, check=False
        )

    def plant(self, name, line):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        before = path.read_text() if path.exists() else None
        path.write_text((before or "") + line + "\n")
        try:
            return self.check_layers()
        finally:
            if before is None:
                path.unlink()
            else:
                path.write_text(before)
            if not any(path.parent.iterdir()):
                path.parent.rmdir()

    def test_the_tree_as_it_is_passes(self):
        run = self.check_layers()

        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def test_each_forbidden_line_is_caught_and_named(self):
        for name, line, fault in FORBIDDEN:
            with self.subTest(file=name, line=line):
                run = self.plant(name, line)

                self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
                faults = run.stdout.splitlines()
                self.assertEqual(len(faults), 1, run.stdout)
                self.assertTrue(faults[0].startswith(f"{name}:1: "), faults[0])
                self.assertIn(fault, faults[0])

    def test_allowed_lines_pass(self):
        for name, line in ALLOWED:
            with self.subTest(file=name, line=line):
                run = self.plant(name, line)

                self.assertEqual((run.returncode, run.stdout), (0, ""))

    def test_every_fault_of_a_tree_is_reported_at_once(self):
        (self.root / "sidecar/policy/planted.cc").write_text(
            "#include <uv.h>\n#include <curl/curl.h>\n"
        )
        (self.root / "sidecar/core/planted.cc").write_text("#include <uv.h>\n")

        run = self.check_layers()

        self.assertEqual(run.returncode, 1)
        self.assertEqual(len(run.stdout.splitlines()), 3, run.stdout)
        self.assertIn("3 forbidden", run.stderr)


if __name__ == "__main__":
    unittest.main()
