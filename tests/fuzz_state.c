/* fuzz_state.c - any bytes as what a client carries for a server: as a text, as a content that is signed with the
   right key, and as one that the host has decrypted. Nothing is read past its end, and what is opened is sealed to
   the same content again.
   With libFuzzer: clang -fsanitize=fuzzer,address,undefined. With -DFUZZ_MAIN: a program that plays files. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"

#include <stdio.h>
#include <stdlib.h>

#define DEMAND(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); abort(); } } while (0)

static const uint8_t bound[MCP_SHA256_SIZE] = { 7 };

static bool copy(void *user, const void *bytes, size_t len, mcp_buf *out)
{
    (void)user;
    return mcp_buf_add(out, bytes, len);
}

/* Opens bytes where memory ends, and if that went well seals what it got: *again is the text of that. */
static int open_text(mcpi_peer *peer, const char *bytes, size_t len, mcp_buf *again)
{
    mcpi_peer_state state;
    mcp_arena arena;
    mcp_alloc heap = { NULL, NULL };
    char *text = (char *)malloc(len ? len : 1);
    int status;
    if (!text) abort();
    if (len) memcpy(text, bytes, len);
    mcp_arena_init(&arena, heap, 1 << 20);
    status = mcpi_peer_open_state(peer, bound, text, len, &arena, &state);
    if (!status) DEMAND(mcpi_peer_seal_state(peer, bound, &state, again) == MCP_OK);
    mcp_arena_free(&arena);
    free(text);
    return status;
}

/* A content in its frame, as a text. */
static char *framed(uint8_t kind, const uint8_t *content, size_t size, size_t *len)
{
    const size_t raw_size = 1 + MCP_SHA256_SIZE + size;
    uint8_t *raw = (uint8_t *)malloc(raw_size), *input = (uint8_t *)malloc(raw_size);
    char *text = (char *)malloc(MCP_BASE64URL_SIZE(raw_size) + 1);
    if (!raw || !input || !text) abort();
    input[0] = raw[0] = kind;
    memcpy(input + 1, bound, sizeof bound);
    if (size) memcpy(input + 1 + sizeof bound, content, size);
    if (size) memcpy(raw + 1, content, size);
    if (kind == MCPI_PEER_SIGNED) mcp_hmac_sha256("0123456789abcdef", 16, input, raw_size, raw + 1 + size);
    *len = mcp_base64url_encode(text, MCP_BASE64URL_SIZE(raw_size) + 1, kind == MCPI_PEER_SIGNED ? raw : input,
                                raw_size);
    free(raw);
    free(input);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mcp_server_desc d;
    mcpi_peer peer;
    mcp_buf again;
    mcp_alloc heap = { NULL, NULL };
    int kind;
    memset(&d, 0, sizeof d);
    memset(&peer, 0, sizeof peer);
    d.name = "fuzz";
    d.state_keys[0].ptr = "0123456789abcdef";
    d.state_keys[0].len = 16;
    d.max_state = 1 << 20;
    peer.desc = &d;
    if (size > 1 << 16) return 0;
    mcp_buf_init(&again, heap, 2 << 20);
    DEMAND(open_text(&peer, (const char *)data, size, &again) != MCP_OK || again.len == size);
    for (kind = MCPI_PEER_SIGNED; kind <= MCPI_PEER_ENCRYPTED; kind++) {
        size_t len;
        char *text = framed((uint8_t)kind, data, size, &len);
        if (kind == MCPI_PEER_ENCRYPTED) d.seal_state = d.open_state = copy;
        mcp_buf_reset(&again);
        if (open_text(&peer, text, len, &again) == MCP_OK)
            DEMAND(again.len == len && memcmp(again.ptr, text, len) == 0);
        free(text);
    }
    mcp_buf_free(&again);
    return 0;
}

#include "fuzz_main.h"
