#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include "ref/io/picture.h"

#include <stdio.h>
#include <string.h>

static ts_ctx ctx;

static const char *at(const char *name)
{
    static char path[4][256];
    static int next;
    char *to = path[next++ % 4];
    snprintf(to, sizeof path[0], "%s/%s", command_folder(), name);
    return to;
}

static void read_gray(ts_picture *p, const char *name)
{
    assert_int_equal(ts_picture_read(&ctx, p, at(name), TS_GRAY), TS_OK);
}

static int64_t white(const ts_picture *p)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->width * p->height; i++)
        n += p->pixels[i] == 255;
    return n;
}

#define SIGN "glyph --image data/pictures/sign.jpg --polygon \"345,42 568,16 574,88 352,118\" "

static void draws_what_is_shown_to_the_model(void **state)
{
    (void)state;
    ts_picture glyph, mask;
    assert_int_equal(command(SIGN "--text CAFE --out %s --mask-out %s", at("g.png"), at("m.png")),
                     0);
    command_must_say("working at 592 x 400 pixels: 600 x 400, cut to multiples of 16");
    read_gray(&glyph, "g.png");
    read_gray(&mask, "m.png");
    assert_int_equal(glyph.width, 592);
    assert_int_equal(mask.height, 400);
    assert_in_range(white(&mask), 14000, 18000); /* 224 x 74 pixels and a little */
    assert_in_range(white(&glyph), 2000, 9000);
    for (int64_t i = 0; i < 592 * 400; i++)
        assert_true(glyph.pixels[i] <= mask.pixels[i]);
    ts_picture_free(&glyph);
    ts_picture_free(&mask);
}

static void the_mask_alone_needs_no_text(void **state)
{
    (void)state;
    ts_picture mask;
    assert_int_equal(command(SIGN "--size 64x64 --mask-out %s", at("alone.png")), 0);
    read_gray(&mask, "alone.png");
    assert_int_equal(mask.width, 64);
    assert_in_range(white(&mask), 200, 400);
    ts_picture_free(&mask);
}

/* A mask that was written, read as places: the same mask. */
static void reads_its_own_masks(void **state)
{
    (void)state;
    ts_picture a, b;
    assert_int_equal(command("glyph --size 96x64 --polygon '3,3 40,3 40,20 3,20' --polygon "
                             "'50,30 90,40 60,60' --mask-out %s", at("a.png")), 0);
    assert_int_equal(command("glyph --mask %s --text up --text lo --out %s --mask-out %s",
                             at("a.png"), at("ab.png"), at("b.png")), 0);
    read_gray(&a, "a.png");
    read_gray(&b, "b.png");
    assert_memory_equal(a.pixels, b.pixels, 96 * 64);
    ts_picture_free(&a);
    ts_picture_free(&b);
}

static void draws_a_line(void **state)
{
    (void)state;
    ts_picture line;
    assert_int_equal(command("glyph --line --text Stra\xc3\x9f" "e --out %s", at("l.png")), 0);
    read_gray(&line, "l.png");
    assert_int_equal(line.width, 512);
    assert_int_equal(line.height, 80);
    assert_in_range(white(&line), 1000, 20000);
    ts_picture_free(&line);
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(command("glyph --size 64x64"), 2);
    command_must_say("glyph: where to? --out FILE, --mask-out FILE");
    assert_int_equal(command("glyph --line --mask-out x.png"), 2);
    command_must_say("glyph: where to? --out FILE\n");
    assert_int_equal(command("glyph --line --text a --text b --out %s", at("x.png")), 2);
    command_must_say("--line: 2 texts, expected one --text");
    assert_int_equal(command("glyph word --out %s", at("x.png")), 2);
    command_must_say("what is \"word\"?");
    assert_int_equal(command(SIGN "--text CAFE --out %s/nowhere/x.png", command_folder()), 1);
    command_must_say("nowhere/x.png: cannot write it");
    assert_int_equal(command(SIGN "--text CAFE --font data/fonts/README.md --out %s", at("x.png")),
                     1);
    command_must_say("data/fonts/README.md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_what_is_shown_to_the_model),
        cmocka_unit_test(the_mask_alone_needs_no_text),
        cmocka_unit_test(reads_its_own_masks),
        cmocka_unit_test(draws_a_line),
        cmocka_unit_test(refuses),
    };
    ts_ctx_open_plain(&ctx);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ts_ctx_close(&ctx);
    return failed;
}
