/* test_number.c - numbers to text and back, bit by bit against libc, and again where the comma is decimal. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#include <float.h>
#include <locale.h>
#include <math.h>

/*---- Bits ---------------------------------------------------------------------------------------*/

/* A double in memory, so that no wider register decides. */
typedef union number {
    double value;
    uint64_t bits;
} number;

static uint64_t bits_of(double value)
{
    number n;
    n.value = value;
    return n.bits;
}

static double value_of(uint64_t bits)
{
    number n;
    n.bits = bits;
    return n.value;
}

static mcp_doc doc;
static mcp_out out;

static void fresh(void)
{
    mcp_doc_free(&doc);
    memset(&doc, 0, sizeof doc);
    mcp_out_free(&out);
    mcp_out_init(&out, 1 << 20);
}

/* The text of a double as the library writes it. It lives until the next call. */
static const char *written(double value)
{
    mcp_str text;
    mcp_out_reset(&out);
    mcp_put_num(&out, value);
    return mcp_out_done(&out, &text) == MCP_OK ? text.ptr : "an error";
}

/* The bits of the double that the library reads; all ones for none (NaN, which no text is). */
static uint64_t read_bits(const char *text)
{
    double a, b;
    if (mcp_json_parse(&doc, text, strlen(text)) != MCP_OK) {
        FAIL("%.60s was refused", text);
        return UINT64_MAX;
    }
    a = mcp_json_num(mcp_json_root(&doc), NULL, 12.5);
    b = mcp_json_num(mcp_json_root(&doc), NULL, -7.25);
    return bits_of(a) == bits_of(b) ? bits_of(a) : UINT64_MAX;
}

/*---- Text to double -----------------------------------------------------------------------------*/

#define Z10 "0000000000"
#define Z50 Z10 Z10 Z10 Z10 Z10
#define N10 "9999999999"
#define N50 N10 N10 N10 N10 N10

