#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/scene.h"

#include "tests/support/files.h"

#include <stdlib.h>
#include <string.h>

static ts_ctx ctx;
static const char *photo; /* 50 x 37, red grows to the right */

static int make(void **state)
{
    ts_picture p;
    ts_ctx_open_plain(&ctx);
    files_setup(state);
    photo = files_path("photo.png");
    ts_picture_new(&ctx, &p, 50, 37, TS_RGB);
    for (int i = 0; i < 50 * 37; i++)
        p.pixels[3 * i] = (uint8_t)(5 * (i % 50));
    ts_picture_write(&ctx, photo, &p, NULL, 0);
    ts_picture_free(&p);
    return ctx.status != TS_OK;
}

static int clean(void **state)
{
    ts_ctx_close(&ctx);
    return files_teardown(state);
}

/* The words are separated by '|'. */
static ts_status read_scene(ts_scene *scene, bool draw, const char *words)
{
    static const ts_option known[] = {{"--image", "FILE", ""}, TS_SCENE_OPTIONS, {0}};
    char copy[1024], *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, "|"); word; word = strtok(NULL, "|"))
        argv[argc++] = strcmp(word, "PHOTO") == 0 ? (char *)(uintptr_t)photo : word;
    ts_options o;
    assert_int_equal(ts_options_parse(&ctx, &o, known, argc, argv), TS_OK);
    const ts_status status = ts_scene_read(&ctx, scene, &o, draw);
    ts_options_free(&o);
    return status;
}

static const char *said(const ts_scene *scene)
{
    static char text[512];
    FILE *to = tmpfile();
    assert_non_null(to);
    ts_scene_say(to, scene);
    rewind(to);
    text[fread(text, 1, sizeof text - 1, to)] = '\0';
    fclose(to);
    return text;
}

#define PLACE "--polygon|4,6 40,6 40,24 4,24|"

static void cuts_to_sixteen(void **state)
{
    (void)state;
    ts_scene s;
    assert_int_equal(read_scene(&s, true, "--image|PHOTO|" PLACE "--text|Ab"), TS_OK);
    assert_int_equal(s.width, 48);
    assert_int_equal(s.height, 32);
    assert_int_equal(s.photo.width, 50);
    assert_string_equal(said(&s), "touchstone: working at 48 x 32 pixels: 50 x 37, cut to "
                                  "multiples of 16\n");
    assert_true(s.picture[0] < 8 && s.picture[3 * 47] > 230); /* the whole picture, smaller */
    assert_int_equal(s.mask[16 * 48 + 20], 255);
    assert_int_equal(s.mask[30 * 48 + 20], 0);
    int drawn = 0;
    for (int i = 0; i < 48 * 32; i++) {
        drawn += s.glyph[i] == 255;
        assert_true(s.glyph[i] == 0 || s.glyph[i] == 255);
        assert_true(s.glyph[i] <= s.mask[i]);
    }
    assert_true(drawn > 20);
    ts_scene_free(&s);
}

/* At twice the size the places are where they were in the picture. */
static void takes_places_along(void **state)
{
    (void)state;
    ts_scene s;
    assert_int_equal(read_scene(&s, true, "--image|PHOTO|" PLACE "--text|Ab|--size|96x64"), TS_OK);
    assert_int_equal(s.width, 96);
    assert_string_equal(said(&s), "");
    assert_int_equal(s.mask[(2 * 15) * 96 + 2 * 20], 255);
    assert_int_equal(s.mask[8 * 96 + 40], 0);
    assert_int_equal(s.mask[60 * 96 + 40], 0);
    ts_scene_free(&s);
}

static void needs_no_picture(void **state)
{
    (void)state;
    ts_scene s;
    assert_int_equal(read_scene(&s, false, PLACE "--size|64x48"), TS_OK);
    assert_int_equal(s.width, 64);
    assert_null(s.picture);
    assert_null(s.glyph);
    assert_int_equal(s.text_count, 0);
    assert_int_equal(s.mask[6 * 64 + 4], 255);
    ts_scene_free(&s);
}

