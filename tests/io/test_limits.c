/* Each limit of limits.h: what lies just beyond it is refused with a sentence that names the number.
 * (Passes of a JPEG file: tests/io/test_jpeg.c.) */
#define _XOPEN_SOURCE 700

#include "tests/support/files.h"

#include "ref/io/codecs.h"
#include "ref/io/json.h"
#include "ref/io/limits.h"
#include "ref/io/npy.h"
#include "ref/io/safetensors.h"
#include "ref/io/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ts_ctx ctx;

static int setup(void **state)
{
    ts_ctx_open_plain(&ctx);
    return files_setup(state);
}

static int teardown(void **state)
{
    ts_ctx_close(&ctx);
    return files_teardown(state);
}

/* A safetensors file of that header and no data. */
static void write_header(const char *path, uint64_t length, const char *header)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 8; i++)
        fputc((int)(length >> 8 * i & 255), file);
    fputs(header, file);
    assert_int_equal(fclose(file), 0);
}

static void refused(const char *path, const char *words)
{
    assert_null(ts_safetensors_open(&ctx, path));
    files_failed(&ctx, TS_ERROR_FORMAT, words);
}

static void header_bytes(void **state)
{
    (void)state;
    write_header(files_path("a"), (uint64_t)TS_LIMIT_HEADER_BYTES + 1, "{}");
    refused(files_path("a"), "a header of 100000001 bytes, at most 100000000 are allowed");
    write_header(files_path("a"), UINT64_MAX, "{}");
    refused(files_path("a"), "a header of 18446744073709551615 bytes");
}

/* {"0":T,"1":T,...}: one tensor more than allowed, without elements. */
static void tensors(void **state)
{
    (void)state;
    static const char one[] = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    const int64_t n = TS_LIMIT_TENSORS + 1;
    char *text = malloc((size_t)n * (sizeof one + 12) + 3), *at = text;
    assert_non_null(text);
    *at++ = '{';
    for (int64_t i = 0; i < n; i++)
        at += sprintf(at, "%s\"%lld\":%s", i ? "," : "", (long long)i, one);
    strcpy(at, "}");
    write_header(files_path("a"), strlen(text), text);
    refused(files_path("a"), "100001 tensors, at most 100000 are allowed");
    free(text);
}

static void name_bytes(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        char text[1024], name[TS_LIMIT_NAME + 2] = "";
        memset(name, 'n', (size_t)TS_LIMIT_NAME + (size_t)over);
        snprintf(text, sizeof text,
                 "{\"%s\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", name);
        write_header(files_path("a"), strlen(text), text);
        if (over) {
            refused(files_path("a"), "its name is longer than 512 bytes");
            continue;
        }
        ts_safetensors *file = ts_safetensors_open(&ctx, files_path("a"));
        assert_non_null(file);
        ts_safetensors_close(file);
    }
}

static void shards(void **state)
{
    (void)state;
    char index[20000] = "{\"weight_map\":{", *at = index + strlen(index);
    files_write_text(files_path("config.json"), "{}");
    for (int64_t i = 0; i <= TS_LIMIT_SHARDS; i++) {
        char name[32], header[128];
        snprintf(name, sizeof name, "%lld.safetensors", (long long)i);
        snprintf(header, sizeof header,
                 "{\"%lld\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", (long long)i);
        write_header(files_path(name), strlen(header), header);
        at += sprintf(at, "%s\"%lld\":\"%s\"", i ? "," : "", (long long)i, name);
    }
    strcpy(at, "}}");
    files_write_text(files_path("diffusion_pytorch_model.safetensors.index.json"), index);
    assert_null(ts_weights_open(&ctx, files_path(""), "transformer"));
    files_failed(&ctx, TS_ERROR_FORMAT, "256");
}

/* A file of that size in which nothing is written. */
static void write_sparse(const char *path, int64_t bytes)
{
    files_write_text(path, "");
    assert_int_equal(truncate(path, bytes), 0);
}

static void json(void **state)
{
    (void)state;
    char deep[2 * TS_LIMIT_JSON_DEPTH + 3] = "";
    for (int over = 0; over < 2; over++) {
        const size_t n = TS_LIMIT_JSON_DEPTH + (size_t)over;
        memset(deep, '[', n);
        memset(deep + n, ']', n);
        json_t *value = ts_json_parse(&ctx, deep, (int64_t)(2 * n), "deep.json", 0);
        assert_int_equal(value == NULL, over);
        json_decref(value);
    }
    files_failed(&ctx, TS_ERROR_FORMAT, "64");
    write_sparse(files_path("large.json"), TS_LIMIT_JSON_BYTES + 1);
    assert_null(ts_json_read(&ctx, files_path("large.json")));
    files_failed(&ctx, TS_ERROR_FORMAT, "large.json: more than the 67108864 bytes");
}

static void npy_header(void **state)
{
    (void)state;
    static const char start[12] = "\x93NUMPY\x02\x00\x01\x00\x01"; /* 65537, little-endian */
    char *bytes = calloc(1, 70000);
    assert_non_null(bytes);
    memcpy(bytes, start, sizeof start);
    files_write(files_path("a.npy"), bytes, 70000);
    free(bytes);
    ts_npy_read(&ctx, files_path("a.npy"));
    files_failed(&ctx, TS_ERROR_FORMAT, "65536");
}

static void pictures(void **state)
{
    (void)state;
    const ts_encoded in = {"a.png", NULL, 1000};
    const int64_t free_side = 1 << 12, side = 1 << 14; /* 2^24 and 2^28 pixels */
    assert_int_equal(ts_picture_allow(&ctx, &in, free_side, free_side), TS_OK);
    ts_picture_allow(&ctx, &in, side, side);
    files_failed(&ctx, TS_ERROR_FORMAT, "16384 x 16384 pixels, at most 134217728 are allowed");
    ts_picture_allow(&ctx, &in, INT64_MAX, INT64_MAX);
    files_failed(&ctx, TS_ERROR_FORMAT, "at most 134217728 are allowed");
    ts_picture_allow(&ctx, &in, 0, 5);
    files_failed(&ctx, TS_ERROR_FORMAT, "0 x 5 pixels");
    ts_picture_allow(&ctx, &in, 2 * free_side, 2 * free_side);
    files_failed(&ctx, TS_ERROR_FORMAT,
                 "67108864 pixels out of 1000 bytes, at most 1024 for each byte are allowed");
    const ts_encoded larger = {"a.png", NULL, 65536};
    assert_int_equal(ts_picture_allow(&ctx, &larger, 2 * free_side, 2 * free_side), TS_OK);
    write_sparse(files_path("large.png"), TS_LIMIT_PICTURE_BYTES + 1);
    ts_picture picture;
    ts_picture_read(&ctx, &picture, files_path("large.png"), TS_RGB);
    files_failed(&ctx, TS_ERROR_FORMAT, "large.png: more than the 536870912 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_bytes), cmocka_unit_test(tensors), cmocka_unit_test(name_bytes),
        cmocka_unit_test(shards),       cmocka_unit_test(json),    cmocka_unit_test(npy_header),
        cmocka_unit_test(pictures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