/* What strtod is asked about. The halfway cases stand between two neighbours: exactly, and a hair beside. */
static const char *const hard[] = {
    "0", "-0", "0.0", "-0.0", "0e5", "-0e-5", "0e400", "0e-400", "1", "-1", "10", "0.1", "0.2", "0.3", "0.5", "0.7",
    "1.1", "123.456",
    "1e22", "1e23", "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740994", "9007199254740995",
    "9007199254740993.0", "9007199254740993.00000000000000000000000000000000000000000000000000000001",
    "9007199254740992.999999999999",
    "-9007199254740993", "18014398509481985", "18014398509481986", "18014398509481987", "9223372036854775807",
    "9223372036854775808",
    "9223372036854775809", "18446744073709551615", "18446744073709551616", "18446744073709551617",
    "36893488147419103231",
    "184467440737095516150000000000", "12345678901234567890", "123456789012345678901234567890", "1e21", "1e15",
    "1e16", "1e17",
    "1.7976931348623157e308", "1.7976931348623158e308", "1.79769313486231570814527423731704356798070e308",
    "17976931348623157e292",
    "1.797693134862315807e308", "1.7976931348623158079e308",                 /* just below the boundary of overflow */
    "2.2250738585072014e-308", "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072013e-308",
    "2.225073858507201e-308",
    "2.2250738585072009e-308", "2.2250738585072015e-308", "4.4501477170144023e-308", "1e-308",
    "1.1125369292536007e-308", "3e-308",
    "5e-324", "4.9e-324", "4.94065645841246544e-324", "2.5e-324", "2.4703282292062328e-324",
    "2.4703282292062327e-324", "2.47e-324",
    "3e-324", "7e-324", "7.4109846876186981e-324", "7.4109846876186982e-324", "7.41098468761869816e-324", "8e-324",
    "1e-323", "1.5e-323", "1.2e-322", "-5e-324", "-2e-324",
    "2e-324", "1e-324", "1e-325", "1e-400", "1e-999999", "-1e-400", "1e-4294967296", "1e-2147483649",
    "1e-18446744073709551617",
    "2.4703282292062327208299439634110864618253226416122483911772774481647202e-324",
    "2.4703282292062327208299439634110864618253226416122483911772774481647203e-324",
    "1e308", "1e309", "1e310", "-1e309", "2e308", "1e999999999999999999999", "0.1e309", "0.00001e313", "10000e304",
    "1" Z50 Z50 Z50 Z50 Z50 Z50 "e8", "0." Z50 Z50 Z50 Z50 Z50 Z50 "1e300",
    "0." Z50 Z50 Z50 Z50 Z50 Z50 Z10 Z10 "1", "0." Z50 Z50 Z50 Z50 Z50 Z50 Z10 Z10 "4",
    "0." Z50 Z50 Z50 Z50 Z50 Z50 Z10 Z10 "24703282292062327",
    "0." N50 N50, "9." N50, "0.49999999999999994", "0.49999999999999997", "0.500000000000000055",
    "1.00000000000000011102230246251565404",
    "1.000000000000000111022302462515654042363166809082031250",
    "1.000000000000000111022302462515654042363166809082031251",
    "1.000000000000000111022302462515654042363166809082031249",
    "1.00000000000000011102230246251565404236316680908203125" Z50 Z50 Z50 Z50 Z50 Z50 Z50
    Z50 Z50 Z50 Z50 Z50 Z50 Z50 "1",
    "1.00000000000000011102230246251565404236316680908203125" Z50 Z50 Z50 Z50 Z50 Z50 Z50 Z50
    Z50 Z50 Z50 Z50 Z50 Z50 Z50 Z50,
    "1.00000000000000033306690738754696212708950042724609375",
    "1.00000000000000033306690738754696212708950042724609374999",
    "1.000000000000000333066907387546962127089500427246093751",
    "100000000000000016777215", "100000000000000016777216", "100000000000000008388608", "100000000000000008388607",
    "100000000000000008388609",
    "9007199254740992.5", "4503599627370496.5", "4503599627370497.5", "4503599627370496.25", "4503599627370496.75",
    "4503599627370495.5",
    "8.5e15", "6929495644600919.5", "3.7455744005952583e15", "2.2017e-308", "8.41e21", "2.0919495182368195e19",
    "2.6760179287532483e19",
    "3.2942957306323907e19", "3.9702293349085635e19", "4.0647939013152195e19", "1.8014398509481984E16",
    "1.8014398509481985E16",
    "69e267", "999e26", "7861e-34", "75569e-254", "928609e-261", "9210917e80", "84863171e114", "653777767e273",
    "5232604057e-298", "27235667517e-109",
    "653532977297e-123", "3142213164987e-294", "46202199371337e-72", "231010996856685e-73", "9324754620109615e212",
    "78459735791271921e49",
    "272104041512242479e200", "6802601037806061975e198", "20505426358836677347e-221", "836168422905420598437e-234",
    "4891559871276714924261e222",
    "5e-20", "67e14", "985e15", "7693e-42", "55895e-16", "996622e-44", "7038531e-32", "60419369e-46", "702990899e-20",
    "6930161142e-48", "25933168707e-13",
    "596428896559e20", "9e0", "8511030020275656e-342", "5201988407066741e-824", "6406892948269899e237",
    "8431154198732492e72", "6475049196144587e100",
    "8274307542972842e84", "5381065484265332e-456", "6761728585499734e-1057", "7976538478610756e376", "6200e-4",
    "3.5844466002796428e298",
    "0.000000000000000000000000000000000000011754943508222875", "1.2345678901234567890123456789e-30",
    "3.141592653589793238462643383279502884197169399375105820974944592307816406286",
    "1.3407807929942597e154", "1.4916681462400413e-154", "1e-5", "1e-7", "0.000001", "1.0e+2", "1E2", "1e+0002"
};

static void compare_reading(const char *text)
{
    double want = strtod(text, NULL);
    uint64_t got = read_bits(text);
    if (want - want != 0) {                         /* overflow: refused, so the default comes */
        if (got != UINT64_MAX) FAIL("%.80s: expected the default, got %.17g", text, value_of(got));
    } else if (got != bits_of(want)) FAIL("%.80s: expected %.17g, got %.17g", text, want, value_of(got));
}

static void reads_hard_cases(void)
{
    char negative[2000];
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(hard); i++) {
        compare_reading(hard[i]);
        if (hard[i][0] == '-') continue;
        snprintf(negative, sizeof negative, "-%s", hard[i]);
        compare_reading(negative);
    }
}

