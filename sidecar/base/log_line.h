#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/log.h"

namespace sidecar::log {

/// The body of one line, without time and end, in which no value can be taken for anything else:
///   kText     event key=value key="with \"quotes\""
///   kJournal  <6>event key=value       journald takes the priority off and adds the time
///   kJson     "event":"...","key":"value","count":3      the caller puts braces and time around it
/// Control characters and bytes that are no UTF-8 are escaped, so one event is one line.
/// Source: sd-daemon(3) for the priorities; RFC 8259, section 7 for JSON's escapes.
std::string line_body(Format format, Level level, std::string_view event,
                      std::span<const Field> fields);

/// Is standard error the journal's own stream? `journal_stream`: $JOURNAL_STREAM, "device:inode";
/// may be null. Source: systemd.exec(5).
bool is_journal(const char* journal_stream, int fd);

}  // namespace sidecar::log
