#include "tests/support/files.h"

#include "ref/base/arena.h"
#include "ref/train/samples.h"

static void formats(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_null(ts_samples_open(&ctx, "data/train/digits/images.idx3-ubyte", "mnist"));
    files_failed(&ctx, TS_ERROR_USAGE,
                 "pictures of format \"mnist\": expected auto, idx, cifar10, cifar100 or folder");
    assert_null(ts_samples_open(&ctx, files_path("absent-images"), "auto"));
    files_failed(&ctx, TS_ERROR_IO, "absent-images");
    ts_samples *s = ts_samples_open(&ctx, "data/train/digits/images.idx3-ubyte", "auto");
    assert_non_null(s);
    assert_null(ts_samples_name(s, 0));
    assert_null(ts_samples_class(s, 0));
    ts_samples_close(s);
    ts_samples_close(NULL);
    ts_ctx_close(&ctx);
}

/* Every allocation fails once. */
static void survives(void **state)
{
    (void)state;
    for (int n = 1, failed = 1; failed; n++) {
        ts_ctx ctx;
        ts_picture p = {0};
        ts_ctx_open_plain(&ctx);
        ts_plant_fault(n);
        ts_samples *s = ts_samples_open(&ctx, "data/train/digits/images.idx3-ubyte", "auto");
        if (s)
            ts_samples_picture(&ctx, s, 3, &p);
        failed = ctx.status != TS_OK;
        if (failed)
            files_failed(&ctx, TS_ERROR_MEMORY, "no memory");
        ts_picture_free(&p);
        ts_samples_close(s);
        ts_ctx_close(&ctx);
    }
    ts_plant_fault(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(survives),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