/* What everybody knows, without asking libc. */
static void reads_known_bits(void)
{
    static const struct { const char *text; uint64_t bits; } rows[] = {
        { "0", 0 }, { "-0", 0x8000000000000000u }, { "-0.0e1", 0x8000000000000000u }, { "1", 0x3FF0000000000000u },
        { "0.1", 0x3FB999999999999Au }, { "-2", 0xC000000000000000u }, { "5e-324", 1 },
        { "-5e-324", 0x8000000000000001u },
        { "2.2250738585072014e-308", 0x0010000000000000u }, { "2.2250738585072011e-308", 0x000FFFFFFFFFFFFFu },
        { "1.7976931348623157e308", 0x7FEFFFFFFFFFFFFFu }, { "9007199254740993", 0x4340000000000000u },
        { "2.4703282292062327e-324", 0 }, { "2.4703282292062328e-324", 1 }, { "1e-400", 0 },
        { "-1e-400", 0x8000000000000000u },
        { "1e23", 0x44B52D02C7E14AF6u }, { "8.5e15", 0x433E32B478974000u },
        { "3.141592653589793", 0x400921FB54442D18u },
        { "1.7976931348623158e308", 0x7FEFFFFFFFFFFFFFu }
    };
    static const char *const overflow[] = { "1.7976931348623159e308", "1e309", "-1e309", "2e308", "1e400",
        "1e99999999999999999999",
                                            "17976931348623159" "0000000000" "0000000000" "0000000000" "0000000000"
                                            "e252" };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        uint64_t got = read_bits(rows[i].text);
        if (got != rows[i].bits) FAIL("%s: got %016llx", rows[i].text, (unsigned long long)got);
    }
    for (i = 0; i < MCP_COUNT(overflow); i++) {
        NOTE("%s", overflow[i]);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, overflow[i], strlen(overflow[i])));
        CHECK(mcp_json_num(mcp_json_root(&doc), NULL, 12.5) == 12.5);
    }
}

/* The decimal digits of the point half way from one double to the next, exactly and with a last digit that
   decides: one more far behind, or one less and nines. */
static void compare_halfway(uint64_t bits)
{
#if LDBL_MANT_DIG > DBL_MANT_DIG
    char text[1400], beside[1400], *e;
    long double a = (long double)value_of(bits);
    long double b = bits == 0x7FEFFFFFFFFFFFFFu ? ldexpl(1.0L, 1024) : (long double)value_of(bits + 1);
    size_t digits;
    snprintf(text, sizeof text, "%.*Le", 800, a + (b - a) / 2);
    e = strchr(text, 'e');
    for (digits = (size_t)(e - text); text[digits - 1] == '0' && text[digits - 2] != '.'; digits--) continue;
    snprintf(beside, sizeof beside, "%.*s%s", (int)digits, text, e);
    compare_reading(beside);
    snprintf(beside, sizeof beside, "%.*s1%s", (int)digits, text, e);
    compare_reading(beside);
    snprintf(beside, sizeof beside, "%.*s0000000000000000000000000000000000000000001%s", (int)digits, text, e);
    compare_reading(beside);
    snprintf(beside, sizeof beside, "%.*s1%s", (int)(e - text), text, e);       /* after 800 digits */
    compare_reading(beside);
    if (text[digits - 1] == '0') return;
    snprintf(beside, sizeof beside, "%.*s%c9999999999%s", (int)digits - 1, text, text[digits - 1] - 1, e);
    compare_reading(beside);
#else
    (void)bits;
#endif
}

static uint64_t random_finite(void)
{
    uint64_t bits;
    do bits = test_random(); while ((bits >> 52 & 0x7FF) == 0x7FF);
    return bits;
}

static const uint64_t edges[] = {
    0, 1, 2, 3, 0x000FFFFFFFFFFFFEu, 0x000FFFFFFFFFFFFFu, 0x0010000000000000u, 0x0010000000000001u, 0x001FFFFFFFFFFFFFu,
    0x0020000000000000u, 0x3FEFFFFFFFFFFFFFu, 0x3FF0000000000000u, 0x3FF0000000000001u, 0x432FFFFFFFFFFFFFu,
        0x4330000000000000u,
    0x433FFFFFFFFFFFFFu, 0x4340000000000000u, 0x4340000000000001u, 0x43E0000000000000u, 0x43F0000000000000u,
        0x7FDFFFFFFFFFFFFFu,
    0x7FE0000000000000u, 0x7FEFFFFFFFFFFFFEu, 0x7FEFFFFFFFFFFFFFu, 0x444B1AE4D6E2EF50u, 0x44B52D02C7E14AF6u,
        0x0006123400000001u
};

