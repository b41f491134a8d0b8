#pragma once

#include <memory>
#include <string_view>

#include "base/time.h"

namespace sidecar {

/// A terminal that is drawn over and over, by ncurses. One at a time.
/// Owner: `rpc-sidecar top`. The terminal is as before once it is destroyed.
class TopScreen {
 public:
  /// Null: standard output is no terminal that ncurses knows.
  static std::unique_ptr<TopScreen> open();
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  /// Text as TextTable writes it, and `footer` in the last line. What has no room is cut off.
  void draw(std::string_view text, std::string_view footer);
  /// The key pressed within this time; 0: none was. A changed window size counts as none.
  int wait_key(Millis time);

 private:
  TopScreen() = default;
};

}  // namespace sidecar
