/* Lines of characters: choice of fonts, boxes, widening. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/text.h"

typedef struct {
    ts_ctx ctx;
    ts_fonts fonts;
    ts_font *latin, *han;
} bench;

static int open_fonts(void **state)
{
    static bench b;
    b = (bench){0};
    ts_ctx_open_plain(&b.ctx);
    b.latin = ts_font_open(&b.ctx, "DejaVuSans");
    b.han = ts_font_open(&b.ctx, "DroidSansFallbackFull");
    b.fonts = (ts_fonts){.font = {b.latin, b.han}, .count = 2};
    *state = &b;
    return b.han ? 0 : -1;
}

static int close_fonts(void **state)
{
    bench *b = *state;
    ts_font_close(b->latin);
    ts_font_close(b->han);
    ts_ctx_close(&b->ctx);
    return 0;
}

static void choice(void **state)
{
    bench *b = *state;
    ts_text t;
    assert_int_equal(ts_text_set(&b->ctx, &t, "a\xe4\xbd\xa0\xc3\xa9", &b->fonts), TS_OK);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.character[1], 0x4F60);
    assert_int_equal(t.font[0], 0);
    assert_int_equal(t.font[1], 1);
    assert_int_equal(t.font[2], 0);
    char *again = ts_text_utf8(&b->ctx, &t);
    assert_string_equal(again, "a\xe4\xbd\xa0\xc3\xa9");
    ts_free(again);
    ts_text_free(&t);
    assert_int_equal(ts_text_set(&b->ctx, &t, "", &b->fonts), TS_OK);
    assert_int_equal(t.count, 0);
    ts_text_free(&t);
}

static void refused(void **state)
{
    bench *b = *state;
    static const struct {
        const char *text, *says;
    } bad[] = {{"a\tb", "U+0009"}, {"\x7f", "U+007F"}, {"a\xf0\x9f\x8e\x89", "U+1F389"},
               {"ab\xc3", "byte 2"}, {"\xed\xa0\x80", "byte 0"}};
    for (int i = 0; i < 5; i++) {
        ts_text t;
        assert_int_equal(ts_text_set(&b->ctx, &t, bad[i].text, &b->fonts), TS_ERROR_USAGE);
        assert_non_null(strstr(b->ctx.message, bad[i].says));
        assert_null(t.character);
        ts_ctx_clear(&b->ctx);
    }
    /* as published, a missing character is drawn as the first font's glyph 0 */
    ts_fonts lenient = b->fonts;
    lenient.draw_missing = true;
    ts_text t;
    assert_int_equal(ts_text_set(&b->ctx, &t, "a\xf0\x9f\x8e\x89", &lenient), TS_OK);
    assert_int_equal(t.glyph[1], 0);
    ts_text_free(&t);
}

static void boxes(void **state)
{
    bench *b = *state;
    ts_text t;
    ts_box one, two, box;
    assert_int_equal(ts_text_set(&b->ctx, &t, "._ ", &b->fonts), TS_OK);
    assert_int_equal(ts_text_box(&b->ctx, &one, &t, &b->fonts, 50, 0, 1), TS_OK);
    assert_true(one.left == 0 && one.top == 41 && one.right == 16 && one.bottom == 47);
    /* the box reaches from the baseline to the underscore, and left of its origin */
    assert_int_equal(ts_text_box(&b->ctx, &two, &t, &b->fonts, 50, 1, 1), TS_OK);
    assert_true(two.left == -1 && two.top == 47 && two.bottom > 57);
    assert_int_equal(ts_text_box(&b->ctx, &box, &t, &b->fonts, 50, 2, 1), TS_OK);
    assert_true(box.top == 47 && box.bottom == 47 && box.right == 16);
    assert_int_equal(ts_text_box(&b->ctx, &box, &t, &b->fonts, 50, 0, 3), TS_OK);
    assert_true(box.top == one.top && box.bottom == two.bottom);
    assert_int_equal(ts_text_box(&b->ctx, &box, &t, &b->fonts, 50, 0, 0), TS_OK);
    assert_true(box.right == 0 && box.bottom == 0);
    ts_text_free(&t);
}

static void widening(void **state)
{
    bench *b = *state;
    ts_text t, w;
    assert_int_equal(ts_text_set(&b->ctx, &t, "a\xe4\xbd\xa0", &b->fonts), TS_OK);
    for (int64_t spaces = 0; spaces < 3; spaces++) {
        static const char *const want[] = {"a\xe4\xbd\xa0", "a \xe4\xbd\xa0", "a  \xe4\xbd\xa0"};
        assert_int_equal(ts_text_widen(&b->ctx, &w, &t, spaces, &b->fonts), TS_OK);
        char *text = ts_text_utf8(&b->ctx, &w);
        assert_string_equal(text, want[spaces]);
        ts_free(text);
        ts_text_free(&w);
    }
    const ts_text nothing = {0};
    assert_int_equal(ts_text_widen(&b->ctx, &w, &nothing, 5, &b->fonts), TS_OK);
    assert_int_equal(w.count, 0);
    ts_text_free(&w);
    ts_text_free(&t);
}

static ts_status once(ts_ctx *ctx, void *arg)
{
    (void)arg;
    ts_font *font = ts_font_open(ctx, "DejaVuSerif-Bold");
    const ts_fonts fonts = {.font = {font}, .count = 1};
    ts_text t = {0}, w = {0};
    ts_box box;
    if (font && !ts_text_set(ctx, &t, "ab", &fonts) && !ts_text_widen(ctx, &w, &t, 1, &fonts) &&
        !ts_text_box(ctx, &box, &w, &fonts, 20, 0, w.count))
        ts_free(ts_text_utf8(ctx, &w));
    ts_text_free(&t);
    ts_text_free(&w);
    ts_font_close(font);
    return ctx->status;
}

static void faults(void **state)
{
    (void)state;
    assert_true(glyph_faults(once, NULL) >= 15);
}

int main(void)
{
    const struct CMUnitTest first[] = {cmocka_unit_test(faults)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choice),
        cmocka_unit_test(refused),
        cmocka_unit_test(boxes),
        cmocka_unit_test(widening),
    };
    const int failed = cmocka_run_group_tests(first, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, open_fonts, close_fonts);
}