static void reads_halfway_cases(void)
{
    size_t i, rounds = test_rounds(50000) / 100;
    fresh();
    for (i = 0; i < MCP_COUNT(edges); i++) compare_halfway(edges[i]);
    for (i = 0; i < 52; i++) compare_halfway((uint64_t)1 << i);                                     /* denormals */
    for (i = 0; i < 2046; i += 5 * test_step(7)) {                  /* powers of two, and just below */
        compare_halfway((uint64_t)i << 52);
        compare_halfway((uint64_t)i << 52 | 0xFFFFFFFFFFFFFu);
    }
    for (i = 0; i < rounds; i++) compare_halfway(random_finite() & INT64_MAX);
}

/* Digits at random: any count, the point anywhere, any exponent. */
static void reads_random_digits(void)
{
    size_t round, rounds = test_rounds(50000);
    fresh();
    for (round = 0; round < rounds; round++) {
        char text[1300];
        size_t n = 0, digits = 1 + test_below(round % 16 ? 25 : 1000), point = test_below(digits + 3), i;
        if (test_below(2)) text[n++] = '-';
        if (test_below(4) == 0) { text[n++] = '0'; text[n++] = '.'; point = digits + 9; }
        text[n++] = (char)('1' + test_below(9));
        for (i = 1; i < digits; i++) {
            if (i == point) text[n++] = '.';
            text[n++] = (char)('0' + (round % 5 ? test_below(10) : test_below(40) / 39 * 9));
        }
        text[n] = 0;
        if (test_below(3)) {
            int range = round % 7 ? 30 : 400;
            snprintf(text + n, sizeof text - n, "e%d",
                (int)test_below((size_t)range * 2) - range - (int)(digits > 30 ? digits : 0));
        }
        compare_reading(text);
        if (test_state.failures > 10) return;
    }
}

/*---- Double to text -----------------------------------------------------------------------------*/

/* The digits of a number's text, without zeros at either end, and the power of ten behind them. */
static int digits_of(const char *text, char *digits, int *exponent)
{
    int n = 0, scale = 0;
    bool point = false;
    if (*text == '-') text++;
    for (; *text && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.') { point = true; continue; }
        if (point) scale--;
        if (n == 0 && *text == '0') continue;
        if (n < 400) digits[n++] = *text;
    }
    if (*text) scale += atoi(text + 1);
    while (n > 0 && digits[n - 1] == '0') { n--; scale++; }
    digits[n] = 0;
    *exponent = scale;
    return n;
}

/* No decimal with one digit less reads as the same: neither the nearest one nor those beside it. Of those with as
   many digits it is the nearest, if that one reads as the same. */
static void check_shortest(double value, const char *text)
{
    char digits[410], shorter[60];
    int exponent, n = digits_of(text, digits, &exponent), step;
    double size = value < 0 ? -value : value;
    unsigned long long whole;
    if (n > 17) FAIL("%s has %d digits", text, n);
    snprintf(shorter, sizeof shorter, "%.*e", n ? n - 1 : 0, size);
    if (n && strtod(shorter, NULL) == size) {
        char nearest[410];
        int ignored;
        digits_of(shorter, nearest, &ignored);
        if (strcmp(digits, nearest)) FAIL("%s is not the nearest: %s", text, shorter);
    }
    if (n < 2 || n > 17) return;
    digits[n - 1] = 0;
    whole = strtoull(digits, NULL, 10);
    for (step = 0; step < 2; step++) {
        snprintf(shorter, sizeof shorter, "%llue%d", whole + (unsigned)step, exponent + 1);
        if (strtod(shorter, NULL) == size) FAIL("%s is not the shortest: %s", text, shorter);
    }
}

static void compare_writing(uint64_t bits, bool thorough)
{
    double value = value_of(bits);
    char text[400], *end;
    const char *s = written(value);
    snprintf(text, sizeof text, "%s", s);
    if (bits_of(strtod(text, &end)) != bits || *end) FAIL("%.17g was written as %s", value, text);
    if (read_bits(text) != bits) FAIL("%s was read as something else than %.17g", text, value);
    if (strlen(text) > 25) FAIL("%s is long", text);
    if (thorough) check_shortest(value, text);
}

