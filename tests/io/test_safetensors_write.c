#include "tests/support/faults.h"
#include "tests/support/files.h"

#include "ref/io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char golden[] = "data/goldens/io/types.safetensors";

/* All types, as the published library wrote them: read, written by us, read again. */
static void round_trip(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *in = ts_safetensors_open(&ctx, golden);
    assert_non_null(in);
    assert_int_equal(ts_safetensors_count(in), 17);
    assert_string_equal(ts_safetensors_metadata(in, "na\xc3\xafve"), "\xe6\x96\x87");
    assert_int_equal(ts_safetensors_get(in, "f8").dtype, TS_F8_E4M3);
    assert_true(((const double *)ts_safetensors_get(in, "f64").data)[0] == -7 * 0.3712);
    assert_true(((const int64_t *)ts_safetensors_get(in, "i64").data)[2] == (int64_t)100 << 40);
    ts_items items = {0};
    for (int64_t i = ts_safetensors_count(in) - 1; i >= 0; i--) /* another order than theirs */
        ts_items_add(&ctx, &items, ts_safetensors_name(in, i), ts_safetensors_tensor(in, i));
    const char *path = files_path("again.safetensors");
    assert_int_equal(
        ts_safetensors_write(&ctx, path, &items, ts_safetensors_all_metadata(in)), TS_OK);
    ts_safetensors *out = ts_safetensors_open(&ctx, path);
    if (!out)
        fail_msg("%s", ctx.message);
    assert_true(json_equal(ts_safetensors_all_metadata(in), ts_safetensors_all_metadata(out)));
    assert_int_equal(ts_safetensors_count(out), items.count);
    for (int64_t i = 0; i < items.count; i++) {
        assert_string_equal(ts_safetensors_name(out, i), items.items[i].name);
        const ts_tensor a = items.items[i].value, b = ts_safetensors_tensor(out, i);
        assert_int_equal(a.dtype, b.dtype);
        assert_true(ts_same_size(a, b));
        assert_memory_equal(a.data, b.data, (size_t)ts_numel(a) * ts_dtype_size(a.dtype));
        assert_int_equal((uintptr_t)b.data % ts_dtype_size(b.dtype), 0);
    }
    size_t first, second;
    char *a = files_read(path, &first);
    ts_safetensors_write(&ctx, files_path("twice"), &items, ts_safetensors_all_metadata(in));
    char *b = files_read(files_path("twice"), &second);
    assert_int_equal(first, second);
    assert_memory_equal(a, b, first);
    free(a);
    free(b);
    ts_safetensors_close(out);
    ts_safetensors_close(in);
    ts_items_free(&items);
    ts_ctx_close(&ctx);
}

/* The whole file, byte by byte. */
static void layout(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    uint8_t narrow[2] = {7, 8};
    uint16_t wide[2] = {0x0102, 0x0304};
    ts_items items = {0};
    ts_tensor turned = ts_tensor_of(wide, TS_U16, 1, (int64_t[]){2});
    turned.data = wide + 1;
    turned.stride[0] = -1;
    ts_items_add(&ctx, &items, "n", ts_tensor_of(narrow, TS_U8, 1, (int64_t[]){2}));
    ts_items_add(&ctx, &items, "w", turned);
    ts_safetensors_write(&ctx, files_path("l"), &items, NULL);
    static const char header[] = "{\"n\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]},"
                                 "\"w\":{\"dtype\":\"U16\",\"shape\":[2],\"data_offsets\":[0,4]}}";
    size_t bytes;
    unsigned char *file = (unsigned char *)files_read(files_path("l"), &bytes);
    const size_t length = (sizeof header - 1 + 7) / 8 * 8;
    assert_int_equal(bytes, 8 + length + 6);
    assert_int_equal(file[0], length);
    assert_memory_equal(file + 8, header, sizeof header - 1);
    for (size_t i = sizeof header - 1; i < length; i++)
        assert_int_equal(file[8 + i], ' ');
    static const unsigned char data[] = {4, 3, 2, 1, 7, 8};
    assert_memory_equal(file + 8 + length, data, 6);
    free(file);
    ts_items_free(&items);
    assert_int_equal(ts_safetensors_write(&ctx, files_path("l"), &items, NULL), TS_OK);
    ts_safetensors *none = ts_safetensors_open(&ctx, files_path("l"));
    assert_int_equal(ts_safetensors_count(none), 0);
    ts_safetensors_close(none);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const char *path = files_path("refused");
    float x = 1;
    const ts_tensor t = ts_tensor_of(&x, TS_F32, 0, NULL);
    ts_items items = {0}, empty = {0}, reserved = {0}, broken = {0};
    ts_items_add(&ctx, &items, "x", t);
    ts_items_add(&ctx, &empty, "x", (ts_tensor){0});
    ts_items_add(&ctx, &reserved, "__metadata__", t);
    ts_items_add(&ctx, &broken, "\xff", t);
    ts_safetensors_write(&ctx, path, &empty, NULL);
    files_failed(&ctx, TS_ERROR_USAGE, "refused: x cannot be stored");
    ts_safetensors_write(&ctx, path, &reserved, NULL);
    files_failed(&ctx, TS_ERROR_USAGE, "__metadata__ cannot be stored");
    ts_safetensors_write(&ctx, path, &broken, NULL);
    files_failed(&ctx, TS_ERROR_MEMORY, "not UTF-8");
    json_t *list = json_array(), *number = json_pack("{s:i}", "k", 3);
    ts_safetensors_write(&ctx, path, &items, list);
    files_failed(&ctx, TS_ERROR_USAGE, "metadata is not an object");
    ts_safetensors_write(&ctx, path, &items, number);
    files_failed(&ctx, TS_ERROR_USAGE, "metadata k is not a text");
    ts_safetensors_write(&ctx, "/dev/full", &items, NULL);
    files_failed(&ctx, TS_ERROR_IO, "No space left");
    json_decref(list);
    json_decref(number);
    ts_items_free(&items);
    ts_items_free(&empty);
    ts_items_free(&reserved);
    ts_items_free(&broken);
    ts_ctx_close(&ctx);
}

static int work(void)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    faults_begin();
    ts_safetensors *in = ts_safetensors_open(&ctx, golden);
    ts_items items = {0};
    for (int64_t i = 0; in && i < 3; i++)
        ts_items_add(&ctx, &items, ts_safetensors_name(in, i), ts_safetensors_tensor(in, i));
    ts_safetensors_write(&ctx, "/dev/null", &items, in ? ts_safetensors_all_metadata(in) : NULL);
    ts_items_free(&items);
    ts_safetensors_close(in);
    return faults_answer(&ctx);
}

static void faults(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 50);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(layout),
        cmocka_unit_test(refused),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
