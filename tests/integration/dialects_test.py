"""What every dialect owes its workers, to the letter of JSON-RPC 2.0 and of the clients that exist:
ids, notifications, batches, half-close, spacing, bytes."""

import json
import socket
import threading
import unittest

import frames
from fault_peer import always, error_body, healthy, http_answer, result_body
from sidecar_process import SidecarTestCase, post, read_line, read_to_end

# The text of an id on the wire must come back as it was.
IDS = [
    *("0", "1", "42", "-7", "9007199254740993", "18446744073709551616", "1.5", "1e3", "-0"),
    *('"1"', '""', '"0b1f8a1e-5c1d-4f0e-9d5e-2f1b7f6f3c11"', '"\\u00e9"', '"é漢"', '"a\\"b\\\\"'),
    *("null", "1.10", "100000000000000000000000000000000000001"),
]
BAD_IDS = ["true", "[]", "{}", "[1]"]


class Asker:
    """Sends one text in a dialect and reads one answer to it."""

    def __init__(self, case, sidecar, dialect):
        self.dialect = dialect
        if dialect == "json-ipc":
            self.sock = sidecar.raw()
            case.addCleanup(self.sock.close)
        else:
            self.connection = sidecar.http() if dialect == "http" else sidecar.http_unix()
            case.addCleanup(self.connection.close)

    def ask(self, text):
        if self.dialect == "json-ipc":
            self.sock.sendall(text)
            line = read_line(self.sock)
            if line.count(b"\n") != 1 or line.startswith(b"\n"):
                raise AssertionError(f"not one line: {line!r}")
            return line[:-1]
        status, body = post(self.connection, text)
        if status != 200:
            raise AssertionError(f"status {status}: {body!r}")
        return body


DIALECTS = ("json-ipc", "http", "http over unix")


def id_lexeme(text):
    """The id's own text in a flat answer."""
    text = text.decode()
    rest = text[text.index('"id":') + len('"id":') :].lstrip()
    if rest.startswith('"'):
        end = 1
        while rest[end] != '"':
            end += 2 if rest[end] == "\\" else 1
        return rest[: end + 1]
    end = min(i for i in (rest.find(","), rest.find("}")) if i >= 0)
    return rest[:end].strip()


class DialectsTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.good = self.peer(healthy())
        self.sidecar_ = None

    def start(self, peer=None, **more):
        return self.sidecar(self.provider("one", peer or self.good), **more)

    def each_dialect(self, sidecar):
        for dialect in DIALECTS:
            with self.subTest(dialect):
                yield Asker(self, sidecar, dialect)

    def test_ids_come_back_as_they_were_written(self):
        sidecar = self.start()
        for asker in self.each_dialect(sidecar):
            for lexeme in IDS:
                text = f'{{"jsonrpc":"2.0","id":{lexeme},"method":"eth_chainId","params":[]}}'
                answer = asker.ask(text.encode())

                self.assertIn(b'"result":"0x2a"', answer)
                got = id_lexeme(answer)
                if asker.dialect == "json-ipc":  # may escape what some clients choke on
                    self.assertEqual(json.loads(got), json.loads(lexeme))
                    self.assertTrue(got.isascii() or got == lexeme)
                else:
                    self.assertEqual(got, lexeme)
        upstream = [request.id for request in self.good.requests]
        self.assertTrue(all(isinstance(one, int) for one in upstream))

    def test_ids_of_no_legal_type_are_refused(self):
        sidecar = self.start()
        for asker in self.each_dialect(sidecar):
            for lexeme in BAD_IDS:
                answer = asker.ask(
                    f'{{"jsonrpc":"2.0","id":{lexeme},"method":"eth_chainId"}}'.encode()
                )
                answer = json.loads(answer)
                self.assertEqual((answer["id"], answer["error"]["code"]), (None, -32600))
        self.assertEqual(self.good.requests, [])

    def test_any_order_of_members(self):
        sidecar = self.start()
        texts = [
            b'{"method":"eth_chainId","params":[],"id":3,"jsonrpc":"2.0"}',
            b'{"params":[{"id":9,"method":"x","a":[{"id":1}]}],"jsonrpc":"2.0","method":"eth_call","id":3}',
            b'{"id":3,"jsonrpc":"2.0","method":"eth_chainId"}',
            b'{ "id" : 3 , "jsonrpc" : "2.0" , "method" : "eth_chainId" , "params" : [ ] }',
            b'{"jsonrpc":"2.0","id":3,"met\\u0068od":"eth_chainId"}',
            b'{"jsonrpc":"2.0","id":3,"method":"eth_call","params":{"named":[1,2]}}',
        ]
        for asker in self.each_dialect(sidecar):
            for text in texts:
                self.assertEqual(json.loads(asker.ask(text))["id"], 3, text)

    def test_params_pass_as_they_are_written(self):
        sidecar = self.start()
        params = '[20.0,{"b":1e400,"a":18446744073709551616},"\\u00e9\\/é",-0,[[]],null]'
        for asker in self.each_dialect(sidecar):
            asker.ask(f'{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{params}}}'.encode())
        with sidecar.framed() as client:
            client.send(
                frames.encode(frames.CALL, 1, f'{{"method":"m","params":{params}}}'.encode())
            )
            client.finish(1)
        for request in self.good.requests:
            self.assertIn(b'"params":' + params.encode(), request.body)

    def test_wrong_requests_get_their_standard_errors(self):
        sidecar = self.start()
        table = [
            (b'{"jsonrpc":"2.0","id":5,"method":7}', 5, -32600),
            (b'{"jsonrpc":"2.0","id":5}', 5, -32600),
            (b'{"jsonrpc":"2.0","id":5,"method":"m","params":"text"}', 5, -32600),
            (b'{"jsonrpc":"2.0","id":5,"method":"m","method":"n"}', 5, -32600),
            (b"{}", None, -32600),
            (b"[]", None, -32600),
        ]
        for asker in self.each_dialect(sidecar):
            for text, call_id, code in table:
                answer = json.loads(asker.ask(text))
                self.assertEqual((answer["id"], answer["error"]["code"]), (call_id, code), text)
        self.assertEqual(self.good.requests, [])

    def test_text_that_is_no_json(self):
        sidecar = self.start()
        for text in (b'{"jsonrpc":"2.0","id":1,]', b'{"a":01}', b"{'a':1}", b'["\xff"]', b"{\x00}"):
            for dialect in DIALECTS:
                with self.subTest(dialect, text=text):
                    asker = Asker(self, sidecar, dialect)
                    answer = json.loads(asker.ask(text))
                    self.assertEqual((answer["id"], answer["error"]["code"]), (None, -32700))
        self.assertEqual(self.call(sidecar).result, b'"0x2a"')

    def test_notifications_are_answered_by_nothing(self):
        sidecar = self.start()
        ping = b'{"jsonrpc":"2.0","method":"ping"}'
        with self.subTest("json-ipc"):
            asker = Asker(self, sidecar, "json-ipc")
            asker.sock.sendall(ping * 3)
            self.assertEqual(
                json.loads(asker.ask(b'{"jsonrpc":"2.0","id":8,"method":"m"}'))["id"], 8
            )
        with self.subTest("http"):
            connection = sidecar.http()
            self.addCleanup(connection.close)
            status, body = post(connection, ping)
            self.assertIn((status, body), ((200, b""), (204, b"")))
            self.assertEqual(post(connection, b"[" + ping + b"," + ping + b"]")[1], b"")
            status, body = post(
                connection, b"[" + ping + b',{"jsonrpc":"2.0","id":1,"method":"m"}]'
            )
            self.assertEqual([one["id"] for one in json.loads(body)], [1])
        # web3.js pings every 5 s; the provider has no use for it.
        self.assertNotIn("ping", self.good.methods())

    def test_batches_are_answered_in_order_whatever_comes_first(self):
        hold = threading.Event()

        def script(connection):
            while request := connection.read_request():
                if request.method == "eth_slow":
                    hold.wait(20)
                elif request.method == "eth_last":
                    hold.set()
                connection.answer(request, f'"{request.method}"')

        sidecar = self.start(self.peer(script))
        for asker in self.each_dialect(sidecar):
            hold.clear()
            ids = ['"a"', "1", '"1"', "1", "null"]
            methods = ["eth_slow", "eth_b", "eth_c", "eth_d", "eth_last"]
            batch = ",".join(
                f'{{"jsonrpc":"2.0","id":{i},"method":"{m}"}}' for i, m in zip(ids, methods)
            )
            answers = json.loads(asker.ask(f"[{batch}]".encode()))

            self.assertEqual([one["id"] for one in answers], ["a", 1, "1", 1, None])
            self.assertEqual([one["result"] for one in answers], methods)

    def test_batches_of_one_and_of_bad_items(self):
        sidecar = self.start()
        for asker in self.each_dialect(sidecar):
            one = json.loads(asker.ask(b'[{"jsonrpc":"2.0","id":1,"method":"m"}]'))
            self.assertEqual(one, [{"jsonrpc": "2.0", "id": 1, "result": "0x2a"}])
            mixed = json.loads(asker.ask(b'[1,{"jsonrpc":"2.0","id":2,"method":"m"},{"id":3},[]]'))
            codes = [one.get("error", {}).get("code", "ok") for one in mixed]
            self.assertEqual(codes, [-32600, "ok", -32600, -32600])

    def test_answers_have_result_or_error_and_never_both(self):
        answers = [
            ("null", b'"result":null'),
            ("false", b'"result":false'),
            ('{"a" : 1.10}', b'"result":{"a"'),
        ]
        for value, expected in answers:
            sidecar = self.start(self.peer(healthy(value)))
            for asker in self.each_dialect(sidecar):
                answer = asker.ask(b'{"jsonrpc":"2.0","id":1,"method":"m"}')
                self.assertIn(expected, answer)
                self.assertNotIn(b'"error"', answer)
                self.assertIn(b'"jsonrpc":"2.0"', answer)
            sidecar.stop()

    def test_provider_errors_pass_whole(self):
        error = '{"code":3,"message":"execution reverted: {","data":"0x08c379a0"}'
        sidecar = self.start(self.peer(always(lambda r: http_answer(error_body(r.id, error)))))
        for asker in self.each_dialect(sidecar):
            answer = asker.ask(b'{"jsonrpc":"2.0","id":1,"method":"eth_call"}')
            self.assertEqual(json.loads(answer)["error"], json.loads(error))
            self.assertNotIn(b'"result"', answer)
            if asker.dialect == "json-ipc":  # a brace without its pair wedges viem
                self.assertEqual(answer.count(b"{"), answer.count(b"}"))

    def test_json_ipc_answers_are_one_ascii_line_each(self):
        pretty = '{\n  "name": "é 漢字 {",\r\n  "list": [ 1.10,\t-0 ]\n}\n'

        def made(request):
            return http_answer(b"\n " + result_body(request.id, pretty) + b"\r\n")

        sidecar = self.start(self.peer(always(made)))
        asker = Asker(self, sidecar, "json-ipc")

        line = asker.ask(b'{"jsonrpc":"2.0","id":1,"method":"m"}')

        self.assertTrue(line.isascii(), line)
        self.assertIn(b"[1.10,-0]", line)
        self.assertEqual(json.loads(line)["result"], json.loads(pretty))

    def test_http_passes_the_bytes_of_the_result(self):
        pretty = '{\n  "name": "é 漢字 {",\r\n  "list": [ 1.10,\t-0, 18446744073709551616 ]\n}'
        sidecar = self.start(self.peer(healthy(pretty)))
        for dialect in ("http", "http over unix"):
            answer = Asker(self, sidecar, dialect).ask(b'{"jsonrpc":"2.0","id":1,"method":"m"}')
            self.assertIn(b'"result":' + pretty.encode(), answer)
        self.assertEqual(self.call(sidecar).result, pretty.encode())

    def test_D16_json_ipc_in_any_spacing_and_split(self):
        sidecar = self.start()
        texts = [
            b'{"jsonrpc":"2.0","id":%d,"method":"eth_chainId","params":["}{\\"]["]}' % n
            for n in range(4)
        ]
        for separator in (b"", b"\n", b"\r\n", b" \t\n\n "):
            for size in (1, 2, 3, 7, 50, 10_000):
                with self.subTest(separator=separator, size=size):
                    sock = self.raw(sidecar)
                    data = separator + separator.join(texts) + separator
                    for start in range(0, len(data), size):
                        sock.sendall(data[start : start + size])
                    reader = sock.makefile("rb")
                    ids = sorted(json.loads(reader.readline())["id"] for _ in range(4))
                    self.assertEqual(ids, [0, 1, 2, 3])

    def test_D16_json_ipc_pretty_large_and_deep(self):
        sidecar = self.start()
        asker = Asker(self, sidecar, "json-ipc")
        call = {"params": ["x" * 5_000_000], "jsonrpc": "2.0", "method": "eth_call", "id": 1}
        self.assertEqual(json.loads(asker.ask(json.dumps(call, indent=4).encode()))["id"], 1)
        deep = b'{"jsonrpc":"2.0","id":1,"method":"m","params":' + b"[" * 200 + b"]" * 200 + b"}"
        self.assertEqual(json.loads(asker.ask(deep))["result"], "0x2a")
        with self.subTest("over the depth"):
            sock = self.raw(sidecar)
            sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"m","params":' + b"[" * 300)
            answer = json.loads(read_line(sock))
            self.assertIn("error", answer)
        with self.subTest("over the size"):
            sock = self.raw(sidecar)
            try:
                for _ in range(40):
                    sock.sendall(b'{"a":"' + b"x" * (1 << 20) if _ == 0 else b"x" * (1 << 20))
            except OSError:
                pass
            answer = json.loads(read_line(sock))
            self.assertIsNone(answer["id"])

    def test_half_close_is_answered_before_the_end(self):
        sidecar = self.start()
        for _ in range(30):
            sock = self.raw(sidecar)
            sock.sendall(b'{"jsonrpc":"2.0","id":42,"method":"eth_chainId"}' * 3)
            sock.shutdown(socket.SHUT_WR)
            lines = read_to_end(sock).splitlines()
            self.assertEqual([json.loads(line)["id"] for line in lines], [42, 42, 42])
        with self.subTest("framed"):
            client = self.framed(sidecar)
            client.send(frames.encode_call(1, "m") + frames.encode_call(2, "m"))
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual({frame.id for frame in client.recv_to_end()}, {1, 2})

    def test_first_byte_may_come_long_before_the_rest(self):
        sidecar = self.start()
        sock = self.raw(sidecar)
        for byte in b' \n{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}':
            sock.sendall(bytes([byte]))
        self.assertEqual(json.loads(read_line(sock))["id"], 1)


if __name__ == "__main__":
    unittest.main()
