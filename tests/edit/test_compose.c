#include "tests/support/trial.h"

#include "ref/edit/compose.h"

#include <string.h>

enum { H = 9, W = 11 };

/* A mask of one pixel at (4, 5); original 0, edited 240. */
static void run(uint8_t *out, int feather, uint8_t inside)
{
    static uint8_t original[3 * H * W], edited[3 * H * W], mask[H * W];
    ts_ctx ctx;
    memset(edited, 240, sizeof edited);
    memset(mask, 127, sizeof mask);
    mask[4 * W + 5] = inside;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_compose(&ctx, out, (ts_pixels){original, H, W, 3}, edited, mask, feather),
                     TS_OK);
    ts_ctx_close(&ctx);
}

static int distance(int y, int x)
{
    const int dy = y < 4 ? 4 - y : y - 4, dx = x < 5 ? 5 - x : x - 5;
    return dy > dx ? dy : dx;
}

/* A king's distance, straight edges: full inside, then less by 1 / (feather + 1) a pixel. */
static void fades(void **state)
{
    (void)state;
    static const int feathers[] = {0, 1, 2, 3, 7, -5};
    uint8_t out[3 * H * W];
    for (int f = 0; f < 6; f++) {
        const int far = (feathers[f] < 0 ? 0 : feathers[f]) + 1;
        run(out, feathers[f], 128);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int c = 0; c < 3; c++) {
                    const int d = distance(y, x), left = d < far ? far - d : 0;
                    assert_int_equal(out[(y * W + x) * 3 + c], (2 * 240 * left + far) / (2 * far));
                }
    }
}

/* Nothing is inside: the original's bytes. */
static void nothing(void **state)
{
    (void)state;
    uint8_t out[3 * H * W];
    run(out, 8, 127);
    for (int i = 0; i < 3 * H * W; i++)
        assert_int_equal(out[i], 0);
}

/* out may be either picture; a full mask gives the edited one. */
static void in_place(void **state)
{
    (void)state;
    uint8_t a[4] = {1, 2, 3, 4}, b[4] = {9, 8, 7, 6}, a2[4], b2[4], out[4];
    const uint8_t mask[4] = {255, 0, 0, 0}, full[4] = {128, 128, 128, 255};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    memcpy(a2, a, 4);
    memcpy(b2, b, 4);
    ts_compose(&ctx, out, (ts_pixels){a, 1, 4, 1}, b, mask, 2);
    ts_compose(&ctx, a2, (ts_pixels){a2, 1, 4, 1}, b, mask, 2);
    ts_compose(&ctx, b2, (ts_pixels){a, 1, 4, 1}, b2, mask, 2);
    assert_memory_equal(out, a2, 4);
    assert_memory_equal(out, b2, 4);
    assert_true(out[0] == 9 && out[1] == 6 && out[3] == 4);
    ts_compose(&ctx, out, (ts_pixels){a, 2, 2, 1}, b, full, 8);
    assert_memory_equal(out, b, 4);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

static ts_status work(ts_ctx *ctx, const void *arg)
{
    uint8_t out[4];
    const uint8_t *p = arg;
    return ts_compose(ctx, out, (ts_pixels){p, 2, 2, 1}, p, p, 1);
}

static void no_memory(void **state)
{
    (void)state;
    const uint8_t p[4] = {0, 200, 3, 4};
    assert_int_equal(trial_faults(work, p, 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fades), cmocka_unit_test(nothing), cmocka_unit_test(in_place),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
