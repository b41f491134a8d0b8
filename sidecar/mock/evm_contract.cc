#include "mock/evm_contract.h"

#include <algorithm>
#include <array>

#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr int kRevertCode = 3;
constexpr size_t kCodeBytes = 2'048;
constexpr std::string_view kFailure = "failed on request";
constexpr std::string_view kErrorSelector{"\x08\xc3\x79\xa0", 4};         // Error(string)
constexpr std::string_view kBalanceErrorSelector{"\xe4\x50\xd3\x8c", 4};  // see the header

enum class Function {
  kBalanceOf,
  kAllowance,
  kDecimals,
  kSymbol,
  kName,
  kTotalSupply,
  kTransfer,
  kTransferFrom,
  kApprove,
  kFail,
};

struct FunctionRow {
  std::string_view selector;
  Function function;
  size_t words;  // of arguments
};
constexpr std::array<FunctionRow, 10> kFunctions{{
    {{"\x70\xa0\x82\x31", 4}, Function::kBalanceOf, 1},     // balanceOf(address)
    {{"\xdd\x62\xed\x3e", 4}, Function::kAllowance, 2},     // allowance(address,address)
    {{"\x31\x3c\xe5\x67", 4}, Function::kDecimals, 0},      // decimals()
    {{"\x95\xd8\x9b\x41", 4}, Function::kSymbol, 0},        // symbol()
    {{"\x06\xfd\xde\x03", 4}, Function::kName, 0},          // name()
    {{"\x18\x16\x0d\xdd", 4}, Function::kTotalSupply, 0},   // totalSupply()
    {{"\xa9\x05\x9c\xbb", 4}, Function::kTransfer, 2},      // transfer(address,uint256)
    {{"\x23\xb8\x72\xdd", 4}, Function::kTransferFrom, 3},  // transferFrom(address,address,uint256)
    {{"\x09\x5e\xa7\xb3", 4}, Function::kApprove, 2},       // approve(address,uint256)
    {{"\xa9\xcc\x47\x18", 4}, Function::kFail, 0},          // fail()
}};

std::string word(Wide number) {
  return to_big_endian(number, 32);
}

std::string text_words(std::string_view text) {
  std::string padded(text);
  padded.resize((text.size() + 31) / 32 * 32);
  return word(32) + word(text.size()) + padded;
}

MethodReply returned(std::string_view bytes) {
  return MethodReply::text_result(to_hex(bytes));
}

MethodReply reverted(std::string_view message, std::string_view data) {
  return MethodReply::error(kRevertCode, message, '"' + to_hex(data) + '"');
}

std::string symbol_of(const EvmChain& chain, std::string_view token) {
  const auto found = std::find(chain.tokens().begin(), chain.tokens().end(), token);
  return "MOCK" + std::to_string(found - chain.tokens().begin());
}

MethodReply transfer(const EvmChain& chain, std::string_view token, std::string_view from,
                     std::string_view amount_word) {
  const Wide balance = chain.token_balance(token, from);
  const auto amount = from_big_endian(amount_word);
  if (!amount || *amount > balance) {
    return reverted("execution reverted", std::string(kBalanceErrorSelector) +
                                              std::string(12, '\0').append(from) + word(balance) +
                                              std::string(amount_word));
  }
  return returned(word(1));
}

}  // namespace

MethodReply call_contract(const EvmChain& chain, const EvmCall& call) {
  if (call.to.empty() || !chain.is_token(call.to)) {
    return returned("");
  }
  const std::string_view input = call.input;
  const auto* row = std::find_if(kFunctions.begin(), kFunctions.end(), [input](const auto& each) {
    return input.starts_with(each.selector) && input.size() >= 4 + 32 * each.words;
  });
  if (row == kFunctions.end()) {
    return reverted("execution reverted", "");
  }
  const auto argument = [input](size_t index) { return input.substr(4 + 32 * index, 32); };
  switch (row->function) {
    case Function::kBalanceOf:
      return returned(word(chain.token_balance(call.to, argument(0).substr(12))));
    case Function::kAllowance:
      return returned(word(0));
    case Function::kDecimals:
      return returned(word(chain.token_decimals(call.to)));
    case Function::kSymbol:
      return returned(text_words(symbol_of(chain, call.to)));
    case Function::kName:
      return returned(text_words("Mock token " + symbol_of(chain, call.to).substr(4)));
    case Function::kTotalSupply:
      return returned(word(Wide{1'000'000'000'000'000'000} * 1'000'000'000));
    case Function::kTransfer:
      return transfer(chain, call.to, call.from, argument(1));
    case Function::kTransferFrom:
      return transfer(chain, call.to, argument(0).substr(12), argument(2));
    case Function::kApprove:
      return returned(word(1));
    case Function::kFail:
      return reverted("execution reverted: " + std::string(kFailure),
                      std::string(kErrorSelector) + text_words(kFailure));
  }
  return reverted("execution reverted", "");
}

std::string contract_code(const EvmChain& chain, std::string_view address) {
  if (!chain.is_token(address)) {
    return "";
  }
  const auto index = static_cast<uint64_t>(
      std::find(chain.tokens().begin(), chain.tokens().end(), address) - chain.tokens().begin());
  return std::string("\x60\x80\x60\x40\x52", 5) +  // how solc's code begins
         chain.derivation().bytes(Domain::kToken, EvmChain::kTokens + index, kCodeBytes - 5);
}

}  // namespace sidecar
