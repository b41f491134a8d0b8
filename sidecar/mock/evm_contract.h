#pragma once

#include <cstdint>
#include <optional>

#include "mock/evm_chain.h"
#include "mock/evm_params.h"
#include "mock/method_reply.h"

namespace sidecar {

/// What the chain's contracts answer. All of them are ERC-20 tokens: balanceOf, allowance,
/// decimals, symbol, name, totalSupply, and transfer, approve and transferFrom as dry runs.
/// Reverts, as on a real chain: a transfer of more than the sender's balance with the custom error
/// ERC20InsufficientBalance(address,uint256,uint256), `fail()` with Error(string), any other
/// selector without data. An address that is no contract answers `0x`.

/// The result of eth_call, or the error of a revert (code 3, with its data).
MethodReply call_contract(const EvmChain& chain, const EvmCall& call);

/// The code at an address; empty for no contract.
std::string contract_code(const EvmChain& chain, std::string_view address);

}  // namespace sidecar
