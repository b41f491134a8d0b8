#include "mock/evm_json.h"

#include <algorithm>
#include <array>

#include "rpc/byte_text.h"
#include "rpc/keccak.h"

namespace sidecar {

namespace {

constexpr std::string_view kNoUncles =
    "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
constexpr uint64_t kBlockBytesEmpty = 640;
constexpr uint64_t kTransactionBytes = 180;

/// The 2048-bit filter over addresses and topics. Source: Yellow Paper, 4.3.1.
class Bloom {
 public:
  void add(const EvmLog& log) {
    add(log.address);
    for (const std::string& topic : log.topics) {
      add(topic);
    }
  }
  std::string hex() const { return to_hex(bits_); }

 private:
  void add(std::string_view entry) {
    const std::string digest = keccak256(entry);
    for (size_t i = 0; i < 6; i += 2) {
      const size_t bit =
          (size_t{static_cast<uint8_t>(digest[i])} << 8 | static_cast<uint8_t>(digest[i + 1])) &
          2047u;
      bits_[255 - bit / 8] = static_cast<char>(bits_[255 - bit / 8] | 1 << (bit % 8));
    }
  }

  std::string bits_ = std::string(256, '\0');
};

JsonWriter& hex(JsonWriter& writer, std::string_view key, std::string_view bytes) {
  return writer.key(key).string(to_hex(bytes));
}

JsonWriter& quantity(JsonWriter& writer, std::string_view key, Wide number) {
  return writer.key(key).string(to_quantity(number));
}

JsonWriter& empty_list(JsonWriter& writer, std::string_view key) {
  return writer.key(key).begin_array().end_array();
}

std::string bloom_of(const EvmBlock& block) {
  Bloom bloom;
  for (const EvmTransaction& transaction : block.transactions) {
    if (transaction.log) {
      bloom.add(*transaction.log);
    }
  }
  return bloom.hex();
}

/// Numbers of 32 bytes are written as quantities too: without leading zeros.
std::string signature_part(std::string_view bytes) {
  const std::string digits = to_hex(bytes).substr(2);
  const size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return "0x" + digits.substr(first);
}

void write_roots(JsonWriter& writer, const EvmChain& chain, uint64_t number) {
  constexpr std::array<std::string_view, 6> kRoots{"stateRoot",       "transactionsRoot",
                                                   "receiptsRoot",    "mixHash",
                                                   "withdrawalsRoot", "parentBeaconBlockRoot"};
  for (size_t i = 0; i < kRoots.size(); ++i) {
    hex(writer, kRoots[i],
        chain.derivation().bytes(Domain::kBlockRoot, number * kRoots.size() + i, 32));
  }
}

void write_header(JsonWriter& writer, const EvmChain& chain, const EvmBlock& block,
                  bool is_pending) {
  if (is_pending) {
    writer.key("hash").null().key("miner").null().key("nonce").null();
  } else {
    hex(writer, "hash", block.hash);
    hex(writer, "miner", block.miner);
    writer.key("nonce").string("0x0000000000000000");
  }
  quantity(writer, "number", block.number);
  hex(writer, "parentHash", block.parent_hash);
  quantity(writer, "timestamp", block.unix_seconds);
  quantity(writer, "baseFeePerGas", block.base_fee);
  quantity(writer, "gasLimit", kEvmGasLimit);
  quantity(writer, "gasUsed", block.gas_used);
  quantity(writer, "difficulty", 0);
  quantity(writer, "blobGasUsed", 0);
  quantity(writer, "excessBlobGas", 0);
  hex(writer, "extraData", "mock");
  writer.key("sha3Uncles").string(kNoUncles).key("logsBloom").string(bloom_of(block));
  write_roots(writer, chain, block.number);
}

void write_fees(JsonWriter& writer, const EvmChain& chain, const EvmTransaction& transaction) {
  if (transaction.type == 0) {
    quantity(writer, "gasPrice", transaction.fee_max);
    if (transaction.v >= 35) {
      quantity(writer, "chainId", (transaction.v - 35) / 2);
    }
    return;
  }
  quantity(writer, "gasPrice", effective_gas_price(transaction, chain.base_fee(transaction.block)));
  quantity(writer, "chainId", chain.options().chain_id);
  empty_list(writer, "accessList");
  quantity(writer, "yParity", transaction.v);
  if (transaction.type >= 2) {
    quantity(writer, "maxFeePerGas", transaction.fee_max);
    quantity(writer, "maxPriorityFeePerGas", transaction.priority_fee_max);
  }
  if (transaction.type == 3) {
    quantity(writer, "maxFeePerBlobGas", 0);
    empty_list(writer, "blobVersionedHashes");
  }
  if (transaction.type == 4) {
    empty_list(writer, "authorizationList");
  }
}

void write_to(JsonWriter& writer, const EvmTransaction& transaction) {
  if (transaction.to.empty()) {
    writer.key("to").null();
  } else {
    hex(writer, "to", transaction.to);
  }
}

}  // namespace

Wide effective_gas_price(const EvmTransaction& transaction, Wide base_fee) {
  return transaction.type < 2
             ? transaction.fee_max
             : std::min(transaction.fee_max, base_fee + transaction.priority_fee_max);
}

void write_evm_block(JsonWriter& writer, const EvmChain& chain, const EvmBlock& block,
                     bool has_whole_transactions, bool is_pending) {
  writer.begin_object();
  write_header(writer, chain, block, is_pending);
  quantity(writer, "size", kBlockBytesEmpty + kTransactionBytes * block.transactions.size());
  empty_list(writer, "uncles");
  empty_list(writer, "withdrawals");
  writer.key("transactions").begin_array();
  for (const EvmTransaction& transaction : block.transactions) {
    if (has_whole_transactions) {
      write_evm_transaction(writer, chain, transaction, is_pending);
    } else {
      writer.string(to_hex(transaction.hash));
    }
  }
  writer.end_array().end_object();
}

void write_evm_head(JsonWriter& writer, const EvmChain& chain, const EvmBlock& block) {
  writer.begin_object();
  write_header(writer, chain, block, false);
  writer.end_object();
}

void write_evm_transaction(JsonWriter& writer, const EvmChain& chain,
                           const EvmTransaction& transaction, bool is_pending) {
  writer.begin_object();
  if (is_pending) {
    writer.key("blockHash").null().key("blockNumber").null().key("transactionIndex").null();
  } else {
    hex(writer, "blockHash", chain.block_hash(transaction.block));
    quantity(writer, "blockNumber", transaction.block);
    quantity(writer, "transactionIndex", transaction.index);
  }
  hex(writer, "hash", transaction.hash);
  quantity(writer, "type", transaction.type);
  hex(writer, "from", transaction.from);
  write_to(writer, transaction);
  quantity(writer, "nonce", transaction.nonce);
  quantity(writer, "value", transaction.value);
  hex(writer, "input", transaction.input);
  quantity(writer, "gas", transaction.gas_limit);
  write_fees(writer, chain, transaction);
  quantity(writer, "v", transaction.v);
  writer.key("r").string(signature_part(transaction.r));
  writer.key("s").string(signature_part(transaction.s));
  writer.end_object();
}

void write_evm_receipt(JsonWriter& writer, const EvmChain& chain, const EvmBlock& block,
                       size_t index) {
  const EvmTransaction& transaction = block.transactions[index];
  uint64_t gas_so_far = 0;
  for (size_t i = 0; i <= index; ++i) {
    gas_so_far += block.transactions[i].gas_used;
  }
  writer.begin_object();
  hex(writer, "transactionHash", transaction.hash);
  quantity(writer, "transactionIndex", transaction.index);
  hex(writer, "blockHash", block.hash);
  quantity(writer, "blockNumber", block.number);
  hex(writer, "from", transaction.from);
  write_to(writer, transaction);
  quantity(writer, "cumulativeGasUsed", gas_so_far);
  quantity(writer, "gasUsed", transaction.gas_used);
  quantity(writer, "effectiveGasPrice", effective_gas_price(transaction, block.base_fee));
  quantity(writer, "type", transaction.type);
  quantity(writer, "status", transaction.is_success ? 1 : 0);
  if (transaction.contract.empty()) {
    writer.key("contractAddress").null();
  } else {
    hex(writer, "contractAddress", transaction.contract);
  }
  Bloom bloom;
  writer.key("logs").begin_array();
  if (transaction.log) {
    bloom.add(*transaction.log);
    write_evm_log(writer, chain, *transaction.log);
  }
  writer.end_array().key("logsBloom").string(bloom.hex()).end_object();
}

void write_evm_log(JsonWriter& writer, const EvmChain& chain, const EvmLog& log, bool is_removed) {
  writer.begin_object();
  hex(writer, "address", log.address);
  writer.key("topics").begin_array();
  for (const std::string& topic : log.topics) {
    writer.string(to_hex(topic));
  }
  writer.end_array();
  hex(writer, "data", log.payload);
  hex(writer, "blockHash", chain.block_hash(log.block));
  quantity(writer, "blockNumber", log.block);
  quantity(writer, "blockTimestamp", chain.unix_seconds(log.block));
  hex(writer, "transactionHash", chain.transaction_hash(log.block, log.transaction_index));
  quantity(writer, "transactionIndex", log.transaction_index);
  quantity(writer, "logIndex", log.log_index);
  writer.key("removed").boolean(is_removed).end_object();
}

}  // namespace sidecar
