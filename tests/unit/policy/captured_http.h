#pragma once

#include "captured_errors.h"

namespace sidecar::testing {

/// Where the HTTP status has a say: the same in both families.
inline constexpr CapturedError kCapturedHttp[] = {
    said("proxyd", -32601, "rpc method is not whitelisted", Outcome::kUnsupported)
        .under(403)
        .to("debug_traceBlock"),
    said("QuickNode", -32612, "custom trace not found in allowed custom traces",
         Outcome::kUnsupported)
        .under(403)
        .by(Vendor::kQuicknode),
    said("PublicNode", -32602, "Archive requests require a personal token.", Outcome::kMissing)
        .under(403),
    said("Alchemy", -32000, "Your account has hit its capacity limit", Outcome::kUnpaid)
        .under(403)
        .by(Vendor::kAlchemy),
    said("Alchemy", -32000,
         "Visit https://dashboard.alchemy.com/settings/billing to upgrade your scaling policy",
         Outcome::kUnpaid)
        .under(403)
        .by(Vendor::kAlchemy),
    bare("QuickNode", 401, Outcome::kUnauthorised).by(Vendor::kQuicknode),
    said("Alchemy", -32600, "Must be authenticated!", Outcome::kUnauthorised)
        .under(401)
        .by(Vendor::kAlchemy),
    said("Infura", 402, "Payment Required", Outcome::kUnpaid).under(402).by(Vendor::kInfura),
    said("Infura", -32002, "rejected due to project ID settings", Outcome::kUnauthorised)
        .under(403)
        .by(Vendor::kInfura),
    bare("Cloudflare", 403, Outcome::kUnauthorised),
    said("proxyd", -32017, "sender is over rate limit", Outcome::kCallerFault)
        .under(429)
        .to("eth_sendRawTransaction"),
    said("Alchemy", 429,
         "Monthly capacity limit exceeded. Visit https://dashboard.alchemyapi.io/settings/billing "
         "to upgrade your scaling policy for continued service.",
         Outcome::kUnpaid)
        .under(429)
        .by(Vendor::kAlchemy),
    said("Helius", -32429, "max usage reached", Outcome::kUnpaid).under(429).by(Vendor::kHelius),
    said("Infura", -32005, "daily request count exceeded, request rate limited", Outcome::kUnpaid)
        .under(429)
        .by(Vendor::kInfura),
    said("Infura", -32005, "project ID request rate exceeded", Outcome::kRateLimited)
        .under(429)
        .by(Vendor::kInfura)
        .with(R"({"rate":{"allowed_rps":50,"backoff_seconds":0,"current_rps":52.3}})"),
    said("QuickNode", -32007,
         "300/second request limit reached - reduce calls per second or upgrade your account at "
         "quicknode.com",
         Outcome::kRateLimited)
        .under(429)
        .by(Vendor::kQuicknode),
    bare("Triton", 429, Outcome::kRateLimited).by(Vendor::kTriton),
    bare("Chainstack", 413, Outcome::kRangeTooLarge),
    said("QuickNode", -32000, "Request Entity Too Large", Outcome::kRangeTooLarge)
        .under(413)
        .by(Vendor::kQuicknode),
    bare("nginx", 500, Outcome::kHttpStatus),
    bare("nginx", 502, Outcome::kHttpStatus),
    bare("Chainstack", 503, Outcome::kHttpStatus),
    bare("Chainstack", 504, Outcome::kHttpStatus),
    bare("Cloudflare", 520, Outcome::kHttpStatus),
    bare("Cloudflare", 530, Outcome::kHttpStatus),
    bare("Conduit", 408, Outcome::kHttpStatus),
    bare("nginx", 400, Outcome::kHttpStatus),
    bare("QuickNode", 404, Outcome::kHttpStatus),
    bare("nginx", 405, Outcome::kHttpStatus),
    bare("nginx", 302, Outcome::kHttpStatus),
    said("a gateway", -32000, "upstream said something odd", Outcome::kNodeFault).under(503),
    said("a gateway", -32000, "upstream said something odd", Outcome::kNodeFault).under(522),
    said("a node", -32000, "something odd", Outcome::kUnknownError).under(500),
};

/// The same, where the body is an EVM node's.
inline constexpr CapturedError kCapturedHttpEvm[] = {
    said("dRPC", -32601, "method not available", Outcome::kUnsupported).under(400),
    said("proxyd", -32019, "block is out of range", Outcome::kMissing).under(400),
    said("proxyd", -32015, "gateway timeout", Outcome::kNodeTimeout).under(504),
    said("dRPC", 30, "Request timeout on the free tier, please upgrade your tier to the paid one",
         Outcome::kNodeTimeout)
        .under(408)
        .by(Vendor::kDrpc),
};

}  // namespace sidecar::testing
