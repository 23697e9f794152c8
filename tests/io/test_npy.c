#include "tests/support/faults.h"
#include "tests/support/files.h"

#include "ref/io/bytes.h"
#include "ref/io/npy.h"
#include "ref/io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void equal(ts_tensor got, ts_tensor wanted)
{
    assert_int_equal(got.dtype, wanted.dtype);
    assert_true(ts_same_size(got, wanted));
    assert_memory_equal(got.data, wanted.data,
                        (size_t)ts_numel(wanted) * ts_dtype_size(wanted.dtype));
}

/* Every file that NumPy wrote: read, written, read again. */
static void numpy_files(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *expected = ts_safetensors_open(&ctx, "data/goldens/io/expected.safetensors");
    assert_non_null(expected);
    int count = 0;
    for (int64_t i = 0; i < ts_safetensors_count(expected); i++) {
        const char *name = ts_safetensors_name(expected, i);
        if (!strstr(name, ".npy"))
            continue;
        char path[256];
        snprintf(path, sizeof path, "data/goldens/io/%s", name);
        const ts_tensor t = ts_npy_read(&ctx, path);
        if (ctx.status)
            fail_msg("%s", ctx.message);
        equal(t, ts_safetensors_tensor(expected, i));
        assert_int_equal(ts_npy_write(&ctx, files_path(name), t), TS_OK);
        equal(ts_npy_read(&ctx, files_path(name)), t);
        count++;
    }
    assert_int_equal(count, 18);
    size_t theirs, ours; /* the same bytes that NumPy writes */
    char *a = files_read("data/goldens/io/f8_c.npy", &theirs);
    char *b = files_read(files_path("f8_c.npy"), &ours);
    assert_int_equal(ours, theirs);
    assert_memory_equal(a, b, ours);
    free(a);
    free(b);
    ts_safetensors_close(expected);
    ts_ctx_close(&ctx);
}

static void strided(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    int32_t values[6] = {0, 1, 2, 3, 4, 5};
    ts_tensor t = ts_tensor_of(values, TS_I32, 2, (int64_t[]){3, 2});
    t.stride[0] = 1; /* columns first */
    t.stride[1] = 3;
    assert_int_equal(ts_npy_write(&ctx, files_path("strided.npy"), t), TS_OK);
    const int32_t *got = ts_npy_read(&ctx, files_path("strided.npy")).data;
    assert_int_equal(got[1], 3);
    assert_int_equal(got[4], 2);
    ts_npy_write(&ctx, files_path("empty.npy"), (ts_tensor){0});
    files_failed(&ctx, TS_ERROR_USAGE, "cannot be stored");
    ts_ctx_close(&ctx);
}

static void refuses(const char *header, size_t data, ts_status status, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    unsigned char bytes[512] = "\x93NUMPY\1";
    const size_t length = strlen(header);
    bytes[8] = (unsigned char)length;
    memcpy(bytes + 10, header, length);
    files_write(files_path("bad.npy"), bytes, 10 + length + data);
    assert_true(ts_is_empty(ts_npy_read(&ctx, files_path("bad.npy"))));
    files_failed(&ctx, status, words);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    const ts_status format = TS_ERROR_FORMAT, unsupported = TS_ERROR_UNSUPPORTED;
#define DICT(type, order, shape)                                                                   \
    "{'descr': " type ", 'fortran_order': " order ", 'shape': " shape "}"
    refuses(DICT("'<f4'", "False", "(2,)"), 7, format, "takes 8 bytes, the file has 7");
    refuses(DICT("'<f4'", "False", "(2,)"), 9, format, "takes 8 bytes, the file has 9");
    refuses(DICT("'<f4'", "Maybe", "(2,)"), 8, format, "True or False");
    refuses(DICT("'<c8'", "False", "(2,)"), 8, unsupported, "'<c8'");
    refuses(DICT("'|O'", "False", "(2,)"), 8, unsupported, "'|O'");
    refuses(DICT("[('a', '<f4')]", "False", "(2,)"), 8, unsupported, "records");
    refuses(DICT("3", "False", "(2,)"), 8, format, "byte 20: npy header: expected a type");
    refuses(DICT("'<f4'", "False", "(-2,)"), 8, format, "a size");
    refuses(DICT("'<f4'", "False", "(2 3)"), 8, format, ", or )");
    refuses(DICT("'<f4'", "False", "2"), 8, format, "( before the shape");
    refuses(DICT("'<f4'", "False", "(1,1,1,1,1,1,1)"), 4, unsupported, "6 axes");
    refuses(DICT("'<f4'", "False", "(99999999999999999999,)"), 4, format, "a size");
    refuses(DICT("'<f4'", "False", "(4294967296,4294967296)"), 4, format, "beyond 64 bits");
    refuses(DICT("'<f4'", "False", "(0,4294967296,4294967296)"), 0, format, "beyond 64 bits");
    refuses(DICT("'<f4'", "False", "(1,)") "x", 4, format, "nothing behind");
    refuses("{'descr': '<f4', 'descr': '<f4'}", 4, format, "each once");
    refuses("{'descr': '<f4'}", 4, format, "descr, fortran_order and shape");
    refuses("{'descr': '<f4' 3}", 4, format, ", or }");
    refuses("{descr: 3}", 4, format, "a key in quotes");
    refuses("[]", 4, format, "expected {");
#undef DICT
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_npy_read(&ctx, files_path("missing.npy"));
    files_failed(&ctx, TS_ERROR_IO, "No such file");
    files_write(files_path("bad.npy"), "PK\3\4abcdefgh", 12);
    ts_npy_read(&ctx, files_path("bad.npy"));
    files_failed(&ctx, TS_ERROR_FORMAT, "not an npy file");
    files_write(files_path("bad.npy"), "\x93NUMPY\4\0\0\0\0\0", 12);
    ts_npy_read(&ctx, files_path("bad.npy"));
    files_failed(&ctx, TS_ERROR_UNSUPPORTED, "version 4");
    files_write(files_path("bad.npy"), "\x93NUMPY\2\0\0\0\0\1", 12);
    ts_npy_read(&ctx, files_path("bad.npy"));
    files_failed(&ctx, TS_ERROR_FORMAT, "at most 65536");
    ts_ctx_close(&ctx);
}

/* Cut anywhere, the file is refused. */
static void truncated(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    size_t bytes;
    char *whole = files_read("data/goldens/io/version2.npy", &bytes);
    for (size_t n = 0; n < bytes; n++) {
        files_write(files_path("cut.npy"), whole, n);
        assert_true(ts_is_empty(ts_npy_read(&ctx, files_path("cut.npy"))));
        files_failed(&ctx, TS_ERROR_FORMAT, "cut.npy");
    }
    free(whole);
    ts_ctx_close(&ctx);
}

static int work(void)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_tensor t = ts_npy_read(&ctx, "data/goldens/io/f8_fortran.npy");
    ts_npy_write(&ctx, "/dev/null", t);
    return faults_answer(&ctx);
}

static void faults(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 1);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpy_files),
        cmocka_unit_test(strided),
        cmocka_unit_test(refused),
        cmocka_unit_test(truncated),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
