#include "proto/frame.h"

#include <string.h>

enum { kBytesAfterLength = RPCS_HEADER_BYTES - RPCS_LENGTH_BYTES };

static void put_u32(uint8_t* at, uint32_t value) {
  at[0] = (uint8_t)(value >> 24);
  at[1] = (uint8_t)(value >> 16);
  at[2] = (uint8_t)(value >> 8);
  at[3] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t* at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int flags_of(uint8_t type) {
  switch (type) {
    case RPCS_RESULT:
      return RPCS_FLAG_MORE;
    case RPCS_EVENT:
      return RPCS_FLAG_REPLAYED | RPCS_FLAG_GAP | RPCS_FLAG_LAST;
    default:
      return 0;
  }
}

const char* rpcs_frame_status_text(rpcs_frame_status status) {
  switch (status) {
    case RPCS_FRAME_OK:
      return "ok";
    case RPCS_FRAME_TOO_SHORT:
      return "frame length is below 12";
    case RPCS_FRAME_TOO_LONG:
      return "frame is longer than the limit";
    case RPCS_FRAME_BAD_TYPE:
      return "unknown frame type";
    case RPCS_FRAME_BAD_FLAGS:
      return "frame flags that its type does not have";
  }
  return "unknown status";
}

void rpcs_encode_header(const rpcs_frame* frame, uint8_t header[RPCS_HEADER_BYTES]) {
  put_u32(header, frame->payload_length + kBytesAfterLength);
  header[4] = frame->type;
  header[5] = frame->flags;
  header[6] = (uint8_t)(frame->chain >> 8);
  header[7] = (uint8_t)frame->chain;
  put_u32(header + 8, (uint32_t)(frame->id >> 32));
  put_u32(header + 12, (uint32_t)frame->id);
}

rpcs_frame_status rpcs_decode_header(const uint8_t header[RPCS_HEADER_BYTES], uint32_t payload_max,
                                     rpcs_frame* frame) {
  const uint32_t length = get_u32(header);
  if (length < kBytesAfterLength) {
    return RPCS_FRAME_TOO_SHORT;
  }
  if (length > RPCS_LENGTH_MAX || length - kBytesAfterLength > payload_max) {
    return RPCS_FRAME_TOO_LONG;
  }
  if (header[4] < RPCS_HELLO || header[4] > RPCS_UNSUBSCRIBE) {
    return RPCS_FRAME_BAD_TYPE;
  }
  if ((header[5] & ~flags_of(header[4])) != 0) {
    return RPCS_FRAME_BAD_FLAGS;
  }
  frame->payload_length = length - kBytesAfterLength;
  frame->type = header[4];
  frame->flags = header[5];
  frame->chain = (uint16_t)(header[6] << 8 | header[7]);
  frame->id = (uint64_t)get_u32(header + 8) << 32 | get_u32(header + 12);
  return RPCS_FRAME_OK;
}

void rpcs_encode_event_head(const rpcs_event_head* head, uint8_t bytes[RPCS_EVENT_HEAD_BYTES]) {
  put_u32(bytes, head->epoch);
  put_u32(bytes + 4, (uint32_t)(head->seq >> 32));
  put_u32(bytes + 8, (uint32_t)head->seq);
}

void rpcs_decode_event_head(const uint8_t bytes[RPCS_EVENT_HEAD_BYTES], rpcs_event_head* head) {
  head->epoch = get_u32(bytes);
  head->seq = (uint64_t)get_u32(bytes + 4) << 32 | get_u32(bytes + 8);
}

void rpcs_decoder_init(rpcs_decoder* decoder, uint32_t payload_max) {
  memset(decoder, 0, sizeof(*decoder));
  decoder->payload_max = payload_max;
}

rpcs_event rpcs_decoder_next(rpcs_decoder* decoder, const uint8_t** bytes, size_t* length,
                             const uint8_t** part, size_t* part_length, rpcs_frame_status* status) {
  if (!decoder->is_in_payload) {
    size_t take = RPCS_HEADER_BYTES - decoder->header_have;
    take = take < *length ? take : *length;
    if (take > 0) { /* *bytes may be null when there are none */
      memcpy(decoder->header + decoder->header_have, *bytes, take);
      decoder->header_have += (uint32_t)take;
      *bytes += take;
      *length -= take;
    }
    if (decoder->header_have < RPCS_HEADER_BYTES) {
      return RPCS_EVENT_NEED_MORE;
    }
    *status = rpcs_decode_header(decoder->header, decoder->payload_max, &decoder->frame);
    if (*status != RPCS_FRAME_OK) {
      return RPCS_EVENT_BAD;
    }
    decoder->is_in_payload = 1;
    decoder->payload_left = decoder->frame.payload_length;
    return RPCS_EVENT_HEADER;
  }
  if (decoder->payload_left == 0) {
    decoder->is_in_payload = 0;
    decoder->header_have = 0;
    return RPCS_EVENT_END;
  }
  if (*length == 0) {
    return RPCS_EVENT_NEED_MORE;
  }
  *part = *bytes;
  *part_length = decoder->payload_left < *length ? decoder->payload_left : *length;
  decoder->payload_left -= (uint32_t)*part_length;
  *bytes += *part_length;
  *length -= *part_length;
  return RPCS_EVENT_PAYLOAD;
}
