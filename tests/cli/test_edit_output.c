#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/edit_output.h"

#include "ref/ops/table.h"
#include "tests/support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ts_ctx ctx;

static int make(void **state)
{
    ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 1);
    return files_setup(state);
}

static int clean(void **state)
{
    ts_ctx_close(&ctx);
    return files_teardown(state);
}

static const ts_option known[] = {{"--out", "", ""},  {"--compose", NULL, ""}, {"--seed", "", ""},
                                  {"--text", "", ""}, {"--checkpoint", "", ""}, {0}};

static void parse(ts_options *o, int argc, const char *const *argv)
{
    static char *copy[16];
    for (int i = 0; i < argc; i++)
        memcpy(&copy[i], &argv[i], sizeof copy[i]);
    assert_int_equal(ts_options_parse(&ctx, o, known, argc, copy), TS_OK);
}

/* The check leaves nothing behind, and a file that is there as it is. */
static void checks_the_place(void **state)
{
    (void)state;
    ts_edit_output out = {.every = 0};
    ts_options o;
    size_t n;
    const int files = files_count();
    const char *const argv[] = {"--out", files_path("new.png"), "--compose"};
    parse(&o, 3, argv);
    assert_int_equal(ts_edit_output_check(&ctx, &out, &o), TS_OK);
    assert_true(out.compose);
    assert_string_equal(out.path, files_path("new.png"));
    assert_int_equal(files_count(), files);
    files_write_text(out.path, "old");
    assert_int_equal(ts_edit_output_check(&ctx, &out, &o), TS_OK);
    char *still = files_read(out.path, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(still, "old", 3);
    free(still);
    ts_options_free(&o);
    const char *const bad[] = {"--out", files_path("new.png/x.png")};
    parse(&o, 2, bad);
    ts_edit_output_check(&ctx, &out, &o);
    ts_options_free(&o);
    files_failed(&ctx, TS_ERROR_IO, "new.png/x.png: cannot write it");
}

/* A text chunk of a PNG: KEYWORD 0 TEXT, length before. */
static void has_text(const char *png, size_t n, const char *key, const char *text)
{
    char chunk[512];
    const int length = snprintf(chunk, sizeof chunk, "tEXt%s%c%s", key, 0, text);
    for (size_t i = 8; i + (size_t)length <= n; i++)
        if (memcmp(png + i, chunk, (size_t)length) == 0 &&
            (unsigned char)png[i - 1] == (length - 4) % 256)
            return;
    fail_msg("no text \"%s\" with \"%s\"", key, text);
}

/* A picture (1, 3, 16, 32) of -1 .. 1, what it says, and what it is in the photo. */
static void writes_the_picture(void **state)
{
    (void)state;
    ts_options o;
    size_t n;
    ts_edit edit = {.steps = 5, .guidance = 3.5, .options = ts_dit_default_options()};
    const char *const argv[] = {"--out", files_path("a.png"), "--seed", "42", "--checkpoint",
                                "data/model"};
    parse(&o, 6, argv);
    const ts_edit_facts facts = {&o, "a sign, that reads H .", "f32", "fast"};
    ts_scene scene = {.height = 16, .width = 32};
    const ts_edit_output out = {.path = argv[1], .scene = &scene, .edit = &edit, .facts = &facts};
    ts_tensor image = ts_new_zero(&ctx, TS_F32, 4, (int64_t[]){1, 3, 16, 32});
    ((float *)image.data)[0] = 3.0f;                    /* red of the first pixel */
    ((float *)image.data)[2 * 16 * 32 + 33] = -1.0f;    /* blue of the second of the second row */
    assert_int_equal(ts_edit_output_write(&ctx, &out, image), TS_OK);
    ts_picture p;
    assert_int_equal(ts_picture_read(&ctx, &p, out.path, TS_RGB), TS_OK);
    assert_int_equal(p.width, 32);
    assert_int_equal(p.pixels[0], 255);
    assert_int_equal(p.pixels[1], 128);
    assert_int_equal(p.pixels[3 * 33 + 2], 0);
    ts_picture_free(&p);
    char *png = files_read(out.path, &n);
    has_text(png, n, "prompt", "a sign, that reads H .");
    has_text(png, n, "seed", "42");
    has_text(png, n, "model", "data/model");
    has_text(png, n, "version", "touchstone " TS_VERSION);
    has_text(png, n, "steps", "5");
    has_text(png, n, "guidance", "3.5");
    has_text(png, n, "size", "32x16");
    has_text(png, n, "lora", "none");
    free(png);
    ts_options_free(&o);
}

/* With --compose: the photo's size, the edit inside the polygon, the photo's bytes far from it. */
static void composes(void **state)
{
    (void)state;
    ts_options o;
    ts_point corners[] = {{10, 4}, {30, 4}, {30, 12}, {10, 12}};
    ts_place_outline region = {corners, 4, true};
    uint8_t painted[64 * 40] = {0};
    ts_edit edit = {.steps = 5, .options = ts_dit_default_options()};
    ts_scene scene = {.height = 32, .width = 32};
    const char *const argv[] = {"--out", files_path("c.png"), "--compose"};
    parse(&o, 3, argv);
    const ts_edit_facts facts = {&o, "", "f32", "fast"};
    scene.places = (ts_places){40, 64, &region, 1, 1, painted};
    assert_int_equal(ts_picture_new(&ctx, &scene.photo, 64, 40, TS_RGB), TS_OK);
    memset(scene.photo.pixels, 7, 64 * 40 * 3);
    const ts_edit_output out = {.path = argv[1], .compose = true, .scene = &scene, .edit = &edit,
                                .facts = &facts};
    const ts_tensor gray = ts_new_zero(&ctx, TS_F32, 4, (int64_t[]){1, 3, 32, 32});
    assert_int_equal(ts_edit_output_write(&ctx, &out, gray), TS_OK);
    ts_picture p;
    assert_int_equal(ts_picture_read(&ctx, &p, out.path, TS_RGB), TS_OK);
    assert_int_equal(p.width, 64);
    assert_int_equal(p.height, 40);
    assert_int_equal(p.pixels[3 * (8 * 64 + 20)], 128);
    assert_in_range(p.pixels[3 * (16 * 64 + 20)], 8, 127);
    assert_int_equal(p.pixels[3 * (21 * 64 + 20)], 7);
    assert_int_equal(p.pixels[3 * (8 * 64 + 39)], 7);
    ts_picture_free(&p);
    ts_picture_free(&scene.photo);
    ts_options_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(checks_the_place),
                                       cmocka_unit_test(writes_the_picture),
                                       cmocka_unit_test(composes)};
    return cmocka_run_group_tests(tests, make, clean);
}
