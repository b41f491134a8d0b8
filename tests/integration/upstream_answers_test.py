"""Providers whose answers are wrong: in HTTP, in JSON, or in what they answer. Names begin with the
ids of the fault catalogue."""

import gzip
import json
import unittest


from fault_peer import always, error_body, healthy, http_answer, result_body
from sidecar_process import SidecarTestCase


def chunked(*chunks):
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return head + b"".join(chunks)


class AnswerFaultsTest(SidecarTestCase):
    def check(self, make_bytes, name, outcome, *, sent="yes", is_closing=False, **keys):
        """Alone it is this error, and the connection can or cannot be used again; with a second
        provider that one's answer is the answer."""

        def script(connection):
            while request := connection.read_request():
                connection.send(make_bytes(request))
                if is_closing:
                    return

        bad, good = self.peer(script), self.peer(healthy('"0x900d"'))
        alone = self.sidecar(self.provider("bad", bad, **keys))
        answer = self.call(alone)
        self.assert_error(answer, name, sent=sent, tried=[("bad", outcome)])
        alone.stop()

        both = self.sidecar(self.provider("bad", bad, **keys), self.provider("good", good))
        self.assertEqual(self.call(both).result, b'"0x900d"')
        both.stop()
        return answer

    def check_table(self, table, name, outcome, **more):
        for words, make_bytes in table:
            with self.subTest(words):
                self.check(make_bytes, name, outcome, **more)

    def test_A18_content_length_that_is_wrong(self):
        def with_lengths(*lines):
            head = "".join(f"{line}\r\n" for line in lines)
            return lambda request: (
                f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + result_body(request.id)
            )

        table = [
            ("negative", with_lengths("Content-Length: -5")),
            ("text", with_lengths("Content-Length: many")),
            ("two that differ", with_lengths("Content-Length: 5", "Content-Length: 38")),
            ("over 64 bits", with_lengths("Content-Length: 99999999999999999999999")),
        ]
        self.check_table(table, "UPSTREAM_PROTOCOL", "protocol", is_closing=True)

    def test_A18_content_length_with_transfer_encoding(self):
        def smuggled(request):
            body = result_body(request.id)
            chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            return head + chunk

        self.check(smuggled, "UPSTREAM_PROTOCOL", "protocol")

    def test_A19_chunk_sizes_that_are_wrong(self):
        table = [
            ("no hex", lambda _: chunked(b"zz\r\n{}\r\n0\r\n\r\n")),
            ("40 bits", lambda _: chunked(b"FFFFFFFFFF\r\n{}\r\n")),
            ("80 bits", lambda _: chunked(b"FFFFFFFFFFFFFFFFFFFF\r\n{}\r\n")),
            ("empty", lambda _: chunked(b"\r\n{}\r\n0\r\n\r\n")),
        ]
        for words, make_bytes in table:
            with self.subTest(words):
                bad, good = self.peer(close_after(make_bytes)), self.peer(healthy('"0x900d"'))
                alone = self.sidecar(self.provider("bad", bad, timeout="2s"))
                answer = self.call(alone)
                # A size that is a number may also end as bytes that never came.
                self.assertIn(
                    answer.name, ("UPSTREAM_PROTOCOL", "UPSTREAM_CLOSED", "UPSTREAM_BAD_JSON")
                )
                alone.stop()
                both = self.sidecar(
                    self.provider("bad", bad, timeout="2s"), self.provider("good", good)
                )
                self.assertEqual(self.call(both).result, b'"0x900d"')
                both.stop()

    def test_A21_headers_too_large(self):
        def padded(*lines):
            head = "".join(f"{line}\r\n" for line in lines)
            return (
                lambda request: f"HTTP/1.1 200 OK\r\n{head}".encode()
                + http_answer(result_body(request.id)).partition(b"\r\n")[2]
            )

        table = [
            ("one of 40 KiB", padded("X-Long: " + "x" * 40_000)),
            ("1,000 lines", padded(*(f"X-{n}: {n}" for n in range(1000)))),
        ]
        self.check_table(table, "UPSTREAM_PROTOCOL", "protocol", is_closing=True)

    def test_A22_interim_answers_are_skipped(self):
        def interim(request):
            early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            return early + http_answer(result_body(request.id))

        peer = self.peer(always(interim))
        sidecar = self.sidecar(self.provider("one", peer))
        client = self.framed(sidecar)

        for _ in range(3):
            self.assertEqual(client.call("eth_blockNumber").result, b'"0x2a"')
        self.assertEqual(peer.connection_count, 1)

    def test_A23_answers_without_a_body(self):
        table = [
            ("204", lambda _: b"HTTP/1.1 204 No Content\r\n\r\n"),
            ("205", lambda _: b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
            ("200", lambda _: http_answer(b"")),
        ]
        self.check_table(table, "UPSTREAM_BAD_JSON", "bad_json")

    def test_A23_not_modified_is_a_refusal(self):
        self.check(
            lambda _: b"HTTP/1.1 304 Not Modified\r\n\r\n",
            "UPSTREAM_HTTP_STATUS",
            "http_status 304",
        )

    def test_A24_redirects_are_never_followed(self):
        target = self.peer(healthy('"0xbad"'))
        for status in (
            "301 Moved",
            "302 Found",
            "307 Temporary Redirect",
            "308 Permanent Redirect",
        ):
            with self.subTest(status):
                where = f"Location: {target.url}/v2/s3cret-key"
                answer = self.check(
                    lambda _, s=status, w=where: http_answer(b"", s, [w]),
                    "UPSTREAM_HTTP_STATUS",
                    f"http_status {status[:3]}",
                )
                self.assertNotIn("s3cret", json.dumps(answer.error))
        self.assertEqual(target.connection_count, 0)

    def test_A25_html_with_status_200(self):
        page = b"<!DOCTYPE html><html><body>Just a moment...</body></html>"
        answer = self.check(lambda _: http_answer(page), "UPSTREAM_BAD_JSON", "bad_json")

        self.assertNotIn("moment", json.dumps(answer.error))

    def test_A26_error_of_the_node_passes_verbatim_and_is_not_retried(self):
        error = '{"code": 3, "message": "execution reverted: \\u00e9 {", "data": "0x08c379a0", "x": 1.10}'
        bad = self.peer(always(lambda r: http_answer(error_body(r.id, error))))
        good = self.peer(healthy())
        sidecar = self.sidecar(self.provider("one", bad), self.provider("two", good))
        client = self.framed(sidecar)

        client.send(_call_frame())
        frame = client.recv()

        self.assertEqual(frame.payload.decode(), error)
        self.assertEqual(good.connection_count, 0)

    def test_A27_status_with_a_json_rpc_error_body(self):
        for status in ("400 Bad Request", "404 Not Found", "500 Internal Server Error"):
            with self.subTest(status):
                error = '{"code":-32602,"message":"invalid argument 0"}'
                bad = self.peer(always(lambda r, s=status: http_answer(error_body(r.id, error), s)))
                sidecar = self.sidecar(self.provider("one", bad))

                answer = self.call(sidecar)

                self.assertEqual(answer.error, json.loads(error))
                sidecar.stop()

    def test_A28_429_goes_to_the_next(self):
        limited = error_body(1, '{"code":-32005,"message":"rate limit"}')
        table = [
            ("plain", lambda _: http_answer(b"slow down", "429 Too Many Requests")),
            (
                "Retry-After",
                lambda _: http_answer(b"", "429 Too Many Requests", ["Retry-After: 1"]),
            ),
            ("a JSON-RPC body", lambda _: http_answer(limited, "429 Too Many Requests")),
        ]
        self.check_table(table, "UPSTREAM_RATE_LIMITED", "rate_limited")

    def test_A30_refused_credentials_go_to_the_next(self):
        table = [
            (status, lambda _, s=status: http_answer(b'{"error":"key k3y unknown"}', s))
            for status in ("401 Unauthorized", "402 Payment Required", "403 Forbidden")
        ]
        for words, make_bytes in table:
            with self.subTest(words):
                outcome = "unpaid" if words.startswith("402") else "unauthorised"
                answer = self.check(make_bytes, "UPSTREAM_HTTP_STATUS", outcome)
                self.assertNotIn("k3y", json.dumps(answer.error))

    def test_A31_server_errors_go_to_the_next(self):
        table = [
            (status, lambda _, s=status: http_answer(b"<html>down</html>", s))
            for status in ("500 Oops", "502 Bad Gateway", "503 Service Unavailable", "504 Timeout")
        ]
        for words, make_bytes in table:
            with self.subTest(words):
                self.check(make_bytes, "UPSTREAM_HTTP_STATUS", f"http_status {words[:3]}")

    def test_A32_bodies_that_are_not_one_json_text(self):
        def of(make_body):
            return lambda request: http_answer(make_body(result_body(request.id)))

        table = [
            ("empty", of(lambda _: b"")),
            ("blank", of(lambda _: b" \r\n\t ")),
            ("truncated, with the right length", of(lambda body: body[:-1])),
            ("two documents", of(lambda body: body + body)),
            ("rest after the document", of(lambda body: body + b"}")),
            ("byte order mark", of(lambda body: b"\xef\xbb\xbf" + body)),
            ("NUL", of(lambda body: body + b"\0")),
            ("NUL inside", of(lambda body: body.replace(b"0x2a", b"0x\0a"))),
            ("NaN", of(lambda body: body.replace(b'"0x2a"', b"NaN"))),
            ("a comment", of(lambda body: body.replace(b'"0x2a"', b'/* */"0x2a"'))),
        ]
        self.check_table(table, "UPSTREAM_BAD_JSON", "bad_json")

    def test_A32_json_that_is_no_object(self):
        table = [
            ("an array", lambda r: http_answer(b"[" + result_body(r.id) + b"]")),
            ("a string", lambda _: http_answer(b'"hello"')),
        ]
        self.check_table(table, "UPSTREAM_PROTOCOL", "protocol")

    def test_A33_answers_to_another_question(self):
        def with_id(make_id):
            return lambda request: http_answer(
                b'{"jsonrpc":"2.0",%s"result":"0xbad"}' % make_id(request.id)
            )

        table = [
            ("another id", with_id(lambda i: b'"id":%d,' % (i + 1))),
            ("its id as a string", with_id(lambda i: b'"id":"%d",' % i)),
            ("its id as a fraction", with_id(lambda i: b'"id":%d.0,' % i)),
            ("null", with_id(lambda i: b'"id":null,')),
            ("none", with_id(lambda i: b"")),
        ]
        for words, make_bytes in table:
            with self.subTest(words):
                peer = self.peer(always(make_bytes))
                sidecar = self.sidecar(self.provider("bad", peer))
                for count in (1, 2):
                    answer = self.call(sidecar)
                    self.assert_error(
                        answer, "UPSTREAM_PROTOCOL", sent="yes", tried=[("bad", "protocol")]
                    )
                    # Who knows what else waits on that connection: it is not used again.
                    peer.wait_for(lambda p, n=count: p.connection_count == n and not p.live)
                sidecar.stop()

    def test_A34_answers_that_are_no_json_rpc(self):
        def of(text):
            return lambda request: http_answer((text % request.id).encode())

        table = [
            ("both", of('{"jsonrpc":"2.0","id":%d,"result":1,"error":{"code":1,"message":"m"}}')),
            ("neither", of('{"jsonrpc":"2.0","id":%d}')),
            ("result twice", of('{"jsonrpc":"2.0","id":%d,"result":1,"result":2}')),
            ("escaped twice", of('{"jsonrpc":"2.0","id":%d,"result":1,"\\u0072esult":2}')),
            ("id twice", of('{"jsonrpc":"2.0","id":%d,"id":0,"result":1}')),
            ("error is text", of('{"jsonrpc":"2.0","id":%d,"error":"no"}')),
        ]
        self.check_table(table, "UPSTREAM_BAD_JSON", "bad_json")

    def test_A37_gzip_is_understood(self):
        def zipped(request):
            return http_answer(
                gzip.compress(result_body(request.id)), headers=["Content-Encoding: gzip"]
            )

        peer = self.peer(always(zipped))
        sidecar = self.sidecar(self.provider("one", peer))

        self.assertEqual(self.call(sidecar).result, b'"0x2a"')

    def test_A37_encoding_that_is_wrong(self):
        def encoded(name, encode):
            header = f"Content-Encoding: {name}"
            return lambda r: http_answer(encode(result_body(r.id)), headers=[header])

        table = [
            ("unknown", encoded("x-secret", lambda body: body)),
            ("gzip that is none", encoded("gzip", lambda body: body)),
            ("gzip cut off", encoded("gzip", lambda body: gzip.compress(body)[:-12])),
        ]
        for words, make_bytes in table:
            with self.subTest(words):
                bad, good = self.peer(always(make_bytes)), self.peer(healthy('"0x900d"'))
                alone = self.sidecar(self.provider("bad", bad))
                self.assertIn(self.call(alone).name, ("UPSTREAM_PROTOCOL", "UPSTREAM_BAD_JSON"))
                alone.stop()
                both = self.sidecar(self.provider("bad", bad), self.provider("good", good))
                self.assertEqual(self.call(both).result, b'"0x900d"')
                both.stop()

    def test_A38_nesting_without_end(self):
        deep = b"[" * 1_000_000 + b"]" * 1_000_000
        self.check(
            lambda r: http_answer(result_body(r.id, deep.decode())), "UPSTREAM_BAD_JSON", "bad_json"
        )

    def test_A38_long_numbers_and_strings_pass_untouched(self):
        for words, value in (
            ("a number of a million digits", "-1" + "7" * 999_998 + "e+07"),
            ("a string of 50 MB", '"' + "x" * 50_000_000 + '"'),
            ("numbers as they are written", "[1.10,-0,1e400,18446744073709551616,0.0]"),
            ("a lone \\u0000 and a solidus", '"\\u0000\\/"'),
        ):
            with self.subTest(words):
                peer = self.peer(always(lambda r, v=value: http_answer(result_body(r.id, v))))
                sidecar = self.sidecar(self.provider("one", peer))

                self.assertTrue(self.call(sidecar).result == value.encode())
                sidecar.stop()

    def test_A39_text_that_is_not_utf_8(self):
        def of(text):
            return lambda r: http_answer(result_body(r.id).replace(b"0x2a", text))

        table = [
            ("a lone byte", of(b"\xff")),
            ("cut off", of(b"\xe6\xbc")),
            ("overlong", of(b"\xc0\xaf")),
            ("a surrogate in UTF-8", of(b"\xed\xa0\x80")),
            ("above U+10FFFF", of(b"\xf4\x90\x80\x80")),
        ]
        self.check_table(table, "UPSTREAM_BAD_JSON", "bad_json")

    def test_A39_lone_surrogate_escape(self):
        self.check(
            lambda r: http_answer(result_body(r.id, '"\\ud800"')), "UPSTREAM_BAD_JSON", "bad_json"
        )


def close_after(make_bytes):
    def script(connection):
        request = connection.read_request()
        if request is not None:
            connection.send(make_bytes(request))

    return script


def _call_frame():
    import frames

    return frames.encode_call(1, "eth_call", [{}])


if __name__ == "__main__":
    unittest.main()
