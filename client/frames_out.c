#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "client/client.h"

enum { kPiecesMax = 64 /* frames given to one sendmsg */ };

int rpcs_push_control(rpcs_client* client, rpcs_frame_type type, uint64_t id,
                      const rpcs_bytes* payload) {
  const size_t length = payload != NULL ? payload->length : 0;
  const rpcs_frame header = {(uint32_t)length, (uint8_t)type, 0, 0, id};
  rpcs_out_frame* frame = rpcs_out_frame_new(&header, NULL, payload != NULL ? payload->at : NULL);
  if (frame == NULL) {
    return 0;
  }
  rpcs_out_queue_push(&client->controls, frame);
  return 1;
}

int rpcs_push_ask(rpcs_client* client, const rpcs_frame* header, const rpcs_bytes* payload) {
  rpcs_out_frame* frame = rpcs_out_frame_new(header, NULL, payload != NULL ? payload->at : NULL);
  if (frame == NULL) {
    return 0;
  }
  rpcs_out_queue_push(&client->asks, frame);
  return 1;
}

/* How many more calls the sidecar takes from us now. */
static uint64_t calls_allowed(const rpcs_client* client) {
  if (client->phase != RPCS_PHASE_READY) {
    return 0;
  }
  const uint64_t limit = client->welcome.calls_in_flight_max;
  if (limit == 0) {
    return UINT32_MAX;
  }
  return limit > client->sent_count ? limit - client->sent_count : 0;
}

static int is_begun(const rpcs_out_frame* frame) {
  return frame != NULL && frame->sent > 0;
}

int rpcs_has_output(const rpcs_client* client) {
  if (client->fd < 0) {
    return 0;
  }
  return client->controls.first != NULL || client->asks.first != NULL ||
         is_begun(client->queued.first) ||
         (client->queued.first != NULL && calls_allowed(client) > 0);
}

static size_t add_piece(struct iovec* pieces, size_t count, rpcs_out_frame* frame) {
  pieces[count].iov_base = frame->bytes + frame->sent;
  pieces[count].iov_len = frame->length - frame->sent;
  return count + 1;
}

static size_t add_queue(struct iovec* pieces, size_t count, rpcs_out_frame* frame,
                        uint64_t allowed) {
  for (; frame != NULL && count < kPiecesMax && allowed > 0; frame = frame->next, --allowed) {
    count = add_piece(pieces, count, frame);
  }
  return count;
}

/* In the order of leaving: what is begun (only one frame can be), controls, asks, calls. */
static size_t gather(rpcs_client* client, struct iovec* pieces) {
  size_t count = 0;
  rpcs_out_frame* ask = client->asks.first;
  rpcs_out_frame* call = client->queued.first;
  if (is_begun(ask)) {
    count = add_piece(pieces, count, ask);
    ask = ask->next;
  } else if (is_begun(call)) {
    count = add_piece(pieces, count, call);
    call = call->next;
  }
  count = add_queue(pieces, count, client->controls.first, UINT64_MAX);
  count = add_queue(pieces, count, ask, UINT64_MAX);
  return add_queue(pieces, count, call, calls_allowed(client));
}

/* Marks what has left, in the order of gather. Returns the bytes that belong to other frames. */
static size_t mark_sent(rpcs_client* client, rpcs_out_queue* queue, size_t sent) {
  rpcs_out_frame* frame = queue->first;
  const size_t left = frame->length - frame->sent;
  const size_t taken = sent < left ? sent : left;
  rpcs_open_call* call =
      frame->call_id != 0 ? rpcs_call_table_find(&client->calls, frame->call_id) : NULL;
  if (call != NULL && !call->is_sent && taken > 0) {
    call->is_sent = 1;
    ++client->sent_count;
  }
  frame->sent += taken;
  if (frame->sent == frame->length) {
    rpcs_out_queue_take(queue, frame);
    if (call != NULL) {
      client->kept_bytes += frame->length; /* in case it is to be sent again */
    } else {
      free(frame);
    }
  }
  return sent - taken;
}

static void mark_all_sent(rpcs_client* client, size_t sent) {
  if (sent > 0 && is_begun(client->asks.first)) {
    sent = mark_sent(client, &client->asks, sent);
  } else if (sent > 0 && is_begun(client->queued.first)) {
    sent = mark_sent(client, &client->queued, sent);
  }
  while (sent > 0 && client->controls.first != NULL) {
    sent = mark_sent(client, &client->controls, sent);
  }
  while (sent > 0 && client->asks.first != NULL) {
    sent = mark_sent(client, &client->asks, sent);
  }
  while (sent > 0 && client->queued.first != NULL) {
    sent = mark_sent(client, &client->queued, sent);
  }
}

/* The other end is gone for writing, but may have left answers and a word on why. */
static void on_send_failed(rpcs_client* client, int error) {
  rpcs_note(client, "%s: %s", client->options.socket_path, strerror(error));
  rpcs_read_arrived(client, 1);
  if (client->phase != RPCS_PHASE_WAITING) {
    rpcs_connection_lost(client, RPCS_E_LOST);
  }
}

void rpcs_flush(rpcs_client* client) {
  while (rpcs_has_output(client)) {
    struct iovec pieces[kPiecesMax];
    struct msghdr message;
    memset(&message, 0, sizeof(message));
    message.msg_iov = pieces;
    message.msg_iovlen = gather(client, pieces);
    const ssize_t sent = sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      mark_all_sent(client, (size_t)sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR) {
      on_send_failed(client, errno);
      return;
    }
  }
}
