// Every kind of fault, with the exact line that people will read.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/load_config.h"

namespace sidecar::testing {
namespace {

using Faults = std::vector<std::string>;

constexpr std::string_view kChain =
    "[[chain]]\nname = \"e\"\nfamily = \"evm\"\n"
    "[[chain.provider]]\nname = \"p\"\nhttp = \"http://h\"\n";

Faults faults_of(const std::string& text) {
  Faults texts;
  for (const ConfigFault& fault : load_config_text(text, "f.toml", {{"KEY", "k3y"}}).faults) {
    texts.push_back(to_text(fault));
  }
  return texts;
}

struct FaultCase {
  std::string text;
  std::string fault;
};

// Lines of the file's head, put before a chain that is right.
void check_head(const std::vector<FaultCase>& cases) {
  for (const FaultCase& row : cases) {
    CAPTURE(row.text);
    CHECK(faults_of(row.text + "\n" + std::string(kChain)) == Faults{"f.toml:" + row.fault});
  }
}

// Lines 5 and on of a chain and its provider that are right without them; line 4 opens the
// provider.
void check_provider(const std::vector<FaultCase>& cases) {
  for (const FaultCase& row : cases) {
    CAPTURE(row.text);
    CHECK(faults_of("[[chain]]\nname = \"e\"\nfamily = \"evm\"\n[[chain.provider]]\n" + row.text) ==
          Faults{"f.toml:" + row.fault});
  }
}

TEST_CASE("ConfigFault: unknown keys") {
  check_head({
      {"listn = 1", "1:1: listn: unknown key; did you mean [listen]?"},
      {"chains = 1", "1:1: chains: unknown key; did you mean [[chain]]?"},
      {"providers = 1", "1:1: providers: unknown key; did you mean [[chain.provider]]?"},
      {"provider = 1", "1:1: provider: unknown key here; write [[chain.provider]]"},
      {"path = 1", "1:1: path: unknown key here; it belongs in [listen]"},
      {"weight = 1", "1:1: weight: unknown key here; it belongs in [[chain.provider]]"},
      {"x = 1",
       "1:1: x: unknown key; known here: credentials_dir, listen, http, limits, retry, hedge, "
       "timeout, breaker, cooldown, probe, feed, log, shutdown, cost, state, chain, access"},
      {"[listen]\nPath = 1", "2:1: listen.Path: unknown key; did you mean \"path\"?"},
      {"[log]\nlevl = 1", "2:1: log.levl: unknown key; did you mean \"level\"?"},
      {"[log]\ncolour = 1", "2:1: log.colour: unknown key; known here: level, format, calls"},
      {"[log]\ntmeout = 1", "2:1: log.tmeout: unknown key; did you mean [timeout]?"},
      {"[limits]\nattempts_max = 1",
       "2:1: limits.attempts_max: unknown key here; it belongs in [retry]"},
      {"[http]\n\"\\u001b[31m\" = 1",
       "2:1: http.\\u001b[31m: unknown key; known here: listen, allow_remote, ws_next_port, hosts, "
       "origins, "
       "idle_timeout, request_timeout"},
  });
  check_provider({
      {"name = \"p\"\nhttp = \"http://h\"\nhttps = 1",
       "7:1: chain.provider.https: unknown key; did you mean \"http\"?"},
  });
}

TEST_CASE("ConfigFault: wrong types") {
  check_head({
      {"listen = 1", "1:10: listen: is an integer, but must be one table; write [listen]"},
      {"[[listen]]", "1:1: listen: is a list, but must be one table; write [listen]"},
      {"[listen]\npath = 1", "2:8: listen.path: is an integer, but must be a string"},
      {"[listen]\npath = [\"/a\"]", "2:8: listen.path: is a list, but must be a string"},
      {"[listen]\nmode = 0o660",
       "2:8: listen.mode: is an integer, but must be an octal mode from \"0000\" to \"0777\""},
      {"[listen]\nbacklog = \"9\"",
       "2:11: listen.backlog: is a string, but must be an integer from 1 to 65535"},
      {"[listen]\nbacklog = 9.0",
       "2:11: listen.backlog: is a fraction, but must be an integer from 1 to 65535"},
      {"[http]\nallow_remote = \"true\"",
       "2:16: http.allow_remote: is a string, but must be true or false"},
      {"[http]\nallow_remote = 1",
       "2:16: http.allow_remote: is an integer, but must be true or false"},
      {"[http]\nhosts = \"a\"", "2:9: http.hosts: is a string, but must be a list of strings"},
      {"[http]\nhosts = [\"a\", true]", "2:15: http.hosts: is a boolean, but must be a string"},
      {"[http]\nidle_timeout = 5",
       "2:16: http.idle_timeout: is an integer, but must be a duration from \"1ms\" to \"24h\""},
      {"[http]\nidle_timeout = 07:32:00",
       "2:16: http.idle_timeout: is a date or time, but must be a duration from \"1ms\" to "
       "\"24h\""},
      {"[limits]\nrequest_bytes_max = true",
       "2:21: limits.request_bytes_max: is a boolean, but must be a size from \"1KiB\" to "
       "\"64MiB\""},
      {"[log]\nlevel = { a = 1 }", "2:9: log.level: is a table, but must be a string"},
  });
  check_provider({
      {"name = \"p\"\nhttp = \"http://h\"\nheaders = \"A: b\"",
       "7:11: chain.provider.headers: is a string, but must be a table of strings"},
      {"name = \"p\"\nhttp = \"http://h\"\nheaders = { A = 1 }",
       "7:17: chain.provider.headers.A: is an integer, but must be a string"},
  });
  CHECK(faults_of("chain = 1") ==
        Faults{"f.toml:1:9: chain: is an integer, but must be a list of tables; write [[chain]]"});
  CHECK(faults_of("[chain]\nname = \"e\"") ==
        Faults{"f.toml:1:1: chain: is a table, but must be a list of tables; write [[chain]]"});
  CHECK(faults_of("chain = [ 1 ]") ==
        Faults{"f.toml:1:9: chain: is a list, but must be a list of tables; write [[chain]]"});
}

TEST_CASE("ConfigFault: values that cannot be read or are out of range") {
  check_head({
      {"[listen]\nmode = \"0999\"",
       "2:8: listen.mode: \"0999\" is not an octal mode; write three or four octal digits, such as "
       "\"0660\""},
      {"[listen]\nmode = \"4755\"",
       "2:8: listen.mode: \"4755\" is out of range; write an octal mode from \"0000\" to \"0777\""},
      {"[listen]\nbacklog = 0",
       "2:11: listen.backlog: 0 is out of range; write an integer from 1 to 65535"},
      {"[listen]\nbacklog = -5",
       "2:11: listen.backlog: -5 is out of range; write an integer from 1 to 65535"},
      {"[limits]\npartial_timeout = \"0ms\"",
       "2:19: limits.partial_timeout: \"0ms\" is out of range; write a duration from \"1ms\" to "
       "\"1h\""},
      {"[limits]\npartial_timeout = \"5\"",
       "2:19: limits.partial_timeout: \"5\" is not a duration; write a whole number and ms, s, m "
       "or h, such as \"5s\""},
      {"[limits]\nrequest_bytes_max = \"64MB\"",
       "2:21: limits.request_bytes_max: \"64MB\" is not a size; write a whole number and B, KiB, "
       "MiB or GiB, such as \"64MiB\""},
      {"[limits]\nrequest_bytes_max = \"65MiB\"",
       "2:21: limits.request_bytes_max: \"65MiB\" is out of range; write a size from \"1KiB\" to "
       "\"64MiB\""},
      {"[limits]\nrequest_bytes_max = \"${KEY}\"",
       "2:21: limits.request_bytes_max: the value is not a size; write a whole number and B, KiB, "
       "MiB or GiB, such as \"64MiB\""},
      {"[log]\nlevel = \"trace\"", "2:9: log.level: \"trace\" is not error, warn, info or debug"},
      {"[log]\nlevel = \"${KEY}\"", "2:9: log.level: the value is not error, warn, info or debug"},
      {"[log]\nformat = \"xml\"", "2:10: log.format: \"xml\" is not auto, text, json or journal"},
      {"[log]\ncalls = 101", "2:9: log.calls: 101 is not an integer from 0 to 100, or \"errors\""},
      {"[log]\ncalls = -1", "2:9: log.calls: -1 is not an integer from 0 to 100, or \"errors\""},
      {"[log]\ncalls = \"all\"",
       "2:9: log.calls: \"all\" is not an integer from 0 to 100, or \"errors\""},
      {"[log]\ncalls = true", "2:9: log.calls: is a boolean, but must be a string"},
      {"[log]\nlevel = \"\"", "2:9: log.level: is empty; write error, warn, info or debug"},
  });
}

TEST_CASE("ConfigFault: paths, addresses, hosts and origins") {
  const std::string longest(107, 'x');
  check_head({
      {"[listen]\npath = \"" + longest + "x\"",
       "2:8: listen.path: \"" + longest.substr(0, 64) +
           "...\" has 108 bytes; the path of a Unix socket has at most 107"},
      {"[listen]\npath = \"@a\"",
       "2:8: listen.path: \"@a\" begins with `@`; abstract sockets have no permissions, write a "
       "file's path"},
      {"[listen]\npath = \"\"", "2:8: listen.path: is empty; write a path of at most 107 bytes"},
      {"[listen]\npath = \"a\\u0000b\"",
       "2:8: listen.path: \"a\\u0000b\" holds a control character or bytes that are not UTF-8; "
       "write plain text"},
      {"[http]\nlisten = \"localhost:1\"",
       "2:10: http.listen: \"localhost:1\" is not an address and a port; write 127.0.0.1:PORT or "
       "[::1]:PORT"},
      {"[http]\nlisten = \"0.0.0.0:1\"",
       "2:10: http.listen: is not a loopback address; write 127.0.0.1:PORT or [::1]:PORT, or set "
       "allow_remote = true to let others in"},
      {"[http]\nhosts = [\"http://a\"]",
       "2:10: http.hosts: \"http://a\" is not a host; write a name such as rpc.example.net, with "
       ":PORT if it has one"},
      {"[http]\nhosts = [\"\"]",
       "2:10: http.hosts: is empty; write a name such as rpc.example.net, with :PORT if it has "
       "one"},
      {"[http]\norigins = [\"https://a/\"]",
       "2:12: http.origins: \"https://a/\" is not an origin; write https://app.example.net, "
       "without "
       "a path or a final slash"},
      {"[http]\norigins = [\"*\"]",
       "2:12: http.origins: \"*\" is not an origin; write https://app.example.net, without a path "
       "or a final slash"},
  });
  CHECK(faults_of("[listen]\npath = \"" + longest + "\"\n" + std::string(kChain)) == Faults{});
}

TEST_CASE("ConfigFault: URLs, without a piece of them that can hold a key") {
  const std::string name = "name = \"p\"\n";
  check_provider({
      {name + "http = \"k3y\"",
       "6:8: chain.provider.http: is not a URL; write http://, https:// or http+unix:///path"},
      {name + "http = \"ws://h/k3y\"",
       "6:8: chain.provider.http: has the scheme ws://; write http://, https:// or "
       "http+unix:///path"},
      {name + "http = \"k3y_k3y_k3y://h\"",
       "6:8: chain.provider.http: has an unknown scheme; write http://, https:// or "
       "http+unix:///path"},
      {name + "http = \"https://k3y k3y/\"",
       "6:8: chain.provider.http: has a space in it; write %20"},
      {name + "http = \"https://h:k3y/\"",
       "6:8: chain.provider.http: has a port that is not a number from 1 to 65535"},
      {name + "http = \"https://h/\\u000ak3y\"",
       "6:8: chain.provider.http: the value holds a control character or bytes that are not UTF-8; "
       "write plain text"},
      {name + "http = \"http+unix://run/x\"",
       "6:8: chain.provider.http: has no socket's path; write http+unix:///path/to.sock"},
      {name + "http = \"http+unix:///" + std::string(107, 'x') + "\"",
       "6:8: chain.provider.http: the path in it has 108 bytes; the path of a Unix socket has at "
       "most 107"},
      {name + "ws = \"https://h\"",
       "6:6: chain.provider.ws: has the scheme https://; write ws:// or wss://"},
      {name + "ws = \"wss://\"",
       "6:6: chain.provider.ws: has no host; write a name or an address after ://"},
      {name + "ipc = \"" + std::string(108, 'x') + "\"",
       "6:7: chain.provider.ipc: \"" + std::string(64, 'x') +
           "...\" has 108 bytes; the path of a Unix socket has at most 107"},
      {name + "ipc = \"/x\"\nproxy = \"socks5://h\"",
       "7:9: chain.provider.proxy: has the scheme socks5://; write http:// or socks5h://"},
      {name + "ipc = \"/x\"\nca_file = \"/nonexistent/ca.pem\"",
       "7:11: chain.provider.ca_file: \"/nonexistent/ca.pem\" cannot be read: No such file or "
       "directory"},
  });
}

TEST_CASE("ConfigFault: headers") {
  const std::string head = "name = \"p\"\nipc = \"/x\"\n";
  check_provider({
      {head + "headers = { \"A B\" = \"k3y\" }",
       "7:13: chain.provider.headers.A B: is not a header's name; write letters, digits and `-`"},
      {head + "headers = { \"\" = \"k3y\" }",
       "7:13: chain.provider.headers.: is not a header's name; write letters, digits and `-`"},
      {head + "headers = { content-Length = \"1\" }",
       "7:13: chain.provider.headers.content-Length: is a header that the sidecar sets itself; "
       "remove it"},
      {head + "headers = { A = \"k3y\\r\\nB: c\" }",
       "7:17: chain.provider.headers.A: the value holds a control character or bytes that are not "
       "UTF-8; write plain text"},
      {head + "headers = { A = \"Bearer ${NONE}\" }",
       "7:17: chain.provider.headers.A: ${NONE} is not set in the environment; set NONE"},
      {head + "headers = { A = \"k3$y\" }",
       "7:17: chain.provider.headers.A: a lone `$`; write ${NAME} for a variable, or $$ for the "
       "sign"},
  });
}

TEST_CASE("ConfigFault: names, families and what is missing") {
  const std::string right = "1 to 32 of a-z, 0-9, `_`, `.` and `-`, a letter or digit first";
  check_provider({
      {"ipc = \"/x\"", "4:1: chain.provider.name: is missing; write " + right},
      {"name = \"p\"",
       "4:1: chain.provider: has no endpoint; write one or more of http, ws and ipc"},
      {"name = \"p\"\nhttp = \"\"\nipc = \"\"",
       "4:1: chain.provider: has no endpoint; write one or more of http, ws and ipc"},
      {"name = \"\"\nipc = \"/x\"", "5:8: chain.provider.name: is empty; write " + right},
      {"name = \"A\"\nipc = \"/x\"",
       "5:8: chain.provider.name: \"A\" is not a name; write " + right},
      {"name = \"-a\"\nipc = \"/x\"",
       "5:8: chain.provider.name: \"-a\" is not a name; write " + right},
      {"name = \"" + std::string(33, 'a') + "\"\nipc = \"/x\"",
       "5:8: chain.provider.name: \"" + std::string(33, 'a') + "\" is not a name; write " + right},
      {"name = \"${KEY}!\"\nipc = \"/x\"",
       "5:8: chain.provider.name: the value is not a name; write " + right},
  });
  CHECK(faults_of("") == Faults{"f.toml:1:1: chain: is missing; write at least one [[chain]]"});
  CHECK(faults_of("chain = []") ==
        Faults{"f.toml:1:9: chain: has 0 items; write 1 to 256 [[chain]]"});
  CHECK(faults_of("[[chain]]\nname = \"e\"") ==
        Faults{"f.toml:1:1: chain.family: is missing; write evm or svm",
               "f.toml:1:1: chain.provider: is missing; write at least one [[chain.provider]]"});
  CHECK(faults_of("[[chain]]\nname = \"e\"\nfamily = \"emv\"\nprovider = []") ==
        Faults{"f.toml:3:10: chain.family: \"emv\" is not evm or svm",
               "f.toml:4:12: chain.provider: has 0 items; write 1 to 256 [[chain.provider]]"});
}

TEST_CASE("ConfigFault: a name that is given twice tells where it was first") {
  const std::string text = std::string(kChain) +
                           "[[chain.provider]]\nname = \"p\"\nipc = \"/x\"\n"
                           "[[chain]]\nname = \"e\"\nfamily = \"svm\"\n"
                           "provider = [{ name = \"p\", ipc = \"/x\" }]\n"
                           "[[chain]]\nname = \"${KEY}\"\nfamily = \"svm\"\n"
                           "provider = [{ name = \"p\", ipc = \"/x\" }]\n"
                           "[[chain]]\nname = \"k3y\"\nfamily = \"svm\"\n"
                           "provider = [{ name = \"p\", ipc = \"/x\" }]\n";

  CHECK(faults_of(text) ==
        Faults{"f.toml:8:8: chain.provider.name: \"p\" is given already in line 5; write another "
               "name",
               "f.toml:11:8: chain.name: \"e\" is given already in line 2; write another name",
               "f.toml:19:8: chain.name: \"k3y\" is given already in line 15; write another name"});
}

TEST_CASE("ConfigFault: settings that contradict each other") {
  const std::string head = "name = \"p\"\nipc = \"/x\"\n";
  check_head({
      {"[limits]\ncall_deadline = \"6m\"",
       "2:17: limits.call_deadline: is above call_deadline_max (5m); lower it, or raise "
       "call_deadline_max"},
      {"[limits]\ncall_deadline_max = \"29s\"",
       "2:21: limits.call_deadline_max: is below call_deadline (30s); raise it, or lower "
       "call_deadline"},
      {"[limits]\nevent_queue_bytes = \"9MiB\"",
       "2:21: limits.event_queue_bytes: is above event_queue_bytes_max (8MiB); lower it, or raise "
       "event_queue_bytes_max"},
      {"[limits]\noutput_queue_bytes_max = \"1MiB\"",
       "2:26: limits.output_queue_bytes_max: is below output_mark_bytes (2MiB); raise it, or lower "
       "output_mark_bytes"},
      {"[limits]\ncall_deadline = \"2s\"\ncall_deadline_max = \"1s\"",
       "3:21: limits.call_deadline_max: is below call_deadline (2s); raise it, or lower "
       "call_deadline"},
  });
  check_provider({
      {"name = \"p\"\nws = \"ws://h\"\nproxy = \"http://h\"",
       "7:9: chain.provider.proxy: does not carry ws; give the WebSocket to a provider of its own "
       "without proxy"},
      {head + "calls_over = \"ws\"",
       "7:14: chain.provider.calls_over: names what the provider has not; write its ws, or "
       "\"auto\""},
      {head + "stream_bytes_min = \"65MiB\"",
       "7:20: chain.provider.stream_bytes_min: is above response_bytes_max (64MiB); lower it, or "
       "raise response_bytes_max"},
      {head + "response_bytes_max = \"1KiB\"",
       "7:22: chain.provider.response_bytes_max: is below stream_bytes_min (256KiB); raise it, or "
       "lower stream_bytes_min"},
  });
  // A timeout below connect_timeout is right: the connect ends with the attempt.
  CHECK(faults_of("[[chain]]\nname = \"e\"\nfamily = \"evm\"\n[[chain.provider]]\n" + head +
                  "timeout = \"1s\"\n") == Faults{});
  CHECK(faults_of("[[chain]]\nname = \"s\"\nfamily = \"svm\"\nchain_id = 1\n[[chain.provider]]\n" +
                  head) ==
        Faults{"f.toml:4:12: chain.chain_id: means nothing on an svm chain; remove it"});
}

}  // namespace
}  // namespace sidecar::testing
