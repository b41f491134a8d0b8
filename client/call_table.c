#include "client/call_table.h"

#include <stdlib.h>
#include <string.h>

/* Ids are handed out in order, so as many buckets as calls leaves most buckets with one call. */
enum { kBucketsMin = 16, kBucketsMax = 1 << 16, kHeapMin = 16 };

int rpcs_call_table_init(rpcs_call_table* table, uint32_t calls_max) {
  memset(table, 0, sizeof(*table));
  size_t count = kBucketsMin;
  while (count < calls_max && count < kBucketsMax) {
    count *= 2;
  }
  table->buckets = calloc(count, sizeof(rpcs_open_call*));
  table->bucket_mask = count - 1;
  return table->buckets != NULL;
}

void rpcs_call_table_free(rpcs_call_table* table) {
  free(table->buckets);
  free(table->heap);
  memset(table, 0, sizeof(*table));
}

static void heap_set(rpcs_call_table* table, size_t at, rpcs_open_call* call) {
  table->heap[at] = call;
  call->heap_at = at;
}

static void heap_up(rpcs_call_table* table, size_t at) {
  rpcs_open_call* call = table->heap[at];
  while (at > 0) {
    const size_t parent = (at - 1) / 2;
    if (table->heap[parent]->deadline_at <= call->deadline_at) {
      break;
    }
    heap_set(table, at, table->heap[parent]);
    at = parent;
  }
  heap_set(table, at, call);
}

static void heap_down(rpcs_call_table* table, size_t at) {
  rpcs_open_call* call = table->heap[at];
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= table->count) {
      break;
    }
    if (child + 1 < table->count &&
        table->heap[child + 1]->deadline_at < table->heap[child]->deadline_at) {
      ++child;
    }
    if (call->deadline_at <= table->heap[child]->deadline_at) {
      break;
    }
    heap_set(table, at, table->heap[child]);
    at = child;
  }
  heap_set(table, at, call);
}

int rpcs_call_table_add(rpcs_call_table* table, rpcs_open_call* call) {
  if (table->count == table->heap_capacity) {
    const size_t capacity = table->heap_capacity == 0 ? kHeapMin : table->heap_capacity * 2;
    rpcs_open_call** heap = realloc(table->heap, capacity * sizeof(rpcs_open_call*));
    if (heap == NULL) {
      return 0;
    }
    table->heap = heap;
    table->heap_capacity = capacity;
  }
  rpcs_open_call** bucket = &table->buckets[call->id & table->bucket_mask];
  call->next = *bucket;
  *bucket = call;
  heap_set(table, table->count, call);
  ++table->count;
  heap_up(table, call->heap_at);
  return 1;
}

void rpcs_call_table_remove(rpcs_call_table* table, rpcs_open_call* call) {
  rpcs_open_call** link = &table->buckets[call->id & table->bucket_mask];
  while (*link != call) {
    link = &(*link)->next;
  }
  *link = call->next;
  call->next = NULL;

  const size_t at = call->heap_at;
  --table->count;
  rpcs_open_call* last = table->heap[table->count];
  if (last != call) {
    heap_set(table, at, last);
    heap_up(table, at);
    heap_down(table, last->heap_at);
  }
}

rpcs_open_call* rpcs_call_table_find(const rpcs_call_table* table, uint64_t id) {
  rpcs_open_call* call = table->buckets[id & table->bucket_mask];
  while (call != NULL && call->id != id) {
    call = call->next;
  }
  return call;
}

rpcs_open_call* rpcs_call_table_earliest(const rpcs_call_table* table) {
  return table->count > 0 ? table->heap[0] : NULL;
}

void rpcs_open_call_free(rpcs_open_call* call) {
  if (call != NULL) {
    rpcs_bytes_free(&call->answer);
    free(call->reply);
    free(call);
  }
}