static void writes_every_kind_of_bits(void)
{
    size_t i, rounds = test_rounds(50000);
    fresh();
    for (i = 0; i < MCP_COUNT(edges); i++) {
        compare_writing(edges[i], true);
        compare_writing(edges[i] | 0x8000000000000000u, true);
    }
    for (i = 0; i < 64 - 12; i++) compare_writing((uint64_t)1 << i, true);
    for (i = 0; i < 2047; i += test_step(17)) {                     /* every exponent: 2^n and its neighbours */
        compare_writing((uint64_t)i << 52, true);
        compare_writing((uint64_t)i << 52 | 1, true);
        compare_writing((uint64_t)i << 52 | 0xFFFFFFFFFFFFFu, true);
    }
    for (i = 0; i < rounds; i++) compare_writing(random_finite(), i % 4 == 0);
    for (i = 0; i < rounds / 5; i++) compare_writing(test_random() >> (12 + test_below(40)), true);
        /* denormals */
}

/* What people write: few digits, any power of ten; and whole numbers. */
static void writes_what_people_write(void)
{
    size_t i, rounds = test_rounds(50000) / 2;
    int exponent;
    fresh();
    for (i = 0; i < rounds; i++) {
        char text[60];
        size_t digits = test_below(10), limit = 1;
        while (digits--) limit *= 10;
        snprintf(text, sizeof text, "%lue%d", (unsigned long)test_below(limit), (int)test_below(40) - 25);
        compare_writing(bits_of(strtod(text, NULL)), true);
        compare_writing(bits_of((double)(test_random() >> test_below(64))), i % 8 == 0);
    }
    for (exponent = -323; exponent < 309; exponent++) {
        char text[60];
        snprintf(text, sizeof text, "1e%d", exponent);
        compare_writing(bits_of(strtod(text, NULL)), true);
        snprintf(text, sizeof text, "9.999999999999999e%d", exponent - 1);
        compare_writing(bits_of(strtod(text, NULL)), true);
    }
}

static const struct { double value; const char *text; } forms[] = {
    { 0.0, "0" }, { 1.0, "1" }, { -1.0, "-1" }, { 0.1, "0.1" }, { 0.5, "0.5" }, { 100.0, "100" }, { 1.5, "1.5" },
    { 123456.789, "123456.789" }, { 0.001, "0.001" }, { 3.141592653589793, "3.141592653589793" }, { 1e300, "1e+300" },
    { 1e-300, "1e-300" }, { 5e-324, "5e-324" }, { 1.7976931348623157e308, "1.7976931348623157e+308" },
    { 2.2250738585072014e-308, "2.2250738585072014e-308" }, { 0.3, "0.3" }, { 2.0 / 3.0, "0.6666666666666666" },
    { 1e15, "1000000000000000" }, { 1e21, "1e+21" }, { 1e20, "100000000000000000000" }, { 1e-6, "0.000001" },
    { 1e-7, "1e-7" }, { -123e-9, "-1.23e-7" }, { 9007199254740993.0, "9007199254740992" },
    { 123456789012345680000.0, "123456789012345680000" }
};

static void writes_known_texts(void)
{
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(forms); i++) CHECK_STR(forms[i].text, written(forms[i].value));
    CHECK(written(-0.0)[0] == '-');
}

static void refuses_what_json_cannot_say(void)
{
    static const uint64_t odd[] = { 0x7FF0000000000000u, 0xFFF0000000000000u, 0x7FF8000000000000u, 0xFFF8000000000000u,
                                    0x7FF8000000000001u, 0x7FFFFFFFFFFFFFFFu };
    size_t i;
    mcp_str text;
    fresh();
    for (i = 0; i < MCP_COUNT(odd); i++) {
        mcp_out_reset(&out);
        mcp_put_num(&out, value_of(odd[i]));
        CHECK_STATUS(MCP_E_RANGE, mcp_out_done(&out, &text));
        mcp_out_reset(&out);
        mcp_put_f(&out, "[%g]", value_of(odd[i]));
        CHECK_STATUS(MCP_E_RANGE, mcp_out_done(&out, &text));
        mcp_out_reset(&out);
        mcp_put_array(&out);
        mcp_put_num(&out, value_of(odd[i]));
        mcp_put_num(&out, 1);
        mcp_put_end(&out);
        CHECK_STATUS(MCP_E_RANGE, mcp_out_done(&out, &text));
    }
}

/*---- Integers -----------------------------------------------------------------------------------*/

