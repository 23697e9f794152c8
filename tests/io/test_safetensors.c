#include "tests/support/files.h"

#include "ref/io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file of this header and `data` bytes 0, 1, 2, ... */
static const char *file_of(const char *header, size_t data)
{
    const size_t length = strlen(header);
    unsigned char *bytes = calloc(8 + length + data + 1, 1);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data; i++)
        bytes[8 + length + i] = (unsigned char)i;
    const char *path = files_path("case.safetensors");
    files_write(path, bytes, 8 + length + data);
    free(bytes);
    return path;
}

static void refuses(const char *header, size_t data, ts_status status, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_null(ts_safetensors_open(&ctx, file_of(header, data)));
    files_failed(&ctx, status, words);
    ts_ctx_close(&ctx);
}

static void reads(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *file = ts_safetensors_open(
        &ctx, file_of("{\"__metadata__\":{\"k\":\"v\"},"
                      "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                      "\"a\":{\"dtype\":\"I16\",\"shape\":[2,1],\"data_offsets\":[3,7]},"
                      "\"none\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[7,7]},"
                      "\"one\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[7,8]}}",
                      8));
    assert_non_null(file);
    assert_int_equal(ts_safetensors_count(file), 4);
    assert_string_equal(ts_safetensors_name(file, 0), "b");
    assert_string_equal(ts_safetensors_name(file, 1), "a");
    assert_int_equal(ts_safetensors_find(file, "a"), 1);
    assert_int_equal(ts_safetensors_find(file, "c"), -1);
    assert_true(ts_is_empty(ts_safetensors_get(file, "")));
    const ts_tensor a = ts_safetensors_get(file, "a"); /* at an odd byte: an aligned copy */
    assert_int_equal(a.rank, 2);
    assert_int_equal(a.size[0], 2);
    assert_int_equal((uintptr_t)a.data % 2, 0);
    assert_int_equal(((const int16_t *)a.data)[0], 3 + (4 << 8));
    assert_int_equal(((const int16_t *)a.data)[1], 5 + (6 << 8));
    const ts_tensor none = ts_safetensors_get(file, "none");
    assert_false(ts_is_empty(none));
    assert_non_null(none.data);
    assert_int_equal(ts_numel(none), 0);
    const ts_tensor one = ts_safetensors_get(file, "one");
    assert_int_equal(one.rank, 0);
    assert_int_equal(*(const unsigned char *)one.data, 7);
    assert_string_equal(ts_safetensors_metadata(file, "k"), "v");
    assert_null(ts_safetensors_metadata(file, "l"));
    assert_int_equal(json_object_size(ts_safetensors_all_metadata(file)), 1);
    assert_string_equal(strrchr(ts_safetensors_path(file), '/'), "/case.safetensors");
    ts_safetensors_close(file);
    ts_safetensors_close(NULL);
    file = ts_safetensors_open(&ctx, file_of("{}", 0));
    assert_non_null(file);
    assert_int_equal(ts_safetensors_count(file), 0);
    assert_int_equal(json_object_size(ts_safetensors_all_metadata(file)), 0);
    ts_safetensors_close(file);
    ts_ctx_close(&ctx);
}

#define ENTRY(dtype, shape, from, to)                                                              \
    "{\"t\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #from "," #to "]}}"

