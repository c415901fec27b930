/* test_hash.c - SHA-256 and HMAC: the vectors of FIPS 180-4, of NIST's CAVS 11.0 and of RFC 4231, and what
   Python's hashlib says of every length. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

static void to_hex(char *out, const unsigned char *bytes, size_t len)
{
    size_t i;
    for (i = 0; i < len; i++) snprintf(out + 2 * i, 3, "%02x", (unsigned)bytes[i]);
}

static size_t from_hex(unsigned char *out, const char *hex)
{
    size_t i, n = strlen(hex) / 2;
    for (i = 0; i < n; i++) {
        const char two[3] = { hex[2 * i], hex[2 * i + 1], 0 };
        out[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    return n;
}

static void check_digest(const char *want, const unsigned char *got)
{
    char hex[2 * MCP_SHA256_SIZE + 1];
    to_hex(hex, got, MCP_SHA256_SIZE);
    CHECK_STR(want, hex);
}

static void check_sha256(const char *want, const void *bytes, size_t len)
{
    unsigned char got[MCP_SHA256_SIZE + 1];
    got[MCP_SHA256_SIZE] = 'u';
    mcp_sha256(bytes, len, got);
    check_digest(want, got);
    CHECK(got[MCP_SHA256_SIZE] == 'u');
}

static void sha256_fips_vectors(void)
{
    static const char *const rows[][2] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
          "mnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" }
    };
    static char many[1000000];
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i][0]);
        check_sha256(rows[i][1], rows[i][0], strlen(rows[i][0]));
    }
    NOTE("a million of a");
    memset(many, 'a', sizeof many);
    check_sha256("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", many, sizeof many);
    NOTE("nothing at all");
    check_sha256(rows[0][1], NULL, 0);
}

static void sha256_nist_messages(void)
{
    static const char *const rows[][2] = {
        { "d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1" },
        { "11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98" },
        { "b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2" },
        { "e2f76e97606a872e317439f1a03fcd92e632e5bd4e7cbc4e97f1afc19a16fde92d77cbe546416b51640cddb92af99653"
          "4dfd81edb17c4424cf1ac4d75aceeb",
          "18041bd4665083001fba8c5411d2d748e8abbfdcdfd9218cb02b68a78e7d4c23" }
    };
    unsigned char message[64];
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        size_t n = from_hex(message, rows[i][0]);
        NOTE("%lu bytes", (unsigned long)n);
        check_sha256(rows[i][1], message, n);
    }
}

/* NIST's SHA256Monte: each digest is that of the three before it, a thousand times for each row. */
static void sha256_nist_monte_carlo(void)
{
    unsigned char last[3 * MCP_SHA256_SIZE], digest[MCP_SHA256_SIZE];
    int row, i;
    from_hex(digest, "6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691");
    for (row = 0; row < 100; row++) {
        for (i = 0; i < 3; i++) memcpy(last + i * MCP_SHA256_SIZE, digest, MCP_SHA256_SIZE);
        for (i = 0; i < 1000; i++) {
            mcp_sha256(last, sizeof last, digest);
            memmove(last, last + MCP_SHA256_SIZE, 2 * MCP_SHA256_SIZE);
            memcpy(last + 2 * MCP_SHA256_SIZE, digest, MCP_SHA256_SIZE);
        }
        NOTE("row %d", row);
        if (row == 0) check_digest("e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788", digest);
        if (row == 1) check_digest("2e78f8c8772ea7c9331d41ed3f9cdf27d8f514a99342ee766ee3b8b0d0b121c0", digest);
    }
    check_digest("6a912ba4188391a78e6f13d88ed2d14e13afce9db6f7dcbf4a48c24f3db02778", digest);
}

/* h = b''
   for n in range(1200): h = hashlib.sha256(h + bytes((i * 7 + n) & 255 for i in range(n))).digest() */
static void sha256_every_length(void)
{
    unsigned char message[MCP_SHA256_SIZE + 1200], digest[MCP_SHA256_SIZE];
    char *end = test_guarded(2048);
    size_t n, i, head = 0;
    for (n = 0; n < 1200; n++) {
        memcpy(message, digest, head);
        for (i = 0; i < n; i++) message[head + i] = (unsigned char)(i * 7 + n);
        memcpy(end - head - n, message, head + n);                              /* ends at a page */
        mcp_sha256(end - head - n, head + n, digest);
        head = MCP_SHA256_SIZE;
    }
    check_digest("9bb1902b52f2f18b48e356daa6d6e0516b25cc5b8d3276d5d6e1d669f43dfccc", digest);
}

static void hmac_rfc_vectors(void)
{
    static const struct { const char *key, *text, *mac; } rows[] = {
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "4a656665", "what do ya want for nothing?",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
          "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd",
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { "0102030405060708090a0b0c0d0e0f10111213141516171819",
          "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd"
          "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd",
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        { "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", "Test With Truncation",
          "a3b6167473100ee06e0c796c2955552bfa6f7c0a6a8aef8b93f860aab0cd20c5" },
        { NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { NULL, "This is a test using a larger than block-size key and a larger than block-size data. The key "
                "needs to be hashed before being used by the HMAC algorithm.",
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" }
    };
    unsigned char key[131], mac[MCP_SHA256_SIZE + 1];
    size_t i, len;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("case %lu", (unsigned long)i + 1);
        memset(key, 0xaa, sizeof key);
        len = rows[i].key ? from_hex(key, rows[i].key) : sizeof key;
        mac[MCP_SHA256_SIZE] = 'u';
        mcp_hmac_sha256(key, len, rows[i].text, strlen(rows[i].text), mac);
        check_digest(rows[i].mac, mac);
        CHECK(mac[MCP_SHA256_SIZE] == 'u');
    }
    NOTE("no key, no text");
    mcp_hmac_sha256(NULL, 0, NULL, 0, mac);
    check_digest("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", mac);
}

/* h = b''
   for n in range(300): h = hmac.new(h + bytes((i * 3 + n) & 255 for i in range(n)),
                                     bytes((i * 5 + n) & 255 for i in range(n)), 'sha256').digest() */
static void hmac_every_length(void)
{
    unsigned char key[MCP_SHA256_SIZE + 300], message[300], mac[MCP_SHA256_SIZE];
    size_t n, i, head = 0;
    for (n = 0; n < 300; n++) {
        memcpy(key, mac, head);
        for (i = 0; i < n; i++) {
            key[head + i] = (unsigned char)(i * 3 + n);
            message[i] = (unsigned char)(i * 5 + n);
        }
        mcp_hmac_sha256(key, head + n, message, n, mac);
        head = MCP_SHA256_SIZE;
    }
    check_digest("47d7f4983a76c3316c1dee2ae03437c30a21b80264e49d36624dc6484f2492cc", mac);
}

int main(void)
{
    TEST(sha256_fips_vectors);
    TEST(sha256_nist_messages);
    TEST(sha256_nist_monte_carlo);
    TEST(sha256_every_length);
    TEST(hmac_rfc_vectors);
    TEST(hmac_every_length);
    return test_end();
}
