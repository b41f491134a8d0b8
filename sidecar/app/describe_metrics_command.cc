#include <cstdio>

#include "app/commands.h"
#include "app/metric_table.h"

namespace sidecar {

namespace {

int describe(const Arguments&) {
  std::fputs(describe_metrics().c_str(), stdout);
  return kExitOk;
}

}  // namespace

const Command kDescribeMetricsCommand{
    .name = "describe-metrics",
    .positional = "",
    .sentence = "print every metric with its type, unit, labels and meaning",
    .options = {},
    .notes =
        "A running sidecar shows them at /metrics, in Prometheus' text format.\n"
        "How many series a configuration makes at most is said by rpc-sidecar check.",
    .run = describe};

}  // namespace sidecar
