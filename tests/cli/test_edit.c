/* The main job as a new user tries it: every use ends in the right picture or in one sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/io/items.h"
#include "ref/io/picture.h"
#include "ref/io/safetensors.h"
#include "tests/support/command.h"
#include "tests/support/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TINY "data/checkpoints/tiny"
#define LORA "data/checkpoints/tiny-lora.safetensors"
#define EDIT "edit --checkpoint " TINY " --steps 2 --max-sequence-length 8 "
#define PLACE "--polygon '6,6 58,8 58,24 6,22' "

static ts_ctx ctx;

/* A picture of 64 x 32 that is different everywhere, and gray; and one of 67 x 45. */
static void paint(const char *name, int64_t width, int64_t height, bool colour)
{
    ts_picture p;
    assert_int_equal(ts_picture_new(&ctx, &p, width, height, TS_RGB), TS_OK);
    for (int64_t i = 0; i < width * height; i++)
        for (int c = 0; c < 3; c++)
            p.pixels[3 * i + c] = (uint8_t)(i % width * 3 + i / width * 2 + (colour ? 30 * c : 0));
    assert_int_equal(ts_picture_write(&ctx, files_path(name), &p, NULL, 0), TS_OK);
    ts_picture_free(&p);
}

static void patch(const char *name, int64_t width, int64_t height, int count)
{
    ts_picture p;
    assert_int_equal(ts_picture_new(&ctx, &p, width, height, TS_GRAY), TS_OK);
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
            if (count == 1 ? x == 21 && y == 9 : y > 2 && y < 25 && x % 32 > 4 && x % 32 < 28)
                p.pixels[y * width + x] = 255;
    assert_int_equal(ts_picture_write(&ctx, files_path(name), &p, NULL, 0), TS_OK);
    ts_picture_free(&p);
}

static int make(void **state)
{
    ts_ctx_open_plain(&ctx);
    if (files_setup(state))
        return 1;
    paint("photo.png", 64, 32, true);
    paint("gray.png", 64, 32, false);
    paint("odd.png", 67, 45, true);
    patch("two.png", 64, 32, 2);
    patch("one.png", 64, 32, 1);
    return 0;
}

static int clean(void **state)
{
    ts_ctx_close(&ctx);
    return files_teardown(state);
}

/* EDIT with words; the result goes to `out`. */
static int edit(const char *image, const char *words, const char *out)
{
    return command(EDIT "--image %s %s --out %s",
                   strchr(image, '/') ? image : files_path(image), words, files_path(out));
}

static void picture(ts_picture *p, const char *name, int64_t width, int64_t height)
{
    assert_int_equal(ts_picture_read(&ctx, p, files_path(name), TS_RGB), TS_OK);
    assert_int_equal(p->width, width);
    assert_int_equal(p->height, height);
}

static bool same(const char *a, const char *b)
{
    ts_picture p, q;
    assert_int_equal(ts_picture_read(&ctx, &p, files_path(a), TS_RGB), TS_OK);
    assert_int_equal(ts_picture_read(&ctx, &q, files_path(b), TS_RGB), TS_OK);
    const bool equal = p.width == q.width && p.height == q.height &&
                       memcmp(p.pixels, q.pixels, (size_t)(3 * p.width * p.height)) == 0;
    ts_picture_free(&p);
    ts_picture_free(&q);
    return equal;
}

static ts_tensor bytes(const ts_picture *p, bool colour)
{
    const int64_t size[3] = {p->height, p->width, 3};
    return ts_tensor_of(p->pixels, TS_U8, colour ? 3 : 2, size);
}

/* 1: photo and polygon. The same bytes as the module of the whole pipeline gives for the picture,
 * the glyph picture and the mask that `touchstone glyph` makes. */
