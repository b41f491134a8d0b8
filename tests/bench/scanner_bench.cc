#include "rpc/scanner.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "rpc/compact.h"
#include "rpc/rapidjson_reader.h"

// How fast answers are checked and rewritten, on the shapes that providers send: GB/s of the
// scanner in one piece and in 64 KiB chunks, of the compact writer, and of RapidJSON's SAX reader
// (iterative, validating, numbers as strings) on the same bytes in the same run.

namespace sidecar {
namespace {

constexpr size_t kShapeBytes = 1 << 20;
constexpr size_t kChunkBytes = 64 << 10;
constexpr double kSecondsPerFigure = 0.25;

std::string random_text(std::mt19937& rng, std::string_view alphabet, size_t length) {
  std::string text(length, ' ');
  for (char& letter : text) {
    letter = alphabet[rng() % alphabet.size()];
  }
  return text;
}

std::string hex(std::mt19937& rng, size_t digits) {
  return "\"0x" + random_text(rng, "0123456789abcdef", digits) + "\"";
}

std::string log_entry(std::mt19937& rng) {
  return "{\"address\":" + hex(rng, 40) + ",\"topics\":[" + hex(rng, 64) + "," + hex(rng, 64) +
         "," + hex(rng, 64) + "],\"data\":" + hex(rng, 64) + ",\"blockNumber\":" + hex(rng, 7) +
         ",\"transactionHash\":" + hex(rng, 64) + ",\"transactionIndex\":" + hex(rng, 2) +
         ",\"blockHash\":" + hex(rng, 64) + ",\"logIndex\":" + hex(rng, 2) + ",\"removed\":false}";
}

std::string transaction(std::mt19937& rng) {
  return "{\"type\":\"0x2\",\"chainId\":\"0x1\",\"nonce\":" + hex(rng, 3) +
         ",\"gas\":" + hex(rng, 5) + ",\"maxFeePerGas\":" + hex(rng, 9) +
         ",\"maxPriorityFeePerGas\":\"0x0\",\"to\":" + hex(rng, 40) + ",\"value\":" + hex(rng, 15) +
         ",\"accessList\":[],\"input\":" + hex(rng, 8 + 64 * (rng() % 6)) +
         ",\"r\":" + hex(rng, 64) + ",\"s\":" + hex(rng, 64) +
         ",\"yParity\":\"0x1\",\"v\":\"0x1\",\"hash\":" + hex(rng, 64) +
         ",\"blockHash\":" + hex(rng, 64) + ",\"blockNumber\":" + hex(rng, 7) +
         ",\"transactionIndex\":" + hex(rng, 2) + ",\"from\":" + hex(rng, 40) +
         ",\"gasPrice\":" + hex(rng, 9) + "}";
}

std::string program_account(std::mt19937& rng) {
  constexpr std::string_view kBase64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return "{\"account\":{\"data\":[\"" + random_text(rng, kBase64, 220) +
         "\",\"base64\"],\"executable\":false,\"lamports\":2039280,\"owner\":"
         "\"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA\",\"rentEpoch\":18446744073709551615,"
         "\"space\":165},\"pubkey\":\"" +
         random_text(rng, kBase64, 44) + "\"}";
}

std::string small_numbers(std::mt19937& rng) {
  return std::to_string(rng() % 2000) + "," + std::to_string(rng() % 100) + ".25,0";
}

std::string answer(std::string (*element)(std::mt19937&)) {
  std::mt19937 rng(1);
  std::string text = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[" + element(rng);
  while (text.size() < kShapeBytes) {
    text += "," + element(rng);
  }
  return text + "]}";
}

void scan(std::string_view text, size_t chunk_bytes) {
  JsonScanner scanner;
  ScanStatus status = ScanStatus::kNeedMore;
  for (size_t at = 0; at < text.size(); at += chunk_bytes) {
    status = scanner.feed(text.substr(at, chunk_bytes)).status;
  }
  if (status != ScanStatus::kDone) {
    std::abort();
  }
}

void scan_whole(std::string_view text) {
  scan(text, text.size());
}
void scan_chunks(std::string_view text) {
  scan(text, kChunkBytes);
}

void compact(std::string_view text) {
  static std::string out;
  out.clear();
  append_compact(out, text);
  if (out.size() != text.size()) {
    std::abort();
  }
}

void rapidjson_sax(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::BaseReaderHandler<> ignore;
  rapidjson::Reader reader;
  if (!reader.Parse<kRapidJsonFlags>(stream, ignore)) {
    std::abort();
  }
}

double gigabytes_per_second(void (*work)(std::string_view), std::string_view text) {
  using Clock = std::chrono::steady_clock;
  work(text);
  double best = 0;
  const auto until = Clock::now() + std::chrono::duration<double>(kSecondsPerFigure);
  while (Clock::now() < until) {
    const auto before = Clock::now();
    work(text);
    const std::chrono::duration<double> took = Clock::now() - before;
    best = std::max(best, static_cast<double>(text.size()) / took.count() / 1e9);
  }
  return best;
}

}  // namespace
}  // namespace sidecar

int main() {
  using namespace sidecar;
  const struct {
    const char* name;
    std::string (*element)(std::mt19937&);
  } shapes[] = {
      {"eth_getLogs", log_entry},
      {"block with full transactions", transaction},
      {"getProgramAccounts base64", program_account},
      {"many small numbers", small_numbers},
  };
  std::printf("%-30s %10s %10s %10s %10s   (GB/s)\n", "1 MB answer", "scan", "in 64 KiB", "compact",
              "RapidJSON");
  for (const auto& shape : shapes) {
    const std::string text = answer(shape.element);
    std::printf("%-30s %10.2f %10.2f %10.2f %10.2f\n", shape.name,
                gigabytes_per_second(scan_whole, text), gigabytes_per_second(scan_chunks, text),
                gigabytes_per_second(compact, text), gigabytes_per_second(rapidjson_sax, text));
  }
  return 0;
}
