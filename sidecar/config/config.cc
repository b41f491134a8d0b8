#include "config/config.h"

namespace sidecar {

const ChainConfig* default_chain(const Config& config, Family family) {
  for (const ChainConfig& chain : config.chains) {
    if (chain.family == family) {
      return &chain;
    }
  }
  return nullptr;
}

std::string_view family_name(Family family) {
  switch (family) {
    case Family::kEvm:
      return "evm";
    case Family::kSvm:
      return "svm";
  }
  return "evm";
}

}  // namespace sidecar
