#include "tests/support/files.h"

#include "ref/train/sources.h"

#include <string.h>
#include <sys/stat.h>

static void write_picture(const char *name, uint8_t gray)
{
    ts_ctx ctx;
    ts_picture p;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_picture_new(&ctx, &p, 2, 1, TS_RGB), TS_OK);
    memset(p.pixels, gray, 6);
    assert_int_equal(ts_picture_write(&ctx, files_path(name), &p, NULL, 0), TS_OK);
    ts_picture_free(&p);
    ts_ctx_close(&ctx);
}

static void classes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_picture p;
    ts_ctx_open_plain(&ctx);
    mkdir(files_path("set"), 0777);
    mkdir(files_path("set/dog"), 0777);
    mkdir(files_path("set/cat"), 0777);
    mkdir(files_path("set/ant"), 0777); /* nothing in it: a class all the same */
    write_picture("set/dog/b.png", 30);
    write_picture("set/dog/a.PNG", 20);
    write_picture("set/cat/z.png", 10);
    files_write_text(files_path("set/cat/notes.txt"), "x");
    files_write_text(files_path("set/LICENSE"), "x");
    ts_samples *s = ts_samples_open(&ctx, files_path("set"), "auto");
    assert_non_null(s);
    const ts_samples_size size = ts_samples_size_of(s);
    assert_true(size.count == 3 && size.classes == 3 && size.channels == 3 && size.height == 0);
    assert_string_equal(ts_samples_class(s, 1), "cat");
    static const int label[] = {1, 2, 2}, gray[] = {10, 20, 30};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ts_samples_label(s, i), label[i]);
        assert_int_equal(ts_samples_picture(&ctx, s, i, &p), TS_OK);
        assert_int_equal(p.pixels[5], gray[i]);
        ts_picture_free(&p);
    }
    assert_non_null(strstr(ts_samples_name(s, 1), "dog/a.PNG"));
    ts_samples_close(s);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_picture p;
    ts_ctx_open_plain(&ctx);
    mkdir(files_path("nothing"), 0777);
    mkdir(files_path("nothing/one"), 0777);
    assert_null(ts_samples_open(&ctx, files_path("nothing"), "folder"));
    files_failed(&ctx, TS_ERROR_FORMAT, "no folders with PNG or JPEG pictures");
    assert_null(ts_samples_open(&ctx, files_path("absent"), "folder"));
    files_failed(&ctx, TS_ERROR_IO, "No such file or directory");
    files_write_text(files_path("nothing/one/broken.png"), "no picture");
    ts_samples *s = ts_samples_open(&ctx, files_path("nothing"), "folder");
    assert_non_null(s);
    assert_true(ts_samples_picture(&ctx, s, 0, &p) != TS_OK);
    files_failed(&ctx, TS_ERROR_FORMAT, "broken.png");
    ts_samples_close(s);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