static void photo_and_polygon(void **state)
{
    (void)state;
    ts_picture photo, glyph, mask, mine;
    ts_items in = {.items = NULL};
    char inputs[256], outputs[256];
    snprintf(inputs, sizeof inputs, "%s", files_path("in.safetensors"));
    snprintf(outputs, sizeof outputs, "%s", files_path("out.safetensors"));
    assert_int_equal(edit("photo.png", PLACE "--text Hi --prompt 'a sign' --lora " LORA
                          " --seed 7 --guidance 2.5 --condition-scale 1.5", "1.png"), 0);
    command_must_say("tiny-lora.safetensors: 62 of 62 tensors applied");
    command_must_not_say("working at");
    assert_int_equal(command("glyph --image %s " PLACE "--text Hi --out %s --mask-out %s",
                             files_path("photo.png"), files_path("g.png"), files_path("m.png")), 0);
    picture(&photo, "photo.png", 64, 32);
    picture(&glyph, "g.png", 64, 32);
    assert_int_equal(ts_picture_read(&ctx, &mask, files_path("m.png"), TS_GRAY), TS_OK);
    ts_items_add(&ctx, &in, "image", bytes(&photo, true));
    ts_items_add(&ctx, &in, "glyph", bytes(&glyph, true));
    ts_items_add(&ctx, &in, "mask", bytes(&mask, false));
    assert_int_equal(ts_safetensors_write(&ctx, inputs, &in, NULL), TS_OK);
    assert_int_equal(command("run flux_text.generate_fill --checkpoint " TINY " --lora " LORA
                             " --inputs %s --set 'prompt=a sign, that reads Hi .' --set seed=7 "
                             "--set guidance_scale=2.5 --set condition_scale=1.5 "
                             "--set num_inference_steps=2 --set max_sequence_length=8 --out %s",
                             inputs, outputs), 0);
    ts_safetensors *file = ts_safetensors_open(&ctx, outputs);
    assert_non_null(file);
    picture(&mine, "1.png", 64, 32);
    const ts_tensor want = ts_safetensors_get(file, "image_u8");
    assert_int_equal(ts_numel(want), 3 * 64 * 32);
    assert_memory_equal(mine.pixels, want.data, 3 * 64 * 32);
    ts_safetensors_close(file);
    ts_items_free(&in);
    ts_picture_free(&photo);
    ts_picture_free(&glyph);
    ts_picture_free(&mask);
    ts_picture_free(&mine);
}

