/* The messages of the benchmark. A request and its answer have the same length whatever their id is, so that
   many of them in a row are a ring, and a stream of answers can be checked by comparing memory. */

#ifndef MESSAGES_H
#define MESSAGES_H

#include <stddef.h>

enum era { LEGACY, MODERN, NUM_ERAS };      /* 2025-11-25 with its handshake, 2026-07-28 */

enum { FIRST_ID = 10000, ID_DIGITS = 5 };

/* What is said and echoed: with it the requests are 148 and 329 bytes, their line breaks included. */
#define MESSAGE_TEXT "The same forty-eight characters, back and forth."

/* A request is head, id, middle, text, tail. */
#define REQUEST_HEAD "{\"jsonrpc\":\"2.0\",\"id\":"
#define REQUEST_MIDDLE ",\"method\":\"tools/call\",\"params\":{"
#define REQUEST_META                                                    \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}},"
#define REQUEST_CALL "\"name\":\"echo\",\"arguments\":{\"text\":\""
#define REQUEST_MIDDLE_LEGACY REQUEST_MIDDLE REQUEST_CALL
#define REQUEST_MIDDLE_MODERN REQUEST_MIDDLE REQUEST_META REQUEST_CALL
#define REQUEST_TAIL "\"}}}\n"

#define INITIALIZE                                                      \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{" \
    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}," \
    "\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n"
#define INITIALIZED "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"

/* The five digits of an id. */
void message_put_id(char *digits, unsigned id);

size_t message_size(enum era era, size_t text_len);

/* count requests one behind the other, with the ids FIRST_ID to FIRST_ID + ring - 1 over and over. */
char *message_ring(enum era era, const char *text, size_t text_len, size_t count, size_t ring);

/* malloc that ends the program where there is no memory. */
void *message_alloc(size_t size);

#endif
