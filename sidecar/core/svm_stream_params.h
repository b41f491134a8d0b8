#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sidecar {

/// What a Solana subscription was asked with, and what its stream asks with in turn.
/// Requires: FeedSpec's canonical params, `[subject,{config}]` or `[]`. Owner: a stream, by value.
class SvmStreamParams {
 public:
  explicit SvmStreamParams(std::string_view params);

  /// The lexeme: an account, a signature, a filter.
  const std::string& subject() const { return subject_; }
  /// The member's lexeme, empty when there is none.
  std::string_view option(std::string_view name) const;
  const std::string& commitment() const { return commitment_; }
  /// For methods that do not know "processed": what is confirmed is the next best.
  std::string_view settled_commitment() const {
    return commitment_ == "processed" ? std::string_view("confirmed") : commitment_;
  }
  /// The config with these members only, and `added`, written as members, at its end.
  std::string config(std::initializer_list<std::string_view> kept, std::string_view added) const;

 private:
  std::string subject_;
  std::string config_ = "{}";
  std::string commitment_ = "finalized";
};

/// `{"commitment":"confirmed"}`
std::string commitment_config(std::string_view commitment);
/// `[7,9,{"commitment":"confirmed"}]`, of getBlocks.
std::string slot_range_params(uint64_t from, uint64_t to, std::string_view commitment);
/// Members of a gap. The end of a stretch is not always known.
std::string slots_from(uint64_t from);
std::string slots_from_to(uint64_t from, uint64_t to);

}  // namespace sidecar
