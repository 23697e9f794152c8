#include "tests/support/rows.h"

#include "ref/text/unigram.h"

#include <string.h>

static void add(ts_ctx *ctx, ts_unigram *u, const char *piece, double score, bool matched)
{
    assert_int_equal(ts_unigram_add(ctx, u, piece, (int64_t)strlen(piece), score, matched), TS_OK);
}

static void encodes(const ts_unigram *u, const char *text, const int64_t *wanted, int64_t count)
{
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_unigram_encode(&ctx, u, &ids, text, (int64_t)strlen(text)), TS_OK);
    ids_equal(&ids, wanted, count);
    ts_ids_free(&ids);
    ts_ctx_close(&ctx);
}

static void best_paths(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_unigram u = {0};
    ts_ctx_open_plain(&ctx);
    add(&ctx, &u, "<unk>", 0, false);
    add(&ctx, &u, "a", -1, true);
    add(&ctx, &u, "b", -1, true);
    add(&ctx, &u, "ab", -1.5, true);
    add(&ctx, &u, "aba", -4, true);
    add(&ctx, &u, "\xC3\xA9", -3, true);
    u.unknown = 0;
    u.unknown_score = -14;
    encodes(&u, "", (const int64_t[]){0}, 0);
    encodes(&u, "ab", (const int64_t[]){3}, 1);
    encodes(&u, "aba", (const int64_t[]){3, 1}, 2); /* -2.5 against -4 */
    encodes(&u, "ba", (const int64_t[]){2, 1}, 2);
    encodes(&u, "axyb", (const int64_t[]){1, 0, 2}, 3); /* unknown ones become one */
    encodes(&u, "xax", (const int64_t[]){0, 1, 0}, 3);
    encodes(&u, "\xC3\xA9\xC3\xA8", (const int64_t[]){5, 0}, 2);
    ts_unigram_free(&u);
    ts_ctx_close(&ctx);
}

/* 1 and 1 + 2^-30 are one number in float: the first way found stays. */
static void single_precision(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_unigram u = {.unknown = 0, .unknown_score = -14};
    ts_ctx_open_plain(&ctx);
    add(&ctx, &u, "<unk>", 0, false);
    add(&ctx, &u, "a", -0.5, true);
    add(&ctx, &u, "b", -0.5, true);
    add(&ctx, &u, "ab", -1 - 0x1p-30, true);
    encodes(&u, "ab", (const int64_t[]){1, 2}, 2);
    u.single = true;
    encodes(&u, "ab", (const int64_t[]){3}, 1);
    ts_unigram_free(&u);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_paths),
        cmocka_unit_test(single_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
