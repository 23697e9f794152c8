#include "tests/support/topk.h"

#include "ref/ops/table.h"
#include "ref/topk/exact.h"
#include "ref/topk/select.h"

#include <string.h>

static void names(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_selector_kind kind;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < TS_SELECTORS; i++) {
        assert_int_equal(ts_selector_from(&ctx, ts_selector_name((ts_selector_kind)i), &kind), TS_OK);
        assert_int_equal(kind, i);
        assert_int_equal(ts_selector_is_fixed(kind), i < 3);
    }
    assert_int_equal(ts_selector_from(&ctx, "best", &kind), TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "\"best\": exact, mstopk, random"));
    ts_ctx_close(&ctx);
}

/* Each kind is the function it names. */
static void dispatch(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_sparse a, b;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 20000);
    const ts_draw draw = {.seed = 1, .step = 2, .rank = 3, .bucket = 4};
    const uint64_t bits = ts_draw_bits(draw);
    const ts_mstopk_options o = {.k = 200, .steps = 3, .start = -1, .bits = bits, .wrap = true};
    for (int i = 0; i < TS_SELECTORS; i++) {
        const ts_selector how = {.kind = (ts_selector_kind)i, .steps = 3, .wrap = true};
        ts_reused kept = {0}, other = {0};
        assert_int_equal(ts_select(&ctx, &a, &how, &kept, x, 200, draw), TS_OK);
        switch (how.kind) {
        case TS_SELECT_EXACT: ts_topk_exact(&ctx, &b, x, 200, TS_EXACT_HEAP); break;
        case TS_SELECT_MSTOPK: ts_mstopk_published(&ctx, &b, NULL, x, &o); break;
        case TS_SELECT_RANDOM: ts_topk_random(&ctx, &b, x, 200, bits); break;
        case TS_SELECT_DGC: ts_topk_dgc(&ctx, &b, NULL, x, (ts_density){1, 100}, -1, bits); break;
        case TS_SELECT_GAUSSIAN: ts_topk_gaussian(&ctx, &b, NULL, x, 200); break;
        default: ts_topk_reused(&ctx, &b, &other, x, 200, &ts_reuse_local); break;
        }
        topk_same(&a, &b);
    }
    ts_ctx_close(&ctx);
}

/* Ranks of a shared random draw take the same entries; of their own draws they do not. */
static void shared(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    const ts_tensor x = topk_vector(&ctx, TS_F32, TOPK_GAUSS, 3, 2000);
    for (int together = 0; together < 2; together++) {
        const ts_selector how = {.kind = TS_SELECT_RANDOM, .shared = together};
        ts_sparse s[2];
        for (int rank = 0; rank < 2; rank++)
            assert_int_equal(ts_select(&ctx, &s[rank], &how, NULL, x, 20,
                                       (ts_draw){.seed = 1, .rank = rank}), TS_OK);
        assert_int_equal(memcmp(s[0].indices, s[1].indices, 80) == 0, together);
    }
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(dispatch),
                                       cmocka_unit_test(shared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