/* A ready glyph picture is as good as the drawn one; seeds, streams and texts are not. */
static void settings_count(void **state)
{
    (void)state;
    static const char lora[] = "--text Hi --lora " LORA;
    const char *const others[] = {"--text Ho", "--text Hi --seed 1", "--text Hi --rng philox",
                                  "--text Hi --guidance 3", "--text Hi --condition-scale 2",
                                  "--text Hi --prompt x", "--text Hi --steps 3", lora};
    assert_int_equal(edit("photo.png", PLACE "--text Hi", "a.png"), 0);
    assert_int_equal(edit("photo.png", PLACE "--text Hi --backend plain --threads 1", "b.png"), 0);
    assert_int_equal(edit("photo.png", PLACE "--text Hi --backend fast --threads 3", "c.png"), 0);
    assert_true(same("b.png", "c.png"));
    assert_int_equal(command("glyph --image %s " PLACE "--text Hi --out %s",
                             files_path("photo.png"), files_path("ready.png")), 0);
    char words[512];
    snprintf(words, sizeof words, PLACE "--text Hi --glyph %s", files_path("ready.png"));
    assert_int_equal(edit("photo.png", words, "d.png"), 0);
    assert_true(same("a.png", "d.png"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(words, sizeof words, PLACE "%s", others[i]);
        assert_int_equal(edit("photo.png", words, "e.png"), 0);
        if (same("a.png", "e.png"))
            fail_msg("%s changes nothing", others[i]);
    }
}

/* 2: photo and mask with two regions, put back into the photo. */
static void mask_with_two_regions(void **state)
{
    (void)state;
    char words[512];
    ts_picture p, before;
    snprintf(words, sizeof words, "--mask %s --text Hi --text there --compose",
             files_path("two.png"));
    assert_int_equal(edit("photo.png", words, "2.png"), 0);
    picture(&p, "2.png", 64, 32);
    picture(&before, "photo.png", 64, 32);
    int changed = 0, feathered = 0;
    for (int i = 0; i < 64 * 32; i++) {
        const int x = i % 32, y = i / 64; /* the patches are 5 .. 27 of each 32, rows 3 .. 24 */
        const bool differs = memcmp(p.pixels + 3 * i, before.pixels + 3 * i, 3) != 0;
        const bool inside = y > 2 && y < 25 && x > 4 && x < 28;
        changed += inside && differs;
        feathered += !inside && differs;
    }
    assert_true(changed > 2 * 23 * 22 * 9 / 10);
    assert_true(feathered > 100);
    ts_picture_free(&p);
    ts_picture_free(&before);
    snprintf(words, sizeof words, "--mask %s --text Hi", files_path("two.png"));
    assert_int_equal(edit("photo.png", words, "x.png"), 2);
    command_must_say("touchstone: 1 text for 2 regions: there must be one --text for each\n");
}

/* 3: Chinese with a fallback font, and without. */
static void chinese_text(void **state)
{
    (void)state;
    assert_int_equal(edit("photo.png", PLACE "--text \xe5\x92\x96\xe5\x95\xa1", "3.png"), 0);
    assert_int_equal(edit("photo.png", PLACE "--text '\xe5\x92\x96 A' --font DejaVuSerif-Bold "
                          "--font data/fonts/DroidSansFallbackFull.ttf", "3.png"), 0);
    assert_int_equal(edit("photo.png", PLACE "--text \xe5\x92\x96 --font DejaVuSerif-Bold",
                          "x.png"), 2);
    command_must_say("text 1: no font has the character U+5496");
}

/* 4: a mask of one pixel has no room for letters, but for a ready glyph picture. */
static void mask_of_one_pixel(void **state)
{
    (void)state;
    char words[512];
    snprintf(words, sizeof words, "--mask %s --text a", files_path("one.png"));
    assert_int_equal(edit("photo.png", words, "x.png"), 2);
    command_must_say("too small for its text");
    snprintf(words, sizeof words, "--mask %s --glyph %s --prompt p --size 48x32",
             files_path("one.png"), files_path("photo.png"));
    assert_int_equal(edit("photo.png", words, "4.png"), 0);
}

/* 5, 12: sizes that are no multiples of 16, and sizes other than the picture's. */
static void sizes(void **state)
{
    (void)state;
    ts_picture p, before;
    assert_int_equal(edit("odd.png", PLACE "--text Hi", "5.png"), 0);
    command_must_say("touchstone: working at 64 x 32 pixels: 67 x 45, cut to multiples of 16\n");
    picture(&p, "5.png", 64, 32);
    ts_picture_free(&p);
    assert_int_equal(edit("odd.png", PLACE "--text Hi --size 50x48 --compose", "12.png"), 0);
    command_must_say("working at 48 x 48 pixels: 50 x 48, cut");
    picture(&p, "12.png", 67, 45);
    picture(&before, "odd.png", 67, 45);
    for (int y = 24 + 9; y < 45; y++) /* more than the feather below the polygon */
        assert_memory_equal(p.pixels + 3 * 67 * y, before.pixels + 3 * 67 * y, 3 * 67);
    assert_memory_not_equal(p.pixels + 3 * (67 * 12 + 10), before.pixels + 3 * (67 * 12 + 10), 90);
    ts_picture_free(&p);
    ts_picture_free(&before);
    assert_int_equal(edit("photo.png", PLACE "--text Hi --size 8x64", "x.png"), 2);
    command_must_say("8 x 64 pixels are too few");
}

/* 6, 7: other kinds of pictures, and broken ones. */
static void kinds_of_pictures(void **state)
{
    (void)state;
    ts_picture p;
    size_t n;
    assert_int_equal(edit("gray.png", PLACE "--text Hi", "6.png"), 0);
    assert_int_equal(edit("data/goldens/io/cmyk.jpg", "--polygon '2,2 14,2 14,14 2,14' --text H",
                          "7.png"), 0);
    picture(&p, "7.png", 16, 16);
    ts_picture_free(&p);
    char *jpeg = files_read("data/goldens/io/420.jpg", &n);
    files_write(files_path("broken.jpg"), jpeg, n / 2);
    free(jpeg);
    assert_int_equal(edit("broken.jpg", PLACE "--text H", "x.png"), 1);
    command_must_say("broken.jpg: broken JPEG: ");
    assert_int_equal(edit("data/fonts/README.md", PLACE "--text H", "x.png"), 1);
    command_must_say("data/fonts/README.md: ");
    assert_int_equal(edit("nowhere/a.png", PLACE "--text H", "x.png"), 1);
    command_must_say("nowhere/a.png: cannot open it: No such file or directory");
}

/* 8: an adapter with a key that no module has. */
static void lora_with_a_wrong_key(void **state)
{
    (void)state;
    size_t n;
    char words[512];
    char *file = files_read(LORA, &n);
    for (size_t i = 0; i + 10 < n; i++)
        if (memcmp(file + i, "0.attn.to_k", 11) == 0)
            file[i + 10] = 'x';
    files_write(files_path("wrong.safetensors"), file, n);
    free(file);
    snprintf(words, sizeof words, PLACE "--text H --lora %s", files_path("wrong.safetensors"));
    assert_int_equal(edit("photo.png", words, "x.png"), 1);
    command_must_say("0.attn.to_x.lora_A.weight matches no module of the transformer (");
    assert_int_equal(edit("photo.png", PLACE "--text H --latent-lora", "x.png"), 2);
    command_must_say("--latent-lora: without --lora");
}

/* 9, 10: wrong folders, and places that cannot be written; nothing is computed before. */
static void folders_and_places(void **state)
{
    (void)state;
    const char *const bad[] = {"photo.png/x.png", "nowhere/x.png"};
    assert_int_equal(edit("photo.png", PLACE "--text H --checkpoint data/fonts", "x.png"), 1);
    command_must_say("--checkpoint data/fonts: not a checkpoint in the diffusers layout: it has no "
                     "model_index.json\n");
    assert_int_equal(edit("photo.png", PLACE "--text H --checkpoint nowhere", "x.png"), 1);
    command_must_say("--checkpoint nowhere: no such folder\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(edit("photo.png", PLACE "--text H --steps 9999", bad[i]), 1);
        command_must_say("cannot write it: ");
    }
}

/* 11: Ctrl-C in the middle, as soon as the first preview is there. */
static void interrupted(void **state)
{
    (void)state;
    const char *program = getenv("TOUCHSTONE");
    char preview[256], out[256], image[256], log[256];
    int status, files = files_count();
    snprintf(preview, sizeof preview, "%s", files_path("11.step-0001.png"));
    snprintf(out, sizeof out, "%s", files_path("11.png"));
    snprintf(image, sizeof image, "%s", files_path("photo.png"));
    snprintf(log, sizeof log, "%s", files_path("log"));
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const int to = open(log, O_WRONLY | O_CREAT, 0600);
        if (to < 0 || dup2(to, STDERR_FILENO) < 0)
            _exit(99);
        execl(program ? program : "build/touchstone", "touchstone", "edit", "--checkpoint", TINY,
              "--image", image, "--polygon", "6,6 58,8 58,24 6,22", "--text", "Hi", "--steps",
              "9000", "--max-sequence-length", "8", "--preview", "1", "--out", out, (char *)NULL);
        _exit(99);
    }
    for (int i = 0; i < 6000 && access(preview, R_OK) != 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(kill(child, SIGINT), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
    size_t n;
    char *said = files_read(log, &n);
    int step = 0, end = 0;
    assert_int_equal(sscanf(said, "touchstone: stopped in step %d of 9000; %n", &step, &end), 1);
    assert_true(end > 0 && step >= 1);
    assert_non_null(strstr(said, "/11.png was not written\n"));
    assert_int_not_equal(access(out, F_OK), 0);
    ts_picture p;
    picture(&p, "11.step-0001.png", 64, 32);
    ts_picture_free(&p);
    /* What is new are the log and whole previews, and not a part of anything. */
    const int previews = files_count() - files - 1;
    assert_in_range(previews, step - 1, step);
    free(said);
}

static void usage(void **state)
{
    (void)state;
    assert_int_equal(command("edit --image a.png --out b.png"), 2);
    command_must_say("edit: --checkpoint is missing");
    assert_int_equal(edit("photo.png", PLACE "Hi", "x.png"), 2);
    command_must_say("edit: what is \"Hi\"? a text stands behind --text");
    assert_int_equal(edit("photo.png", PLACE, "x.png"), 2);
    command_must_say("what is to be written? --text TEXT, one for each of 1 region\n");
    assert_int_equal(edit("photo.png", PLACE "--text H --rng dice", "x.png"), 2);
    command_must_say("rng: expected torch or philox, not dice");
    assert_int_equal(edit("photo.png", PLACE "--text H --steps 0", "x.png"), 2);
    command_must_say("--steps: expected a whole number from 1 to ");
    assert_int_equal(edit("photo.png", PLACE "--text H --backend gpu", "x.png"), 2);
    command_must_say("this build has no backend \"gpu\"");
    assert_int_equal(edit("photo.png", PLACE "--text H --guidence 3", "x.png"), 2);
    command_must_say("did you mean --guidance?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(photo_and_polygon),     cmocka_unit_test(settings_count),
        cmocka_unit_test(mask_with_two_regions), cmocka_unit_test(chinese_text),
        cmocka_unit_test(mask_of_one_pixel),     cmocka_unit_test(sizes),
        cmocka_unit_test(kinds_of_pictures),     cmocka_unit_test(lora_with_a_wrong_key),
        cmocka_unit_test(folders_and_places),    cmocka_unit_test(interrupted),
        cmocka_unit_test(usage),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
