#ifndef RPCS_FRAME_H
#define RPCS_FRAME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The frame header of proto/PROTOCOL.md, shared by sidecar and client.
 * Not: it holds no socket and no buffer, and reads no payload.
 * Units: bytes.  Errors: as rpcs_frame_status. */

enum {
  RPCS_HEADER_BYTES = 16,
  RPCS_LENGTH_BYTES = 4,        /* of the length field, which does not count itself */
  RPCS_LENGTH_MAX = 0x07ffffff, /* so that a frame's first byte is 0x00-0x07 */
  RPCS_PAYLOAD_MAX = RPCS_LENGTH_MAX - (RPCS_HEADER_BYTES - RPCS_LENGTH_BYTES),
  RPCS_PING_BYTES_MAX = 125,
  RPCS_VERSION = 1
};

typedef enum rpcs_frame_type {
  RPCS_HELLO = 1,
  RPCS_CALL = 2,
  RPCS_RESULT = 3,
  RPCS_ERROR = 4,
  RPCS_SUBSCRIBE = 5,
  RPCS_EVENT = 6,
  RPCS_CANCEL = 7,
  RPCS_PING = 8,
  RPCS_PONG = 9,
  RPCS_GOAWAY = 10,
  RPCS_WELCOME = 11,
  RPCS_UNSUBSCRIBE = 12
} rpcs_frame_type;

enum {
  RPCS_FLAG_MORE = 0x01, /* the message goes on in the next frame with this type and id */
  RPCS_FLAG_REPLAYED =
      0x02,             /* EVENT: late, of a stretch that was missed at first or resumed over */
  RPCS_FLAG_GAP = 0x04, /* EVENT: not an event, but word of what is missing */
  RPCS_FLAG_LAST = 0x08 /* EVENT: the subscription has ended by itself */
};

/* The 12 bytes that an EVENT's payload begins with. */
enum { RPCS_EVENT_HEAD_BYTES = 12 };
typedef struct rpcs_event_head {
  uint32_t epoch;
  uint64_t seq;
} rpcs_event_head;
void rpcs_encode_event_head(const rpcs_event_head* head, uint8_t bytes[RPCS_EVENT_HEAD_BYTES]);
void rpcs_decode_event_head(const uint8_t bytes[RPCS_EVENT_HEAD_BYTES], rpcs_event_head* head);

/* One header, decoded. */
typedef struct rpcs_frame {
  uint32_t payload_length;
  uint8_t type;  /* rpcs_frame_type */
  uint8_t flags; /* RPCS_FLAG_* */
  uint16_t chain;
  uint64_t id;
} rpcs_frame;

typedef enum rpcs_frame_status {
  RPCS_FRAME_OK = 0,
  RPCS_FRAME_TOO_SHORT, /* length below 12 */
  RPCS_FRAME_TOO_LONG,  /* payload over the limit, or length over RPCS_LENGTH_MAX */
  RPCS_FRAME_BAD_TYPE,
  RPCS_FRAME_BAD_FLAGS /* a bit that frames of this type do not have */
} rpcs_frame_status;

/* A sentence for people; never null. */
const char* rpcs_frame_status_text(rpcs_frame_status status);

/* Requires: frame->payload_length <= RPCS_PAYLOAD_MAX. */
void rpcs_encode_header(const rpcs_frame* frame, uint8_t header[RPCS_HEADER_BYTES]);

/* On failure *frame is untouched. */
rpcs_frame_status rpcs_decode_header(const uint8_t header[RPCS_HEADER_BYTES], uint32_t payload_max,
                                     rpcs_frame* frame);

/* Cuts a byte stream into frames without copying payload: memory is the reader's own, and what a
 * header promises is never allocated.
 * Shape: rpcs_decoder_next until RPCS_EVENT_NEED_MORE; an error is final. */
typedef struct rpcs_decoder {
  uint32_t payload_max;
  uint32_t payload_left;
  uint32_t header_have;
  uint8_t header[RPCS_HEADER_BYTES];
  uint8_t is_in_payload;
  rpcs_frame frame;
} rpcs_decoder;

typedef enum rpcs_event {
  RPCS_EVENT_NEED_MORE, /* all bytes were used */
  RPCS_EVENT_HEADER,    /* decoder->frame is valid */
  RPCS_EVENT_PAYLOAD,   /* some of its payload */
  RPCS_EVENT_END,       /* the frame is complete */
  RPCS_EVENT_BAD        /* *status says why */
} rpcs_event;

void rpcs_decoder_init(rpcs_decoder* decoder, uint32_t payload_max);

/* Takes bytes off the front of [*bytes, *bytes + *length) and moves both on. For
 * RPCS_EVENT_PAYLOAD, *part and *part_length are the payload bytes, inside the input. */
rpcs_event rpcs_decoder_next(rpcs_decoder* decoder, const uint8_t** bytes, size_t* length,
                             const uint8_t** part, size_t* part_length, rpcs_frame_status* status);

#ifdef __cplusplus
}
#endif

#endif
