#include "downstream/welcome.h"

#include "proto/frame.h"
#include "rpc/json_writer.h"

namespace sidecar {

std::string welcome_text(const std::vector<ChainInfo>& chains, const SessionLimits& limits) {
  std::string text;
  JsonWriter welcome(text);
  welcome.begin_object();
  welcome.key("version").number(uint64_t{RPCS_VERSION});
  welcome.key("server").string("rpc-sidecar");
  welcome.key("chains").begin_array();
  for (const ChainInfo& chain : chains) {
    welcome.begin_object();
    welcome.key("number").number(uint64_t{chain.number});
    welcome.key("name").string(chain.name);
    welcome.key("family").string(chain.family == Family::kEvm ? "evm" : "svm");
    if (chain.chain_id != 0) {
      welcome.key("chain_id").number(chain.chain_id);
    }
    welcome.end_object();
  }
  welcome.end_array();
  welcome.key("limits").begin_object();
  welcome.key("frame_bytes_max").number(uint64_t{limits.request_bytes_max});
  welcome.key("calls_in_flight_max").number(uint64_t{limits.calls_in_flight_max});
  welcome.end_object();
  welcome.end_object();
  return text;
}

}  // namespace sidecar
