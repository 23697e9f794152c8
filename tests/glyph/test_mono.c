/* Black and white pictures of outlines. */
#include "tests/support/hint.h"

#include <string.h>

#include "ref/glyph/mono.h"

typedef struct {
    ts_hint_point point[8];
    uint8_t flags[8];
    int32_t ends[2];
    int8_t scan[2];
    ts_hinted g;
} shape;

static void open_shape(shape *s, const ts_hint_point *p, int32_t n, int8_t scan, int64_t size)
{
    memset(s, 0, sizeof *s);
    memcpy(s->point, p, (size_t)n * sizeof *p);
    memset(s->flags, TS_ON_CURVE, sizeof s->flags);
    s->ends[0] = n - 1;
    s->scan[0] = scan;
    s->g = (ts_hinted){.point = s->point, .flags = s->flags, .ends = s->ends, .scan = s->scan,
                       .points = n, .contours = 1, .scan_first = 2, .size = size};
}

static void draws(const ts_hint_point *p, int32_t n, int8_t scan, int64_t height, int64_t width,
                  const char *want)
{
    for (int64_t size = 12; size <= 48; size += 36) { /* both precisions */
        shape s;
        ts_bitmap b;
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        open_shape(&s, p, n, scan, size);
        assert_int_equal(ts_mono(&ctx, &b, &s.g), TS_OK);
        assert_int_equal(b.height, height);
        assert_int_equal(b.width, width);
        for (int64_t i = 0; i < height * width; i++)
            assert_int_equal(b.pixel[i], want[i] == '#' ? 255 : 0);
        ts_bitmap_free(&b);
        ts_ctx_close(&ctx);
    }
}

static void pixels(void **state)
{
    (void)state;
    /* middles are at 32, 96, 160: from 40 to 200 there are two, from 0 to 96 there are both ends */
    const ts_hint_point box[] = {{40, 0}, {40, 96}, {200, 96}, {200, 0}};
    draws(box, 4, 1, 2, 2, "####");
    const ts_hint_point triangle[] = {{0, 0}, {0, 256}, {256, 0}};
    draws(triangle, 3, 1, 4, 4, "#   ##  ### ####");
}

/* A stroke 20/64 wide between middles: nothing, or the pixel on its left, or the nearer one. */
static void drop_outs(void **state)
{
    (void)state;
    const ts_hint_point stroke[] = {{0, 0}, {0, 64}, {100, 64}, {100, 128}, {120, 128}, {120, 0}};
    draws(stroke, 6, 2, 2, 2, "  ##");
    draws(stroke, 6, 0, 2, 2, " ###");
    const ts_hint_point thin[] = {{70, 0}, {70, 192}, {90, 192}, {90, 0}};
    draws(thin, 4, 2, 3, 1, "   ");
    draws(thin, 4, 0, 3, 1, "###");
    draws(thin, 4, 4, 3, 1, "###");
    draws(thin, 4, 1, 3, 1, " # "); /* its ends are stubs */
    draws(thin, 4, 5, 3, 1, " # ");
}

static void errors(void **state)
{
    (void)state;
    shape s;
    ts_bitmap b;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_hint_point wide[] = {{0, 0}, {0, 1 << 22}, {1 << 22, 0}};
    open_shape(&s, wide, 3, 1, 48);
    assert_int_equal(ts_mono(&ctx, &b, &s.g), TS_ERROR_UNSUPPORTED);
    assert_null(b.pixel);
    ts_ctx_clear(&ctx);
    s.g.points = 0;
    assert_int_equal(ts_mono(&ctx, &b, &s.g), TS_OK);
    assert_null(b.pixel);
    ts_ctx_close(&ctx);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    shape s;
    ts_bitmap b;
    const ts_hint_point box[] = {{40, 0}, {40, 96}, {200, 96}, {200, 0}};
    open_shape(&s, box, 4, 1, 12);
    ts_mono(ctx, &b, &s.g);
    ts_bitmap_free(&b);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_int_equal(glyph_faults(once, NULL), 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        cmocka_unit_test(pixels),
        cmocka_unit_test(drop_outs),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