static void refused(void **state)
{
    (void)state;
    const ts_status format = TS_ERROR_FORMAT, unsupported = TS_ERROR_UNSUPPORTED;
    refuses("{", 0, format, "byte 9");
    refuses("[]", 0, format, "JSON object");
    refuses("{\"a\":{},\"a\":{}}", 0, format, "duplicate");
    refuses("{\"t\":3}", 0, format, "tensor t: expected an object");
    refuses("{\"t\":{}}", 0, format, "tensor t: no dtype");
    refuses("{\"t\\n\":{}}", 0, format, "control characters");
    refuses("{\"__metadata__\":3}", 0, format, "__metadata__");
    refuses("{\"__metadata__\":{\"k\":3}}", 0, format, "k: expected a text");
    refuses("{\"t\":{\"dtype\":\"F32\"}}", 0, format, "shape is not a list");
    refuses("{\"t\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, format, "expected two integers");
    refuses(ENTRY("F9", "[1]", 0, 1), 1, unsupported, "type F9");
    refuses(ENTRY("U8", "[1,1,1,1,1,1,1]", 0, 1), 1, unsupported, "7 axes");
    refuses(ENTRY("U8", "[-1]", 0, 1), 1, format, "axis 0");
    refuses(ENTRY("U8", "[1.0]", 0, 1), 1, format, "axis 0");
    refuses(ENTRY("F32", "[4611686018427387904]", 0, 4), 4, format, "beyond 64 bits");
    refuses(ENTRY("U8", "[4294967296,4294967296]", 0, 4), 4, format, "beyond 64 bits");
    refuses(ENTRY("U8", "[0,4294967296,4294967296]", 0, 0), 0, format, "beyond 64 bits");
    refuses(ENTRY("U8", "[4]", 0, 4), 3, format, "outside the 3 bytes");
    refuses(ENTRY("U8", "[4]", -4, 0), 4, format, "outside the 4 bytes");
    refuses(ENTRY("U8", "[4]", 4, 0), 4, format, "outside");
    refuses(ENTRY("U8", "[3]", 0, 4), 4, format, "take 3 bytes, data_offsets give 4");
    refuses(ENTRY("U8", "[3]", 1, 4), 4, format, "behind the end");
    refuses(ENTRY("U8", "[3]", 0, 3), 4, format, "1 bytes behind the last tensor");
    refuses("{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
            "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[2,5]}}",
            5, format, "tensor b: its data begins at byte");
    char deep[400] = "{\"t\":";
    memset(deep + 5, '[', 300);
    refuses(deep, 0, format, "deeper than 64 levels");
    char name[700] = "{\"";
    memset(name + 2, 'n', 600);
    strcpy(name + 602, "\":{}}");
    refuses(name, 0, format, "longer than 512 bytes");
}

static void no_file(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_null(ts_safetensors_open(&ctx, files_path("missing")));
    files_failed(&ctx, TS_ERROR_IO, "No such file");
    files_write(files_path("empty"), "", 0);
    assert_null(ts_safetensors_open(&ctx, files_path("empty")));
    files_failed(&ctx, TS_ERROR_FORMAT, "too short");
    files_write(files_path("text"), "<html><body>", 12);
    assert_null(ts_safetensors_open(&ctx, files_path("text")));
    files_failed(&ctx, TS_ERROR_FORMAT, "not a safetensors file");
    files_write(files_path("short"), "\100\0\0\0\0\0\0\0{", 9);
    assert_null(ts_safetensors_open(&ctx, files_path("short")));
    files_failed(&ctx, TS_ERROR_FORMAT, "truncated");
    ts_ctx_close(&ctx);
}

/* Cut anywhere it is refused; with any byte of the header changed it is refused or read, and what
 * is read lies inside the file (a sanitizer looks). */
static void damaged(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    size_t bytes;
    char *whole = files_read("data/goldens/io/types.safetensors", &bytes);
    const char *path = files_path("damaged");
    for (size_t n = 0; n < bytes; n++) {
        files_write(path, whole, n);
        assert_null(ts_safetensors_open(&ctx, path));
        files_failed(&ctx, TS_ERROR_FORMAT, "damaged: ");
    }
    for (size_t n = 0; n < bytes && n < 1400; n++) {
        whole[n] = (char)(whole[n] ^ 1);
        files_write(path, whole, bytes);
        ts_safetensors *file = ts_safetensors_open(&ctx, path);
        double sum = 0;
        for (int64_t i = 0; file && i < ts_safetensors_count(file); i++)
            for (int64_t k = 0; k < ts_numel(ts_safetensors_tensor(file, i)); k++)
                sum += ts_load(ts_safetensors_tensor(file, i).data,
                               ts_safetensors_tensor(file, i).dtype, k);
        assert_true(file != NULL || sum == 0);
        ts_safetensors_close(file);
        if (!file)
            files_failed(&ctx, ctx.status, "damaged: ");
        whole[n] = (char)(whole[n] ^ 1);
    }
    free(whole);
    ts_ctx_close(&ctx);
}

/* A header that says it is longer than the library's limit, and one with too many tensors. */
static void limits(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    unsigned char start[9] = {1, 0xe1, 0xf5, 5, 0, 0, 0, 0, '{'}; /* 100000001 */
    files_write(files_path("long"), start, 9);
    assert_null(ts_safetensors_open(&ctx, files_path("long")));
    files_failed(&ctx, TS_ERROR_FORMAT, "a header of 100000001 bytes, at most 100000000");
    start[0] = 0;
    files_write(files_path("long"), start, 9);
    assert_null(ts_safetensors_open(&ctx, files_path("long")));
    files_failed(&ctx, TS_ERROR_FORMAT, "truncated");
    ts_ctx_close(&ctx);
    const size_t room = 100001 * 12 + 2;
    char *many = malloc(room + 1);
    assert_non_null(many);
    size_t length = 0;
    for (int i = 0; i <= 100000; i++)
        length += (size_t)snprintf(many + length, room - length, "%c\"%d\":{}", i ? ',' : '{', i);
    strcpy(many + length, "}");
    refuses(many, 0, TS_ERROR_FORMAT, "100001 tensors, at most 100000");
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refused),
        cmocka_unit_test(no_file),
        cmocka_unit_test(damaged),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