static void compare_integers(int64_t value)
{
    char want[40];
    mcp_str text;
    mcp_out_reset(&out);
    mcp_put_int(&out, value);
    mcp_out_done(&out, &text);
    snprintf(want, sizeof want, "%lld", (long long)value);
    CHECK_STR(want, text.ptr);
    mcp_json_parse(&doc, want, strlen(want));
    CHECK_INT(value, mcp_json_int(mcp_json_root(&doc), NULL, ~value));
    mcp_out_reset(&out);
    mcp_put_uint(&out, (uint64_t)value);
    mcp_out_done(&out, &text);
    snprintf(want, sizeof want, "%llu", (unsigned long long)value);
    CHECK_STR(want, text.ptr);
    mcp_json_parse(&doc, want, strlen(want));
    CHECK_UINT((uint64_t)value, mcp_json_uint(mcp_json_root(&doc), NULL, ~(uint64_t)value));
}

static void integers_there_and_back(void)
{
    size_t i, rounds = test_rounds(50000) / 2;
    uint64_t power = 1;
    int64_t n;
    fresh();
    for (n = -1100; n <= 1100; n++) compare_integers(n);
    for (i = 0; i < 64; i++)
        for (n = -2; n <= 2; n++) compare_integers((int64_t)(((uint64_t)1 << i) + (uint64_t)n));
    for (i = 0; i < 20; i++, power *= 10)
        for (n = -2; n <= 2; n++) {
            compare_integers((int64_t)(power + (uint64_t)n));
            compare_integers((int64_t)(0 - (power + (uint64_t)n)));
        }
    for (i = 0; i < rounds; i++) compare_integers((int64_t)(test_random() >> test_below(64)));
}

/* Integers as texts of other shapes: the value decides, not the spelling. */
static void integers_in_disguise(void)
{
    size_t i, rounds = test_rounds(50000) / 3;
    fresh();
    for (i = 0; i < rounds; i++) {
        uint64_t value = test_random() >> test_below(64);
        char digits[40], text[100];
        size_t zeros = test_below(20), n = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)value),
            at;
        at = 1 + test_below(n);                     /* the point goes behind that many digits */
        if (at < n) snprintf(text, sizeof text, "%.*s.%s%.*se%u", (int)at, digits, digits + at, (int)zeros, Z50,
            (unsigned)(n - at));
        else snprintf(text, sizeof text, "%s%.*se-%u", digits, value ? (int)zeros : 0, Z50,
            value ? (unsigned)zeros : 7);
        mcp_json_parse(&doc, text, strlen(text));
        NOTE("%s", text);
        CHECK_UINT(value, mcp_json_uint(mcp_json_root(&doc), NULL, ~value));
        CHECK_INT(value <= INT64_MAX ? (int64_t)value : -3, mcp_json_int(mcp_json_root(&doc), NULL, -3));
    }
}

/* An exponent of ten digits, behind as many digits as its first nine say. */
static void exponents_beyond_all_digits(void)
{
    const size_t zeros = 100000000 / test_step(1000), cap = zeros + 100 + MCP_JSON_PAD;
    char *text = (char *)malloc(cap);
    size_t len;
    fresh();
    if (!text) SKIP("no 100 MB of memory");
    memset(text, '0', cap);
    text[0] = '1';
    len = 1 + zeros + (size_t)snprintf(text + 1 + zeros, 90, "e-%lu0", (unsigned long)zeros);
    CHECK_STATUS(MCP_OK, mcp_json_parse_inplace(&doc, text, len, cap));
    CHECK_INT(-9, mcp_json_int(mcp_json_root(&doc), NULL, -9));
    CHECK(mcp_json_num(mcp_json_root(&doc), NULL, 12.5) == 0);
    text[len - 1] = ' ';                                                        /* without the tenth: exactly 1 */
    CHECK_STATUS(MCP_OK, mcp_json_parse_inplace(&doc, text, len, cap));
    CHECK_INT(1, mcp_json_int(mcp_json_root(&doc), NULL, -9));
    CHECK(mcp_json_num(mcp_json_root(&doc), NULL, 12.5) == 1);
    memset(text, '0', cap);
    text[1] = '.';
    text[1 + zeros] = '1';
    len = 2 + zeros + (size_t)snprintf(text + 2 + zeros, 90, "e%lu0", (unsigned long)zeros);
    CHECK_STATUS(MCP_OK, mcp_json_parse_inplace(&doc, text, len, cap));
    CHECK_INT(-9, mcp_json_int(mcp_json_root(&doc), NULL, -9));
    CHECK(mcp_json_num(mcp_json_root(&doc), NULL, 12.5) == 12.5);
    text[len - 1] = ' ';
    CHECK_STATUS(MCP_OK, mcp_json_parse_inplace(&doc, text, len, cap));
    CHECK_INT(1, mcp_json_int(mcp_json_root(&doc), NULL, -9));
    CHECK(mcp_json_num(mcp_json_root(&doc), NULL, 12.5) == 1);
    free(text);
}