static void cuts_long_texts(void **state)
{
    (void)state;
    ts_scene s;
    const char *words = "--size|320x48|" PLACE "--text|abcdefghij\xc3\xa4klmnopqrstuvw";
    assert_int_equal(read_scene(&s, false, words), TS_OK);
    assert_string_equal(s.texts[0], "abcdefghij\xc3\xa4klmnopqrs");
    assert_string_equal(said(&s), "touchstone: 4 characters cut from texts that are too long "
                                  "(--max-characters)\n");
    ts_scene_free(&s);
    assert_int_equal(read_scene(&s, false, "--size|64x48|" PLACE "--max-characters|2|--text|abc"),
                     TS_OK);
    assert_string_equal(s.texts[0], "ab");
    ts_scene_free(&s);
    assert_int_equal(read_scene(&s, false,
                                "--size|64x48|" PLACE
                                "--max-characters|0|--text|123456789012345678901"),
                     TS_OK);
    assert_int_equal(strlen(s.texts[0]), 21);
    assert_string_equal(said(&s), "");
    ts_scene_free(&s);
}

/* The published way to black and white is another one. */
static void dithers(void **state)
{
    (void)state;
    ts_scene a, b;
    assert_int_equal(read_scene(&a, true, "--image|PHOTO|" PLACE "--text|Ab"), TS_OK);
    assert_int_equal(read_scene(&b, true, "--image|PHOTO|--dither|" PLACE "--text|Ab"), TS_OK);
    assert_memory_not_equal(a.glyph, b.glyph, 48 * 32);
    ts_scene_free(&a);
    ts_scene_free(&b);
}

static void refused(bool draw, const char *words, ts_status status, const char *sentence)
{
    ts_scene s;
    read_scene(&s, draw, words);
    ts_scene_free(&s);
    files_failed(&ctx, status, sentence);
}

static void refuses(void **state)
{
    (void)state;
    refused(true, PLACE "--text|a", TS_ERROR_USAGE, "how large? --image FILE or --size WxH");
    refused(true, "--size|15x64|" PLACE "--text|a", TS_ERROR_USAGE,
            "the picture: 15 x 64 pixels are too few, both sides need 16 or more");
    refused(true, "--size|64|" PLACE "--text|a", TS_ERROR_USAGE,
            "--size: expected WIDTHxHEIGHT, as in 640x480, got \"64\"");
    refused(true, "--size|64x-2|" PLACE "--text|a", TS_ERROR_USAGE, "--size: expected");
    refused(true, "--size|65536x2049|" PLACE "--text|a", TS_ERROR_USAGE,
            "--size: 65536 x 2049 are more than 134217728 pixels");
    refused(true, "--size|64x64 |" PLACE "--text|a", TS_ERROR_USAGE, "--size: expected");
    refused(true, "--image|nowhere.png|" PLACE "--text|a", TS_ERROR_IO, "nowhere.png: cannot open");
    refused(true, "--image|PHOTO|" PLACE "--text|a|--text|b", TS_ERROR_USAGE,
            "2 texts for 1 region: there must be one --text for each");
    refused(true, "--image|PHOTO|" PLACE, TS_ERROR_USAGE, "one for each of 1 region");
    refused(true, "--image|PHOTO|--text|a", TS_ERROR_USAGE, "where does the text go?");
    refused(true, "--image|PHOTO|" PLACE "--text|\xe5\x92\x96|--font|DejaVuSans", TS_ERROR_USAGE,
            "U+5496");
    refused(true, "--image|PHOTO|" PLACE "--text|a|--max-characters|-1", TS_ERROR_USAGE,
            "--max-characters: expected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_to_sixteen), cmocka_unit_test(takes_places_along),
        cmocka_unit_test(needs_no_picture), cmocka_unit_test(cuts_long_texts),
        cmocka_unit_test(dithers), cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
