#include "tests/support/files.h"

#include "ref/io/codecs.h"

#include <stdlib.h>
#include <string.h>

static ts_picture sample(ts_ctx *ctx, ts_picture_kind kind)
{
    ts_picture p;
    assert_int_equal(ts_picture_new(ctx, &p, 7, 5, kind), TS_OK);
    for (int i = 0; i < 7 * 5 * (int)kind; i++)
        p.pixels[i] = (uint8_t)(37 * i);
    return p;
}

static void round_trip(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    static const ts_picture_kind kinds[] = {TS_GRAY, TS_RGB, TS_RGBA};
    for (int i = 0; i < 3; i++) {
        ts_picture p = sample(&ctx, kinds[i]), q;
        assert_int_equal(ts_picture_write(&ctx, files_path("p.png"), &p, NULL, 0), TS_OK);
        assert_int_equal(ts_picture_read(&ctx, &q, files_path("p.png"), kinds[i]), TS_OK);
        assert_int_equal(q.width, 7);
        assert_int_equal(q.height, 5);
        assert_memory_equal(q.pixels, p.pixels, 35 * (size_t)kinds[i]);
        ts_picture_free(&p);
        ts_picture_free(&q);
    }
    ts_ctx_close(&ctx);
}

static const char *find_bytes(const char *in, size_t size, const char *what, size_t length)
{
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(in + i, what, length) == 0)
            return in + i;
    return NULL;
}

static void texts(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_picture p = sample(&ctx, TS_RGB);
    const ts_picture_text text[] = {{"Seed", "42"},
                                    {"Prompt", "ein Schild: \xe5\x87\xba\xe5\x8f\xa3"}};
    const char *path = files_path("text.png");
    assert_int_equal(ts_picture_write(&ctx, path, &p, text, 2), TS_OK);
    size_t bytes;
    char *file = files_read(path, &bytes);
    assert_non_null(find_bytes(file, bytes, "tEXtSeed\0" "42", 11));
    assert_non_null(find_bytes(file, bytes, "iTXtPrompt\0\0\0\0\0ein Schild: \xe5\x87\xba", 30));
    free(file);
    char key[82];
    memset(key, 'k', 80);
    key[80] = '\0';
    const char *const bad[] = {"", " Seed", "Seed ", "a  b", "a\nb", "\xc3\xa4", key};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_picture_write(&ctx, path, &p, &(ts_picture_text){bad[i], "x"}, 1);
        files_failed(&ctx, TS_ERROR_USAGE, "cannot be the key");
    }
    size_t after; /* the picture of before is still there, and nothing else */
    free(files_read(path, &after));
    assert_int_equal(after, bytes);
    assert_int_equal(files_count(), 2);
    key[79] = '\0';
    assert_int_equal(ts_picture_write(&ctx, path, &p, &(ts_picture_text){key, ""}, 1), TS_OK);
    ts_picture_write(&ctx, "/dev/full", &p, NULL, 0);
    files_failed(&ctx, TS_ERROR_IO, "/dev/full: cannot write it: No space left");
    ts_picture_free(&p);
    ts_ctx_close(&ctx);
}

/* Cut anywhere: one sentence. Changed anywhere: a sentence or a picture, never a crash. */
static void damaged(void **state)
{
    (void)state;
    static const char *const names[] = {"palette2.png", "interlaced_rgba16.png", "gray8_key.png",
                                        "turned.png"};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128] = "data/goldens/io/";
        size_t bytes;
        strcat(path, names[i]);
        char *file = files_read(path, &bytes);
        ts_picture p;
        int orientation;
        for (size_t n = 0; n < bytes; n++) {
            char *cut = malloc(n + 1); /* its own block, so that a sanitizer sees the end */
            assert_non_null(cut);
            memcpy(cut, file, n);
            const ts_encoded in = {"cut.png", (const uint8_t *)cut, (int64_t)n};
            ts_png_decode(&ctx, &p, &orientation, &in);
            assert_null(p.pixels);
            files_failed(&ctx, TS_ERROR_FORMAT, "cut.png: broken PNG: ");
            free(cut);
        }
        for (size_t n = 0; n < bytes; n++) {
            file[n] = (char)(file[n] ^ 0x41);
            const ts_encoded in = {"changed.png", (const uint8_t *)file, (int64_t)bytes};
            if (ts_png_decode(&ctx, &p, &orientation, &in) == TS_OK)
                ts_picture_free(&p);
            else
                files_failed(&ctx, ctx.status, "changed.png: ");
            file[n] = (char)(file[n] ^ 0x41);
        }
        free(file);
    }
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(texts),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
