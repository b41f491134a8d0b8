#include <cstdint>
#include <cstdlib>
#include <string>

#include "proto/frame.h"

namespace {

/// What the decoder tells of `bytes`, cut into pieces of `piece` bytes, as one comparable text.
std::string told(const uint8_t* bytes, size_t length, size_t piece) {
  rpcs_decoder decoder;
  rpcs_decoder_init(&decoder, 4096);
  std::string told;
  std::string payload;
  while (length > 0) {
    const uint8_t* at = bytes;
    size_t left = piece < length ? piece : length;
    bytes += left;
    length -= left;
    for (;;) {
      const uint8_t* part = nullptr;
      size_t part_length = 0;
      rpcs_frame_status status = RPCS_FRAME_OK;
      const rpcs_event event =
          rpcs_decoder_next(&decoder, &at, &left, &part, &part_length, &status);
      if (event == RPCS_EVENT_NEED_MORE) {
        break;
      }
      if (event == RPCS_EVENT_BAD) {
        return told + "bad" + std::to_string(status);
      }
      if (event == RPCS_EVENT_PAYLOAD) {
        payload.append(reinterpret_cast<const char*>(part), part_length);
      }
      if (event == RPCS_EVENT_END) {
        if (payload.size() != decoder.frame.payload_length) {
          std::abort();
        }
        told += std::to_string(decoder.frame.type) + ":" + std::to_string(decoder.frame.id) + ":" +
                payload + ";";
        payload.clear();
      }
    }
  }
  return told;
}

}  // namespace

/// However a stream is split, the same frames come out of it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const size_t piece = 1 + data[0] % 32;
  if (told(data + 1, size - 1, piece) != told(data + 1, size - 1, size)) {
    std::abort();
  }
  return 0;
}
