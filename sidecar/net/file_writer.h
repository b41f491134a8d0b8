#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace sidecar {

class Loop;

/// Replaces a file as a whole, and surely: after a crash there is the old one or the new one.
///
///   one of libuv's threads: path.new ◀─ bytes ─▶ fsync ─▶ rename ─▶ fsync of the folder
///   the loop:               write ──▶ ... ──▶ on_written
/// Not: it keeps no queue; one write at a time. The file is the owner's alone (0600).
/// Owner: whoever keeps something. Destroying it is fine while a write is under way: the write
/// ends, and nobody is told. Errors: of the system, in words, with the path; the old file stays.
class FileWriter {
 public:
  FileWriter(Loop& loop, std::string path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Requires: is_idle(). `on_written` comes on a later turn of the loop.
  void write(std::string bytes, std::function<void(Status)> on_written);
  bool is_idle() const { return work_ == nullptr; }
  const std::string& path() const { return path_; }

 private:
  struct Work;

  Loop& loop_;
  std::string path_;
  Work* work_ = nullptr;  ///< owned by libuv until it is done
};

}  // namespace sidecar