/*---- The comma ----------------------------------------------------------------------------------*/

/* A locale of the machine that writes 0,5. */
static bool comma_here(void)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "es_ES.UTF-8",
        "ru_RU.UTF-8",
                                         "pl_PL.UTF-8", "nl_NL.UTF-8", "it_IT.UTF-8", "pt_BR.UTF-8", "de_DE", "fr_FR" };
    size_t i;
    for (i = 0; i < MCP_COUNT(names); i++)
        if (setlocale(LC_ALL, names[i]) && strcmp(localeconv()->decimal_point, ",") == 0) return true;
    return false;
}

/* One that is made for the occasion, if the machine has the parts. */
static bool comma_made(void)
{
    static const uint16_t one = 1;
    char dir[] = "/tmp/mcp-locale-XXXXXX", command[300];
    bool made;
    if (!mkdtemp(dir)) return false;
    snprintf(command, sizeof command, "localedef --%s-endian -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s/log 2>&1",
             *(const char *)&one ? "little" : "big", dir, dir);
    made = system(command) == 0 && setenv("LOCPATH", dir, 1) == 0 && comma_here();
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 && made;
}

/* Everything that was known before is the same now. */
static void under_a_decimal_comma(void)
{
    enum { COUNT = 3000 };
    static uint64_t bits[COUNT], hard_bits[MCP_COUNT(hard)];
    static char texts[COUNT][32];
    char probe[20];
    size_t i;
    mcp_str text;
    fresh();
    for (i = 0; i < MCP_COUNT(hard); i++) hard_bits[i] = bits_of(strtod(hard[i], NULL));
    for (i = 0; i < COUNT; i++) {
        bits[i] = random_finite();
        snprintf(texts[i], sizeof texts[i], "%.17g", value_of(bits[i]));
    }
    if (!comma_here() && !comma_made()) {
        setlocale(LC_ALL, "C");
        SKIP("no locale with a decimal comma, and localedef cannot make one (apt-get install locales)");
    }
    snprintf(probe, sizeof probe, "%g", 0.5);
    CHECK_STR("0,5", probe);
    for (i = 0; i < COUNT; i++) {
        uint64_t got = read_bits(texts[i]);
        const char *s = written(value_of(bits[i]));
        if (got != bits[i]) FAIL("%s is read as %016llx", texts[i], (unsigned long long)got);
        if (strchr(s, ',')) FAIL("%s has a comma", s);
        if (read_bits(s) != bits[i]) FAIL("%s was written for %s", s, texts[i]);
    }
    for (i = 0; i < MCP_COUNT(hard); i++) {
        uint64_t got = read_bits(hard[i]);
        if ((hard_bits[i] & INT64_MAX) == 0x7FF0000000000000u) {
            if (got != UINT64_MAX) FAIL("%.80s was read", hard[i]);
        } else if (got != hard_bits[i]) FAIL("%.80s is read as %016llx", hard[i], (unsigned long long)got);
    }
    for (i = 0; i < MCP_COUNT(forms); i++) CHECK_STR(forms[i].text, written(forms[i].value));
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%g,%g,%d]", 0.5, -1234567.125, 1234567);
    CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
    CHECK_STR("[0.5,-1234567.125,1234567]", text.ptr);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    TEST(reads_known_bits);
    TEST(reads_hard_cases);
    TEST(reads_halfway_cases);
    TEST(reads_random_digits);
    TEST(writes_known_texts);
    TEST(writes_every_kind_of_bits);
    TEST(writes_what_people_write);
    TEST(refuses_what_json_cannot_say);
    TEST(integers_there_and_back);
    TEST(integers_in_disguise);
    TEST(exponents_beyond_all_digits);
    TEST(under_a_decimal_comma);
    fresh();
    mcp_out_free(&out);
    return test_end();
}
